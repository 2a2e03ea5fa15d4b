"""The files of a record: the growing file, the closed files, and the head, which names the last record.

`audit.jsonl` grows until it is large. Then it is renamed to `audit-<number of its first record>.jsonl`, is never
written again, and a new file begins. `audit.head` makes a cut-off end visible. It holds the last record's number, its
end (bytes from the start of its file), the number of that file's first record, and the last record's hash. The head is
sealed like the records.
"""

import errno
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rolesync.audit.seal import Seal
from rolesync.errors import RecordError, RecordPlaceError

RECORD, HEAD = "audit.jsonl", "audit.head"
_CLOSED = re.compile(r"audit-(\d{12,20})\.jsonl")
_HEAD_SHAPE = re.compile(rb"(\d{20}) (\d{20}) (\d{20}) ([0-9a-f]{64}) ([0-9a-f]{64})\n")
_REKEYING = b" a new seal begins"  # sealed after the body if the next record must be a `record.key`

_IMPOSSIBLE_PATH = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP})


class Position(NamedTuple):
    """A place between two records: the number and hash of the record before it, and where that record ends."""

    seq: int
    digest: str
    end: int  # bytes from the start of the file
    first: int  # number of the file's first record


START = Position(0, "0" * 64, 0, 1)


class Head(NamedTuple):
    """The content of the head file: the end of the record, and the seal over it."""

    position: Position
    seal: str

    def is_sealed(self, seal: Seal) -> bool:
        """Whether the head was written with this seal."""
        return hmac.compare_digest(self.seal, _sealed(_body(self.position), seal, rekeying=False))

    def is_rekeying(self, seal: Seal) -> bool:
        """Whether the head was written with this seal, and announces that the next records have it."""
        return hmac.compare_digest(self.seal, _sealed(_body(self.position), seal, rekeying=True))


class Part(NamedTuple):
    """One file of the record, open at its start; `first` is the number in its name, 0 for the growing file."""

    name: str
    first: int
    stream: BinaryIO


def head_text(position: Position, seal: Seal, *, rekeying: bool = False) -> bytes:
    """Encode a head; the length is always the same."""
    body = _body(position)
    return body + f" {_sealed(body, seal, rekeying=rekeying)}\n".encode("ascii")


def _body(position: Position) -> bytes:
    return f"{position.seq:020d} {position.end:020d} {position.first:020d} {position.digest}".encode("ascii")


def _sealed(body: bytes, seal: Seal, *, rekeying: bool) -> str:
    return seal.hex(body + (_REKEYING if rekeying else b""))


def read_head(folder: Path) -> Head | None:
    """Read the head; None if it is damaged, or missing although the record has lines.

    If both files are missing, the head is that of an empty record, without a seal.
    """
    record, head = folder / RECORD, folder / HEAD
    # Look at the record first: a writer creates the head before the first line, so a line without a head is damage.
    has_records = bool(closed_files(folder)) or _size(record) > 0
    if head.exists():
        match = _HEAD_SHAPE.fullmatch(head.read_bytes())
        if match is None:
            return None
        seq, end, first = (int(match[number]) for number in (1, 2, 3))
        return Head(Position(seq, match[4].decode("ascii"), end, first), match[5].decode("ascii"))
    return None if has_records else Head(START, "")


def closed_path(folder: Path, first: int) -> Path:
    """Return the path of the closed file that begins with record `first`."""
    return folder / f"audit-{first:012d}.jsonl"


def closed_files(folder: Path) -> list[tuple[int, Path]]:
    """List the closed files in order, each with the number in its name."""
    if not folder.is_dir():
        return []
    names = ((_CLOSED.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in names if match)


def parts(folder: Path, first: int) -> Iterator[Part]:
    """Open the files of the record in order, one at a time, from the one that begins with record `first`.

    A file that a writer closes meanwhile is yielded once, under its new name.
    """
    # The growing file is opened first: if a writer closes it before the closed files are listed, it is among these.
    with _open_growing(folder / RECORD) as growing:
        closed = closed_files(folder)
        for number, name in closed:
            if number >= first:
                with name.open("rb") as stream:
                    yield Part(name.name, number, stream)
        if _was_closed(growing, closed):
            return
        yield Part(RECORD, 0, growing)


def _open_growing(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:  # there is none yet, or a writer is closing it
        return BytesIO()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _was_closed(growing: BinaryIO, closed: list[tuple[int, Path]]) -> bool:
    """Whether the growing file, which is open, has been closed meanwhile."""
    if isinstance(growing, BytesIO):
        return bool(closed)
    status = os.fstat(growing.fileno())
    return any(os.path.samestat(status, path.stat()) for _, path in reversed(closed))


@contextmanager
def os_errors_named(path: Path, verb: str) -> Iterator[None]:
    """Turn an `OSError` into an error that names the file and the action, such as `written`.

    Raises:
        RecordPlaceError: no file can have this path.
        RecordError: for any other `OSError`.
    """
    try:
        yield
    except OSError as error:
        message = f"{path} can't be {verb}: {error.strerror or error}."
        if error.errno in _IMPOSSIBLE_PATH:
            raise RecordPlaceError(message, hint="set state_dir to a folder that can exist") from error
        access = "give this user access to the folder"
        hint = access if verb == "read" else f"free disk space, or {access}; nothing is sent without a record"
        raise RecordError(message, hint=hint) from error
