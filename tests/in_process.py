"""Runs rolesync in this process as if it had one to itself, which spares a test the start of Python and its imports.

A command gets its own arguments, environment, folder and standard streams, and leaves nothing changed behind. Tests
whose point is the process itself (signals, terminals, closed pipes, locks, imports at start-up) start a real one.
"""

import io
import logging
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType

import pytest
import structlog

from rolesync.cli.main import main


def run_in_process(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    timeout: int,
    answer: Callable[[str], str] = lambda _shown: "",
) -> subprocess.CompletedProcess[str]:
    """Run rolesync to its end, as `subprocess.run` would with pipes.

    Args:
        arguments: what follows `rolesync` on the command line.
        folder: the current folder of the command.
        environment: all its variables.
        timeout: seconds until the command counts as hanging.
        answer: makes standard input of what was shown until the command reads; empty unless given.

    Raises:
        TimeoutExpired: the command hangs.
    """
    output, errors = _Captured(), _Captured(line_buffering=True)  # as Python buffers pipes
    typed = io.TextIOWrapper(io.BufferedReader(_Typed(lambda: answer(output.shown() + errors.shown()))), "utf-8")
    with pytest.MonkeyPatch.context() as patch, _time_limit(timeout), _state_kept():
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["rolesync", *arguments])
        patch.setattr(sys, "stdin", typed)
        patch.setattr(sys, "stdout", output)
        patch.setattr(sys, "stderr", errors)
        patch.setattr(sys, "excepthook", sys.excepthook)  # Typer sets another
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))  # where Typer looks for the program's name
        patch.setattr(tempfile, "tempdir", None)  # else the folder of an earlier command beats TMPDIR
        patch.setattr(logging.root, "handlers", [])  # pytest's would keep log lines from standard error
        code = _exit_code()
    return subprocess.CompletedProcess(list(arguments), code, output.text(), errors.text())


class _Captured(io.TextIOWrapper):
    """A standard stream that keeps what is written to it."""

    def __init__(self, *, line_buffering: bool = False) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", line_buffering=line_buffering)

    def shown(self) -> str:
        """What a reader of the pipe has by now: everything flushed, with line ends as `subprocess.run` reads them."""
        return self._bytes.getvalue().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")

    def text(self) -> str:
        """Everything written."""
        self.flush()
        return self.shown()


class _Typed(io.RawIOBase):
    """A stream that makes its content when it is first read."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._content: io.BytesIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader passes no other kind
        if self._content is None:
            self._content = io.BytesIO(self._make().encode())
        return self._content.readinto(buffer)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except subprocess.TimeoutExpired:
        raise
    except Exception:  # noqa: BLE001  # as Python ends a process
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise subprocess.TimeoutExpired(sys.argv, seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _state_kept() -> Iterator[None]:
    """Restore the signal handlers and the settings of both logs of this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    log = structlog.get_config() if structlog.is_configured() else None
    disabled = logging.root.manager.disable
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        logging.disable(disabled)
        structlog.contextvars.clear_contextvars()
        structlog.reset_defaults()
        if log:
            structlog.configure(**log)
