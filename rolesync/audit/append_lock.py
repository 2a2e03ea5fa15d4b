"""The lock of the record: one thread of one process appends at a time.

The lock file stays open between appends, since opening it each time would cost more than the append.
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
    """Another process kept the lock for too long."""


class AppendLock:
    """A lock between threads and processes, to be entered for one append.

    Args:
        path: the lock file; created if missing, readable by its owner only.
        seconds: how long to wait for the lock.
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
        """Wait for the lock.

        Raises:
            AppendLockTimeoutError: it was not free in time.
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
            else:  # the file was deleted, and the next process would lock another one
                deleted, self._file = self._file, self._open()
                deleted.close()

    def _open(self) -> BinaryIO:
        return os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
