"""The files of a record: the one that grows, those that are closed, and the head, which names the last record.

`audit.jsonl` grows until it is large; then it is renamed to `audit-<number of its first record>.jsonl`, never to be
written again, and a new one is begun. `audit.head` repeats the last record's number, its end (bytes from the start of
its file), the number of that file's first record, and its hash, so that a cut-off end is noticed; a seal over them,
made like those of the records, shows that the head is the one that was written.
"""

import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rolesync.audit.seal import Seal
from rolesync.errors import RecordError

RECORD, HEAD = "audit.jsonl", "audit.head"
_CLOSED = re.compile(r"audit-(\d{12,20})\.jsonl")
_HEAD_SHAPE = re.compile(rb"(\d{20}) (\d{20}) (\d{20}) ([0-9a-f]{64}) ([0-9a-f]{64})\n")
_REKEYING = b" a new seal begins"  # follows what is sealed where the next record is to be a `record.key`


class Position(NamedTuple):
    """A place between two records: number and hash of the one before it, and where that is."""

    seq: int
    digest: str
    end: int  # bytes from the start of the file
    first: int  # number of the file's first record


START = Position(0, "0" * 64, 0, 1)


class Head(NamedTuple):
    """What the head says, and its seal."""

    position: Position
    seal: str

    def is_sealed(self, seal: Seal) -> bool:
        """Whether it was written with this seal."""
        return hmac.compare_digest(self.seal, _sealed(_body(self.position), seal, rekeying=False))

    def is_rekeying(self, seal: Seal) -> bool:
        """Whether it was written with this seal to announce that the records go on with it."""
        return hmac.compare_digest(self.seal, _sealed(_body(self.position), seal, rekeying=True))


class Part(NamedTuple):
    """One file of the record, open at its start; `first` is the number in its name, 0 for the one that grows."""

    name: str
    first: int
    stream: BinaryIO


def head_text(position: Position, seal: Seal, *, rekeying: bool = False) -> bytes:
    """Spell a head; always of the same length."""
    body = _body(position)
    return body + f" {_sealed(body, seal, rekeying=rekeying)}\n".encode("ascii")


def _body(position: Position) -> bytes:
    return f"{position.seq:020d} {position.end:020d} {position.first:020d} {position.digest}".encode("ascii")


def _sealed(body: bytes, seal: Seal, *, rekeying: bool) -> str:
    return seal.hex(body + (_REKEYING if rekeying else b""))


def read_head(folder: Path) -> Head | None:
    """Read the head: None where it is spoilt, or missing beside a record that has lines.

    Both files missing is a fresh start, whose head has no seal.
    """
    record, head = folder / RECORD, folder / HEAD
    # The record first: a head is always made before its record gets a line, also while this looks.
    begun = bool(closed_files(folder)) or _size(record) > 0
    if head.exists():
        match = _HEAD_SHAPE.fullmatch(head.read_bytes())
        if match is None:
            return None
        seq, end, first = (int(match[number]) for number in (1, 2, 3))
        return Head(Position(seq, match[4].decode("ascii"), end, first), match[5].decode("ascii"))
    return None if begun else Head(START, "")


def closed_path(folder: Path, first: int) -> Path:
    """The name of the closed file that begins with record `first`."""
    return folder / f"audit-{first:012d}.jsonl"


def closed_files(folder: Path) -> list[tuple[int, Path]]:
    """List the closed files in order, each with the number in its name."""
    if not folder.is_dir():
        return []
    names = ((_CLOSED.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in names if match)


def parts(folder: Path, first: int) -> Iterator[Part]:
    """Open the files of the record in order, one at a time, from the one that begins with record `first`.

    A file that is closed meanwhile is given once, under its new name.
    """
    # The one that grows is opened first: if it is closed before the others are listed, it is found among them.
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
    except FileNotFoundError:  # none yet, or it is just being closed
        return BytesIO()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _was_closed(growing: BinaryIO, closed: list[tuple[int, Path]]) -> bool:
    """Whether this open file is by now one of the closed ones."""
    if isinstance(growing, BytesIO):
        return bool(closed)
    own = os.fstat(growing.fileno())
    return any(os.path.samestat(own, path.stat()) for _, path in reversed(closed))


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in its place as a whole, for its owner only, and on the disk."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_names(path.parent)


def sync_names(folder: Path) -> None:
    """Make new and changed names durable."""
    if os.name == "posix":  # elsewhere a folder can't be opened, and names are durable without
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)


@contextmanager
def os_errors_named(path: Path, verb: str) -> Iterator[None]:
    """Turn what the system says into a `RecordError` that names the file and what was to be done with it."""
    try:
        yield
    except OSError as error:
        hint = "Make room or give this user access to the folder, then try again; without a record nothing is changed."
        raise RecordError(f"{path} can't be {verb}: {error.strerror or error}.", hint=hint) from error
