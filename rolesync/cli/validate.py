"""`rolesync validate FILE`: check a list without Studio."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import check_is_list, check_target, list_of, shown_list
from rolesync.cli.options import (
    All,
    Assignments,
    BadRows,
    Config,
    Encoding,
    Form,
    Format,
    HeaderRow,
    IgnoreColumn,
    Keep,
    ListFile,
    NoHeader,
    NoUserId,
    Sheet,
    column_settings,
    load_settings,
    row_limit,
)
from rolesync.cli.output import save_file, show_json, show_view
from rolesync.cli.refusal import write_error
from rolesync.errors import Exit, InputRefusedError, UsageError

if TYPE_CHECKING:
    from rolesync.model.desired import Desired
    from rolesync.settings import Settings


def validate(
    file: ListFile = None,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    encoding: Encoding = None,
    bad_rows: BadRows = None,
    keep: Keep = None,
    ignore_column: IgnoreColumn = None,
    no_header: NoHeader = False,
    no_user_id: NoUserId = False,
    fix: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the list as CSV with a column of the errors of each row, to be corrected and read again.",
            show_default=False,
        ),
    ] = None,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Check a list: show its findings and roles. Doesn't ask Studio."""
    from rolesync.reader.error_column import add_error_column

    check_target(fix, "the list with its errors")
    check_is_list(file)
    columns = column_settings(keep, ignore_column, no_header=no_header, no_user_id=no_user_id)
    reading = {"sheet": sheet, "header_row": header_row, "encoding": encoding, "bad_rows": bad_rows, **columns}
    settings = load_settings(config, assignments, list=file, **reading)
    name = list_of(settings)
    desired, path = _read(name, settings)
    show_validation(desired, settings.managed_roles, form, show_all=show_all)
    if fix:
        if fix.resolve() == path.resolve():
            raise UsageError(f"--fix {fix} would overwrite the list", hint="name another file")
        save_file(
            add_error_column(path, desired, settings.list_form),
            fix,
            "the list with its errors",
            mode=settings.file_mode,
        )
    return write_error(_rejection(desired, name, "")) if desired.status == "reject" else Exit.DONE


def _read(name: str, settings: "Settings") -> tuple["Desired", Path]:
    """Read a list; returns it, and the file that holds it here. A file is read without what fetching needs."""
    from rolesync.sources.address import is_address

    if is_address(name):
        from rolesync.cli.progress import command_context
        from rolesync.workflows.read_list import read_list

        with command_context(settings) as context:
            desired = read_list(name, context)
        return desired, settings.lists_dir / desired.source.sha256
    from rolesync.reader.read import read_desired

    path, today = Path(name), datetime.now(UTC).date()
    desired = read_desired(path, managed_roles=settings.managed_roles, today=today, form=settings.list_form)
    return desired, path


def refuse_list(desired: "Desired", name: str, managed: tuple[str, ...], form: Form, *, show_all: bool) -> Exit:
    """Show why a list is refused: its findings, and one line on standard error; returns the exit code."""
    show_validation(desired, managed, form, show_all=show_all)
    hint = f"correct the list until this command exits 0: rolesync validate {shlex.quote(shown_list(name))}"
    return write_error(_rejection(desired, name, hint))


def _rejection(desired: "Desired", name: str, hint: str) -> InputRefusedError:
    """Describe in a sentence why a list is refused, for readers of standard error alone."""
    from rolesync.model.vocabulary import Level
    from rolesync.report.content.text import plural

    errors = [finding for finding in desired.findings if finding.level is Level.ERROR]
    first = errors[0]
    place = f"row {first.row}" if first.row else ""
    place += f"{place and ', '}column {first.column}" if first.column else ""
    count = f"{plural(len(errors), 'error')}{', first' if place and len(errors) > 1 else ''}"
    message = f"{count}{f' in {place}' if place else ''}: {first.message}"
    return InputRefusedError(f"the list {shown_list(name)} can't be used: {message}; nothing was written", hint=hint)


def show_validation(desired: "Desired", managed: tuple[str, ...], form: Form, *, show_all: bool) -> None:
    """Show the findings of a list and the roles that it asks for."""
    if form is Form.JSON:
        from rolesync.report.json import desired_json

        show_json(desired_json(desired, managed))
        return
    from rolesync.report.terminal.validation import desired_view

    show_view(desired_view(desired, managed, limit=row_limit(show_all)))
