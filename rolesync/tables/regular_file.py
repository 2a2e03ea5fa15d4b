"""Reads whole files: nothing that never ends, such as a pipe without a writer, and nothing larger than a limit."""

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from hashlib import file_digest
from io import BufferedReader
from itertools import islice
from pathlib import Path

STANDARD_INPUT = "-"

_INHERITED = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Names of open descriptors of this process; behind them a pipe has a writer, as in `<(command)`."""

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


_MOST_NAMES = 1_000  # of a folder that are compared with the name of a missing file
_SIMILARITY = 0.8  # from 0 to 1; `roles.cvs` is like `roles.csv`, `roles.csv` not like `rules.txt`


def missing_file_hint(path: Path, otherwise: str = "check the name and the folder") -> str:
    """Advise on a missing file: the file of a similar name in its folder, else `otherwise`."""
    with suppress(OSError):
        names = [entry.name for entry in islice(path.parent.iterdir(), _MOST_NAMES) if entry.is_file()]
        if similar := get_close_matches(path.name, names, n=1, cutoff=_SIMILARITY):
            return f"did you mean {path.with_name(similar[0])}?"
    return otherwise


def is_standard_input(path: str) -> bool:
    """Whether a path means an open descriptor of the process that read it, and nothing to later ones."""
    return path == STANDARD_INPUT or path.startswith(_INHERITED)


@contextmanager
def _open_regular(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading. Opening never waits.

    Raises:
        OSError: the file can't be opened, or is a folder, a named pipe, a socket or a device.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:  # Path.open takes no opener
        kind = stat.S_IFMT(os.fstat(file.fileno()).st_mode)
        is_inherited_pipe = kind in {stat.S_IFIFO, stat.S_IFSOCK} and is_standard_input(str(path))
        if kind != stat.S_IFREG and not is_inherited_pipe:
            raise OSError(errno.EINVAL, f"it is {_KINDS.get(kind, 'no regular file')}", str(path))
        if is_inherited_pipe:
            os.set_blocking(file.fileno(), True)
        yield file


def read_regular(path: Path, limit: int) -> tuple[bytes, float]:
    """Read a whole file; `-` is standard input.

    Returns:
        Its bytes, one more than `limit` if it is larger; and when it was last changed, in seconds since 1970.

    Raises:
        OSError: as `_open_regular`, or the file can't be read.
    """
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(limit + 1), time.time()
    with _open_regular(path) as file:
        return file.read(limit + 1), os.fstat(file.fileno()).st_mtime


def same_sha256(path: Path, sha256: str, limit: int) -> bool:
    """Whether a file has this checksum; a file of more than `limit` bytes has not, and isn't read.

    Raises:
        OSError: as `_open_regular`, or the file can't be read.
    """
    with _open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > limit:
            return False
        return file_digest(file, "sha256").hexdigest() == sha256


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
