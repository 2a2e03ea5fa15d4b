"""Runs another program until a deadline, and ends it with all programs that it started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

_CHECK_EVERY = 0.2  # seconds


def run_program(  # noqa: PLR0913  # each is what a program is started with, or bounded by
    command: Sequence[str],
    *,
    seconds: float,
    folder: Path,
    environment: Mapping[str, str],
    data: bytes = b"",
    keeps_output: bool = True,
    check: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program.

    Args:
        command: the program and its arguments.
        seconds: how long it may take.
        folder: where it runs.
        environment: its variables.
        data: is written to its standard input; not for a program with `check`.
        keeps_output: whether to collect its standard output. Its standard error is never kept.
        check: is called a few times a second, and ends the program by any error that it raises.

    Returns:
        Its exit code and standard output.

    Raises:
        TimeoutExpired: it took longer.
        OSError: it can't be started.
    """
    end = monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603  # the callers name the program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if keeps_output else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=dict(environment),
        process_group=0,
    )
    with process:
        try:
            output, _ = _wait(process, end, check) if check else process.communicate(data, seconds)
        except BaseException:
            _end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)


def _wait(process: subprocess.Popen[bytes], end: float, check: Callable[[], object]) -> tuple[bytes, bytes]:
    """Wait for the end of a program, with checks meanwhile and at the end; returns its output."""
    while True:
        try:
            output = process.communicate(timeout=max(0, min(_CHECK_EVERY, end - monotonic())))
        except subprocess.TimeoutExpired:
            if monotonic() >= end:
                raise
            check()
        else:
            check()
            return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program, and those that it started, where the system knows groups of processes."""
    process.kill()
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
