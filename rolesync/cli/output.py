"""How commands print results and save files."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rolesync.cli.pager import show_in_pager
from rolesync.errors import Exit, RolesyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import RenderableType


Value = TypeVar("Value")


PIPED_WIDTH = 120  # columns: a log or a pager shows more than the 80 that rich assumes


def show_view(view: "RenderableType", *, aside: bool = False, pager: "Sequence[str]" = ()) -> None:
    """Print a result for people.

    Args:
        view: the result.
        aside: on standard error, where standard output is taken by a file.
        pager: the command that shows it if it is longer than the terminal, see `pager_of`.
    """
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            """Go on; rich would end the program, with an exit code that says nothing about its work."""
            _write_to_nobody()

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Patient(highlight=False, width=width, stderr=aside)
    if not pager:
        console.print(view, crop=False)
        return
    with console.capture() as drawn:
        console.print(view, crop=False)
    text = drawn.get()
    if text.count("\n") < console.height or not show_in_pager(text, pager):
        sys.stdout.write(text)


def show_json(value: object) -> None:
    """Print a result for programs."""
    write_stdout(json_text(value))


def json_text(value: object) -> str:
    """Spell a result for programs, in ASCII, so that no terminal can be steered by it."""
    return json.dumps(value, indent=2) + "\n"


def write_stdout(text: str | bytes) -> None:
    """Write to standard output as it is. If its reader has gone, the command still ends with its own exit code."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _write_to_nobody()


def _write_to_nobody() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def save_file(text: str | bytes, path: Path, what: str) -> None:
    """Write a result to a file, whole or not at all; `-` is standard output.

    Raises:
        UsageError: the file can't be written.
    """
    from rolesync.tables.write_csv import mark_as_utf8

    if isinstance(text, str) and path.suffix.casefold() == ".csv":
        text = mark_as_utf8(text)
    content = text.encode("utf-8") if isinstance(text, str) else text
    if str(path) == "-":
        write_stdout(content)
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{what} can't be written to {path}: {error.strerror}", hint="name another file") from error
    print(f"{what} saved as {path}", file=sys.stderr)


def save_forms(
    shown: Value,
    makers: "Mapping[str, Callable[[Value], str | bytes]]",
    targets: "Mapping[str, Path | None]",
    what: str,
) -> int:
    """Write something in every form that a file is named for; returns how many."""
    wanted = {name: path for name, path in targets.items() if path}
    for name, path in wanted.items():
        save_file(makers[name](shown), path, f"{what} ({name})")
    return len(wanted)


def raise_if_broken(broken: RolesyncError | None) -> Exit:
    """End with the error that stopped the reading, now that what stands before it was shown."""
    if broken:
        sys.stdout.flush()
        raise broken
    return Exit.DONE


def show_json_before_break(shown: dict[str, Any], broken: RolesyncError | None) -> Exit:
    """Print one answer: what stands before the break, and the error beside it in the shape of any refusal."""
    if broken is None:
        show_json(shown)
        return Exit.DONE
    from rolesync.report.content.text import escape_for_display

    said = {"message": broken.message, "hint": broken.hint, "exit_code": int(broken.exit_code)}
    show_json({"status": "refused", "error": said, **shown})
    sys.stderr.write(f"rolesync: {escape_for_display(broken.message)}\n  → {escape_for_display(broken.hint)}\n")
    return broken.exit_code
