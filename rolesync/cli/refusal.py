"""How commands report why they refuse or fail: in words on standard error, and as JSON on standard output."""

import os
import sys
from textwrap import wrap
from typing import Any

from rolesync.cli.json_log import log_event
from rolesync.cli.output import show_json
from rolesync.errors import Exit, RolesyncError

_GLUE = "\0"  # no text has it


def error_json(error: RolesyncError) -> dict[str, Any]:
    """Make the JSON form of an error."""
    return {"message": error.message, "hint": error.hint, "exit_code": int(error.exit_code)}


def show_refusal_json(error: dict[str, Any], **more: object) -> None:
    """Print the JSON of a refused command: its error as from `error_json`, then what else the command shows."""
    show_json({"status": "refused", "error": error, **more})


def write_error(error: RolesyncError) -> Exit:
    """Write the message and the hint of an error to standard error; returns the exit code of the error."""
    return write_failure(error.message, error.hint, error.exit_code)


def write_failure(message: str, hint: str, code: Exit) -> Exit:
    """Write to standard error what failed and what to do next, for people or as the log asks; returns the exit code."""
    if log_event("error", message, hint=hint, exit_code=int(code)):
        return code
    from rolesync.report.content.text import escape_for_display

    width = _terminal_width()
    lines = [f"rolesync: {escape_for_display(message)}"]
    if hint:
        lines.append(f"  → {escape_for_display(hint)}")
    sys.stderr.write("".join(f"{_wrapped(line, width) if width else line}\n" for line in lines))
    return code


def _terminal_width() -> int:
    """Return the columns of the terminal that shows errors; 0 if there is none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    except (OSError, ValueError):
        return 0


def _wrapped(line: str, width: int) -> str:
    """Break a line between words, but never a command, so that it can be copied."""
    from rolesync.report.content.text import COMMAND

    glued = COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), line)
    margin = line[: len(line) - len(line.lstrip())]
    parts = wrap(glued, width, subsequent_indent=f"{margin}  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(parts).replace(_GLUE, " ")


def raise_if_broken(broken: RolesyncError | None) -> Exit:
    """Return `DONE`, or raise the error of a broken record. The part before the break must have been shown already."""
    if broken:
        sys.stdout.flush()
        raise broken
    return Exit.DONE


def show_json_before_break(content: dict[str, Any], broken: RolesyncError | None) -> Exit:
    """Print what comes before a break of the record, and the error that names the break, as one JSON value."""
    if broken is None:
        show_json(content)
        return Exit.DONE
    show_refusal_json(error_json(broken), **content)
    return write_error(broken)
