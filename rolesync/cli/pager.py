"""Long results on a terminal go through a pager, as git's do: `$PAGER`, else less."""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LESS = {"LESS": "FRX", "LV": "-c"}  # as git: colours, nothing to quit for a single screen, and the text stays there


def pager_command(*, wanted: bool = True) -> tuple[str, ...]:
    """Name the command of the pager.

    It is empty, and a result is printed as it is, where nobody wants one, standard output is no terminal, or one that
    can't be steered, and where `PAGER` is empty, `cat`, or not installed.
    """
    if not wanted or not sys.stdout.isatty() or os.environ.get("TERM") in {"dumb", "emacs"}:
        return ()
    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # a quote that nothing closes
        return ()
    if command in ([], ["cat"]) or shutil.which(command[0]) is None:
        return ()
    colours = ["-R"] if Path(command[0]).name == "less" else []  # whatever LESS says, colours are no text
    return (*command, *colours)


def show_in_pager(text: str, command: Sequence[str]) -> bool:
    """Show a text through a pager until that is quit; returns whether it could be started."""
    import subprocess

    environment = {**_LESS, **os.environ}
    content = text.encode(sys.stdout.encoding or "utf-8", "backslashreplace")
    sys.stdout.flush()
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603  # the user's own
    except OSError:
        return False
    # Ctrl-C is for the pager, which stops a search with it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):  # it was quit before it had read everything
            process.communicate(content)
    except BaseException:
        process.terminate()  # it gives the terminal back
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return True
