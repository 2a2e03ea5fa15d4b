"""Whose turn it is to append: one thread of one process at a time.

The file stays open from one append to the next, because a lock that opens it each time costs more than the append.
"""

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import lock_descriptor, unlock_descriptor

_POLL_SECONDS = 0.005


class AppendLockTimeoutError(Exception):
    """Somebody else has kept the lock for longer than anybody should."""


class AppendLock:
    """A lock between threads and processes, to be entered for one append.

    Args:
        path: the lock's file, made for its owner only where there is none.
        seconds: how long to wait for it.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self._seconds = seconds
        self._threads = threading.Lock()
        self._file = self._open()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Wait for the turn.

        Raises:
            TurnTimeoutError: it didn't come.
            OSError: the file can't be locked.
        """
        if not self._threads.acquire(timeout=self._seconds):
            raise AppendLockTimeoutError
        try:
            self._lock(time.monotonic() + self._seconds)
        except BaseException:
            self._threads.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            unlock_descriptor(self._file.fileno())
        finally:
            self._threads.release()

    def _lock(self, until: float) -> None:
        while True:
            if not lock_descriptor(self._file.fileno(), blocking=False):
                if time.monotonic() >= until:
                    raise AppendLockTimeoutError
                time.sleep(_POLL_SECONDS)
            elif os.fstat(self._file.fileno()).st_nlink:
                return
            else:  # somebody has deleted it, and whoever comes next locks another
                self._file.close()
                self._file = self._open()

    def _open(self) -> BinaryIO:
        return os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
