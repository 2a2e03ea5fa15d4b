"""Standard streams that never end a command: they may be closed, full, or without a reader.

A run that has changed Studio must finish its record and exit with its own code, even if no program reads its output.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rolesync.cli.json_log import log_event


class SteadyOutput(io.RawIOBase):
    """Writes to a standard stream until that fails once, and drops the text from then on.

    Args:
        stream: the stream; None if the process was started with it closed.

    Attributes:
        error: the first error; None if everything was written, or if the error was reported.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.error: OSError | None = None if stream else OSError("it is closed")
        self._ended = stream is None
        # Not through its buffer, which would keep unwritten text, and fail again at the end of the process.
        self._target: Any = stream and getattr(stream.buffer, "raw", stream.buffer)

    def writable(self) -> bool:
        """Whether it takes text: always."""
        return True

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._target is not None and self._target.isatty()

    def fileno(self) -> int:
        """The number of its descriptor."""
        return self._target.fileno() if self._target else super().fileno()

    def write(self, data: Any, /) -> int:  # noqa: ANN401  # bytes of any kind
        """Write all bytes, or drop those that can't be written; returns the number of bytes."""
        remaining = memoryview(data)
        try:
            while remaining and not self._ended:
                written = self._target.write(remaining)
                if not written:
                    raise BlockingIOError("its reader is too slow")
                remaining = remaining[written:]
        except OSError as error:
            self._ended = True
            # A reader that goes away has read what it wanted.
            self.error = None if isinstance(error, BrokenPipeError) else error
        return len(data)


@contextmanager
def steady_streams() -> Iterator[None]:
    """Let standard output and standard error never fail while the `with` block lasts.

    If standard output could not be written, the last line on standard error reports that.
    """
    for descriptor in range(3):  # open closed ones, so that no file of the command gets the number of a standard stream
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is `descriptor`
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BytesIO())
    sys.stdout = _steady(sys.stdout, line_buffering=False)
    sys.stderr = _steady(sys.stderr, line_buffering=True)
    try:
        yield
    finally:
        if reason := take_stdout_error():
            message = f"standard output can't be written: {reason}; the exit code still reports the result"
            if not log_event("error", message):
                sys.stderr.write(f"rolesync: {message}\n")
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def take_stdout_error() -> str:
    """Describe once why standard output could not be written; "" if it was, or if its reader has gone."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not isinstance(raw, SteadyOutput) or raw.error is None:
        return ""
    error, raw.error = raw.error, None
    return error.strerror or str(error)


def _steady(stream: TextIO | None, *, line_buffering: bool) -> TextIO:
    if stream:
        stream.flush()
    raw = SteadyOutput(stream)
    # For terminals whose encoding lacks some letters: backslashes.
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=(stream and stream.encoding) or "utf-8",
        errors="backslashreplace",
        line_buffering=line_buffering or raw.isatty(),
    )
