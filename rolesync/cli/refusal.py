"""How commands report why they refuse or fail: in words on standard error, and as JSON on standard output."""

import sys
from typing import Any

from rolesync.cli.output import show_json
from rolesync.errors import Exit, RolesyncError


def error_json(error: RolesyncError) -> dict[str, Any]:
    """Make the JSON form of an error."""
    return {"message": error.message, "hint": error.hint, "exit_code": int(error.exit_code)}


def show_refusal_json(error: dict[str, Any], **more: object) -> None:
    """Print the JSON of a refused command: its error as from `error_json`, then what else the command shows."""
    show_json({"status": "refused", "error": error, **more})


def write_error(error: RolesyncError) -> Exit:
    """Write the message and the hint of an error to standard error; returns the exit code of the error."""
    from rolesync.report.content.text import escape_for_display

    hint = f"  → {escape_for_display(error.hint)}\n" if error.hint else ""
    sys.stderr.write(f"rolesync: {escape_for_display(error.message)}\n{hint}")
    return error.exit_code


def raise_if_broken(broken: RolesyncError | None) -> Exit:
    """Return `DONE`, or raise the error of a broken record. The part before the break must have been shown already."""
    if broken:
        sys.stdout.flush()
        raise broken
    return Exit.DONE


def show_json_before_break(shown: dict[str, Any], broken: RolesyncError | None) -> Exit:
    """Print what comes before a break of the record, and the error that names the break, as one JSON value."""
    if broken is None:
        show_json(shown)
        return Exit.DONE
    show_refusal_json(error_json(broken), **shown)
    return write_error(broken)
