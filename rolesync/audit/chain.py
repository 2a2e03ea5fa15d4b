"""The chain that makes a record whole: the shape of a line, the head, one pass over all of it, and its verification.

A line is `{"seq":N,"time":…,"event":…,…fields…,"prev":"<64 hex>","hash":"<64 hex>"}`: `hash` is the SHA-256 of the
line's bytes before `,"hash":`, `prev` is the hash of the record before it (64 zeros for the first). The head repeats
the last record's number, end (bytes from the start of the file) and hash, so that a cut-off end is noticed. The chain
has no key: it shows accidents and edits, not somebody who computes both files anew; against that, keep copies of the
head.
"""

import json
import os
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rolesync.errors import RecordBrokenError, RecordError
from rolesync.model import Bad, Verification

RECORD, HEAD = "audit.jsonl", "audit.head"
RECOVERED = "record.recovered"
BROKEN_HINT = "Keep both files as they are, see `rolesync audit verify`; move the folder aside to begin a new record."
HASH_BYTES = len(',"hash":""}\n') + 64
_SHAPE = re.compile(rb'\{"seq":(\d{1,20}),"time":.*,"prev":"[0-9a-f]{64}","hash":"([0-9a-f]{64})"\}\n')
_HEAD_SHAPE = re.compile(rb"(\d{20}) (\d{20}) ([0-9a-f]{64})\n")


class Position(NamedTuple):
    """A place between two records: number and hash of the one before it, and its end in bytes."""

    seq: int
    digest: str
    end: int


START = Position(0, "0" * 64, 0)


def verify(folder: Path) -> Verification:
    """Check every byte of an account's record against the chain and the head, in one pass and little memory.

    Works beside a running `Record` and needs no write access. No record at all is a whole, empty one.

    Raises:
        RecordError: the files can't be read.
    """
    with os_errors_named(folder / RECORD, "read"):
        # The head first: appends that happen meanwhile can then only make the record longer than it says.
        head = _read_steady_head(folder)
        with open_for_reading(folder) as stream:
            walk = Walk(stream, start=START, head=head or START)
            deque(walk, maxlen=0)
    seq = walk.position.seq
    problem = ""
    if head is None:
        problem = f"{HEAD} is missing or spoilt, so that a cut-off end would go unnoticed"
    elif not walk.head_seen and head.seq > seq and not walk.bad:
        problem = f"the head names {head.seq} records, the record has {seq}: its end was cut off"
    elif not walk.head_seen:
        problem = f"the head (record {head.seq}) does not fit the record (whole up to {seq})"
    elif seq > head.seq and not walk.bad:
        walk.notices.append(
            f"the head stops at record {head.seq}, the record goes on to {seq}: "
            "a crash, or a run that is writing just now"
        )
    if walk.torn and not walk.bad:
        walk.notices.append(
            f"after record {seq} stand {description(walk.torn)['torn_bytes']} bytes of an unfinished append: "
            "a crash, or a run that is writing just now; the next append will close and explain them"
        )
    return Verification(seq, walk.bad, problem, tuple(walk.notices))


def whole_lines(folder: Path) -> Iterator[bytes]:
    """Yield the lines of the record in order while checking the chain.

    Raises:
        RecordError: the file can't be read.
        RecordBrokenError: on reaching the first place that is not as it was written.
    """
    path = folder / RECORD
    with os_errors_named(path, "read"), open_for_reading(folder) as stream:
        walk = Walk(stream, start=START, head=START)
        yield from walk
    if walk.bad:
        raise RecordBrokenError(f"{path}, line {walk.bad.line}: {walk.bad.reason}.", hint=BROKEN_HINT)


class Walk:
    """One pass over the lines after `start`: yields each whole record, and knows at the end where it stands and why.

    `torn` is what follows the last whole record, where that may be the remains of a crash; else `bad` is set.
    """

    def __init__(self, stream: BinaryIO, *, start: Position, head: Position) -> None:
        self.position = start
        self.head_seen = start == head
        self.torn = bytearray()
        self.bad: Bad | None = None
        self.notices: list[str] = []
        self._stream = stream
        self._head = head

    def __iter__(self) -> Iterator[bytes]:
        seq, prev, end = self.position
        suspect: Bad | None = None
        # Bytes that arrive from now on are the next reader's: half a line of them would look like damage.
        left = self._stream.seek(0, os.SEEK_END) - end
        self._stream.seek(end)
        for number, whole_line in enumerate(self._stream, 1):
            line = whole_line if len(whole_line) <= left else whole_line[:left]
            if not line:
                break
            left -= len(line)
            digest = sha256(line[:-HASH_BYTES]).hexdigest()
            seal = f',"prev":"{prev}","hash":"{digest}"}}\n'.encode("ascii")
            if not (line.startswith(b'{"seq":%d,' % (seq + 1)) and line.endswith(seal)):
                suspect = suspect or Bad(number, seq + 1, _reason(line, seq))
                self.torn += line
                if _is_sealed(line):  # a crash never leaves a record after a hole
                    self.bad = suspect
                    return
                continue
            if (self.torn or event_of(line) == RECOVERED.encode()) and not self._explains_torn(line):
                self.bad = suspect or Bad(number, seq + 1, "the unfinished append that it explains is not there")
                return
            if self.torn:
                size = description(self.torn)["torn_bytes"]
                self.notices.append(f"record {seq + 1} explains {size} bytes of an unfinished append before it")
            seq, prev, end = seq + 1, digest, end + len(self.torn) + len(line)
            self.torn.clear()
            suspect = None
            self.position = Position(seq, prev, end)
            if seq == self._head.seq:
                self.head_seen = self.position == self._head
            yield line
        if self.torn and not self.head_seen:  # the head knows a record that should be here
            self.bad = suspect

    def _explains_torn(self, line: bytes) -> bool:
        record: dict[str, Any] = json.loads(line)
        return record["event"] == RECOVERED and record.items() >= description(self.torn).items() and bool(self.torn)


def event_of(line: bytes) -> bytes:
    """Read the event of a whole record without parsing the rest of it."""
    start = line.find(b'"event":"') + 9  # always the third member, after two that hold no quotes
    return line[start : line.find(b'"', start)]


def hash_of(line: bytes) -> str:
    """Read the hash that a whole record states."""
    return line[-HASH_BYTES:][9:73].decode("ascii")


def description(torn: bytes | bytearray) -> dict[str, Any]:
    """Describe the remains of an append that was cut short: the fields of a `record.recovered`."""
    text = bytes(torn).removesuffix(b"\n")
    return {"torn_bytes": len(text), "torn_sha256": sha256(text).hexdigest()}


def _is_sealed(line: bytes) -> bool:
    match = _SHAPE.fullmatch(line)
    return match is not None and match[2].decode("ascii") == sha256(line[:-HASH_BYTES]).hexdigest()


def _reason(line: bytes, seq: int) -> str:
    """Say what is wrong with a line that doesn't follow record `seq`."""
    match = _SHAPE.fullmatch(line)
    if match is None:
        return "this is not a whole record"
    if not _is_sealed(line):
        return "the bytes of this record are not the ones that were written"
    if int(match[1]) != seq + 1:
        return f"record {seq + 1} belongs here, found record {int(match[1])}: records were removed, inserted or moved"
    return "this record was not written after the one before it"


def head_text(position: Position) -> bytes:
    """Spell a head; always of the same length."""
    return f"{position.seq:020d} {position.end:020d} {position.digest}\n".encode("ascii")


def read_head(folder: Path) -> Position | None:
    """Read the head: None where it is spoilt, or missing beside a record that has lines.

    Both files missing is a fresh start.
    """
    record, head = folder / RECORD, folder / HEAD
    # The record first: a head is always made before its record gets a line, also while this looks.
    begun = record.exists() and record.stat().st_size > 0
    if head.exists():
        match = _HEAD_SHAPE.fullmatch(head.read_bytes())
        return Position(int(match[1]), match[3].decode("ascii"), int(match[2])) if match else None
    return None if begun else START


def _read_steady_head(folder: Path) -> Position | None:
    """Read the head without the record's lock: a head that is being overwritten may be seen half old, half new."""
    head = read_head(folder)
    for _ in range(10):
        again = read_head(folder)
        if again == head:
            break
        head = again
    return head


def open_for_reading(folder: Path) -> BinaryIO:
    """Open the record; a missing one reads as empty."""
    path = folder / RECORD
    return path.open("rb") if path.exists() else BytesIO()


@contextmanager
def os_errors_named(path: Path, verb: str) -> Iterator[None]:
    """Turn what the system says into a `RecordError` that names the file and what was to be done with it."""
    try:
        yield
    except OSError as error:
        hint = "Make room or give this user access to the folder, then try again; without a record nothing is changed."
        raise RecordError(f"{path} can't be {verb}: {error.strerror or error}.", hint=hint) from error
