"""Limits what tables of `[[notify]]` may do if they come from a file that the user didn't name."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.configuration.file_owners import is_below
from rolesync.configuration.settings_sources import CONFIG_FILE, Origin
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.notify.table import NotifyTable


def folder_of(origin: Origin | None) -> Path:
    """Return the folder where relative paths of a setting begin: that of its file, else the working folder."""
    path = origin.source.path if origin else None
    return path.parent if path else Path()


def check_notify(tables: Sequence["NotifyTable"], origin: Origin | None) -> None:
    """Refuse tables of a file that the user didn't name, if they start a program or read a file of another folder.

    The working folder may be a downloaded one.

    Raises:
        UsageError: they do.
    """
    if origin is None or not origin.group:
        return
    folder = folder_of(origin)
    for number, table in enumerate(tables, 1):
        problem = ""
        if table.command:
            problem = "starts a program"
        elif not all(is_below(folder / path.expanduser(), folder) for path in table.secret_files):
            problem = "reads a secret of another folder"
        if problem:
            place = origin.source.place_of("notify", str(number - 1))
            raise UsageError(
                f"settings: {place}: notify, table {number}, {problem}, and a file that you didn't name may not do so",
                hint=f"if you trust it, name the file with --config or {CONFIG_FILE}",
            )
