"""The files that `rolesync migrate` reads and writes: checked before anything is read, and fetched from addresses."""

from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.files import check_is_list, check_target, shown_list
from rolesync.cli.progress import command_context
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rolesync.migrate.source_file import SourceFile
    from rolesync.settings import Settings


def check_files(sheets: "Iterable[str]", join: str | None, output: Path | None, account: Path | None) -> None:
    """Refuse files that would be read twice or overwritten, that are not tables, or that can't be written.

    Raises:
        UsageError: there is such a file.
        InputRefusedError: a sheet is a plan.
    """
    check_target(output, "the list")
    form = account.suffix.casefold().removeprefix(".") if account else ""
    if account and form not in {"csv", "xlsx"}:
        raise UsageError(f"--account {account}: neither .csv nor .xlsx", hint="end the file name with .csv or .xlsx")
    for name in sheets:
        check_is_list(name)
    uses: dict[Path | str, str] = {}
    for name in [*sheets, *([join] if join else [])]:
        if (place := _place(name)) in uses:
            raise UsageError(f"{shown_list(name)} is named twice", hint="name each source once")
        uses[place] = "one of the sources"
    for target in [path for path in (output, account) if path and str(path) != "-"]:  # - is not a file
        if target.resolve() in uses:
            raise UsageError(f"{target} is {uses[target.resolve()]}", hint="name another file to write")
        uses[target.resolve()] = "the file of the list"
    check_target(account, "the account", report=form)


def _place(name: str) -> Path | str:
    from rolesync.sources.address import is_address

    return name if is_address(name) else Path(name).resolve()


def source_files(
    sheets: "Iterable[str]", join: str | None, settings: "Settings"
) -> "tuple[Sequence[SourceFile], SourceFile | None]":
    """Return the sheets and the joined file on this machine; those at addresses are fetched.

    Raises:
        InputRefusedError: one can't be fetched.
        UsageError: settings don't fit an address.
    """
    return [_source_file(name, settings) for name in sheets], _source_file(join, settings) if join else None


def _source_file(name: str, settings: "Settings") -> "SourceFile":
    from rolesync.migrate.source_file import SourceFile
    from rolesync.sources.address import is_address, shown_address

    if not is_address(name):
        return SourceFile.of(Path(name))
    from rolesync.workflows.read_list import fetch_file

    with command_context(settings) as context:
        return SourceFile(fetch_file(name, context).path, shown_address(name))
