"""Show long results on a terminal in a pager, as git does: `$PAGER`, or less by default."""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LESS = {"LESS": "FRX", "LV": "-c"}  # as git: colours, no pager for a single screen, and the text stays on it


def pager_command(*, use_pager: bool = True) -> tuple[str, ...]:
    """Choose the command of the pager, or () to print without one.

    There is no pager if `use_pager` is False, if standard output is not a terminal or is a dumb terminal, or if `PAGER`
    is empty, is `cat`, or isn't installed.
    """
    if not use_pager or not sys.stdout.isatty() or os.environ.get("TERM") in {"dumb", "emacs"}:
        return ()
    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # an unclosed quote
        return ()
    if command in ([], ["cat"]) or shutil.which(command[0]) is None:
        return ()
    # The variable LESS may lack -R, without which less shows escape sequences instead of colours.
    colours = ["-R"] if Path(command[0]).name == "less" else []
    return (*command, *colours)


def show_in_pager(text: str, command: Sequence[str]) -> bool:
    """Show a text in the pager until the user quits it; returns whether the pager could be started."""
    import subprocess

    environment = {**_LESS, **os.environ}
    content = text.encode(sys.stdout.encoding or "utf-8", "backslashreplace")
    sys.stdout.flush()
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603  # chosen by the user
    except OSError:
        return False
    # Ctrl-C belongs to the pager, where it stops a search.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):  # the user quit before the pager had read everything
            process.communicate(content)
    except BaseException:
        process.terminate()  # so that it restores the terminal
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, handler)
    return True
