"""How commands print results and save files."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rolesync.cli.json_log import log_event
from rolesync.cli.pager import show_in_pager
from rolesync.cli.streams import take_stdout_error
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import RolesyncError, writing_error
from rolesync.private_files import PRIVATE, replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import RenderableType


Value = TypeVar("Value")


PIPED_WIDTH = 120  # columns; rich assumes 80, but a log or a pager shows more


def show_view(view: "RenderableType", *, aside: bool = False, pager: "Sequence[str]" = ()) -> None:
    """Print a result for people.

    Args:
        view: the result.
        aside: whether to print it on standard error, because standard output holds a file.
        pager: the command of the pager, as from `pager_command`; used if the result is longer than the terminal.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Console(highlight=False, width=width, stderr=aside)
    if width is None and not pager:
        console.print(view, crop=False)
        return
    with console.capture() as capture:
        console.print(view, crop=False)
    text = capture.get()
    if width is not None:  # a log or a mail doesn't need the blanks that fill a line
        lines = "".join(f"{line.rstrip()}\n" for line in text.removesuffix("\n").split("\n"))
        (sys.stderr if aside else sys.stdout).write(lines)
    elif text.count("\n") < console.height or not show_in_pager(text, pager):
        sys.stdout.write(text)


def show_json(value: object) -> None:
    """Print a result for programs."""
    write_stdout(json_text(value))


def json_text(value: object) -> str:
    """Format a result as JSON in ASCII, which contains no control sequences for a terminal."""
    return json.dumps(value, indent=2) + "\n"


def write_stdout(text: str | bytes) -> None:
    """Write to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text)
    sys.stdout.buffer.flush()


def save_file(text: str | bytes, path: Path, noun: str, *, mode: int = PRIVATE) -> None:
    """Write a result to a file, completely or not at all; `-` is standard output.

    Args:
        text: the content; text in a .csv file gets a byte order mark if it isn't ASCII.
        path: the file.
        noun: what the file holds, for messages, such as "the plan".
        mode: the mode of a new file; a file that is there keeps its mode.

    Raises:
        UsageError: the file can't be written there.
        RolesyncError: the disk is full, or standard output takes no more.
    """
    from rolesync.tables.write_csv import mark_as_utf8

    if isinstance(text, str) and path.suffix.casefold() == ".csv":
        text = mark_as_utf8(text)
    content = text.encode("utf-8") if isinstance(text, str) else text
    if str(path) == "-":
        write_stdout(content)
        if reason := take_stdout_error():
            raise RolesyncError(f"{noun} can't be written to standard output: {reason}", hint="name a file")
        return
    try:
        replace_file(path, content, mode=mode, durable=False)
    except OSError as error:
        raise writing_error(f"{noun} can't be written to {path}", error, hint="name another file") from error
    if not is_quiet() and not log_event("info", f"{noun} saved", path=str(path)):
        print(f"{noun} saved as {path}", file=sys.stderr)


def save_formats(
    value: Value,
    formats: "Mapping[str, Callable[[Value], str | bytes]]",
    targets: "Mapping[str, Path | None]",
    noun: str,
    mode: int,
) -> int:
    """Write a value to a file in each format that has a target; returns the number of files.

    Args:
        value: the plan or the run.
        formats: by format, the function that makes its text or bytes.
        targets: by format, the file; None to leave the format out.
        noun: what the files hold, for messages.
        mode: the mode of new files.

    Raises:
        UsageError: a file can't be written.
    """
    files = {name: path for name, path in targets.items() if path}
    for name, path in files.items():
        save_file(formats[name](value), path, f"{noun} ({name})", mode=mode)
    return len(files)
