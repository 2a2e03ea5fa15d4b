"""The chain that makes a record whole: the shape of a line, and one pass over all of them.

A line is `{"seq":N,"time":…,"event":…,…fields…,"prev":"<64 hex>","hash":"<64 hex>"}`: `hash` is made from the line's
bytes before `,"hash":`, by SHA-256 or, where a key is set, by HMAC-SHA256 with it; `prev` is the hash of the record
before it (64 zeros for the first). Without a key the chain shows accidents and edits, but not somebody who computes
all files anew.

Records are sealed without a key until a `record.key` says otherwise; it is the first with the new seal, and holds the
SHA-256 of all that was sealed the old way, so that this can't be changed later by whoever has the old key, or none.
"""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rolesync.audit.files import RECORD, START, Head, Part, Position, os_errors_named, parts
from rolesync.audit.own_events import RecordKey, TornAppend, read_own_event
from rolesync.audit.seal import PLAIN, Seal, seal_of, unknown_seal
from rolesync.errors import RecordBrokenError
from rolesync.model.verification import FirstBadRecord

BROKEN_HINT = "Keep all files as they are, see `rolesync audit verify`; move the folder aside to begin a new record."
HASH_BYTES = len(',"hash":""}\n') + 64
_SHAPE = re.compile(rb'\{"seq":(\d{1,20}),"time":.*,"prev":"[0-9a-f]{64}","hash":"([0-9a-f]{64})"\}\n')
_OWN_EVENT = b'"event":"record.'
_OWN_EVENT_WITHIN = len('{"seq":,"time":"2026-01-01T00:00:00.000000+00:00",') + 20 + len(_OWN_EVENT)
_MISFIT = "the unfinished append that it explains is not there"


class KeyEpoch(NamedTuple):
    """Records that are sealed alike, and where the first of them stands."""

    seal: Seal
    seq: int
    file: str
    line: int


def whole_lines(folder: Path, key: str = "") -> Iterator[bytes]:
    """Yield the lines of the record in order while checking the chain, and the seals as far as the key is known.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: on reaching the first place that is not as it was written.
    """
    with os_errors_named(folder / RECORD, "read"):
        walk = ChainReader(folder, own=seal_of(key))
        yield from walk
    if walk.bad:
        where = folder / walk.bad.file
        raise RecordBrokenError(f"{where}, line {walk.bad.line}: {walk.bad.reason}.", hint=BROKEN_HINT)


class ChainReader:
    """One pass over the lines after `start`: yields each whole record, and knows at the end where it stands and why.

    `torn` is what follows the last whole record, where that may be the remains of a crash; else `bad` is set. Of the
    records between `start` and the next `record.key` only what can be checked is: with a `seal` whose key isn't known,
    their numbers and that each names the hash of the one before it.

    Args:
        folder: the account's folder.
        start: where to begin.
        head: what should be passed on the way; None where nothing is expected.
        own: the seal of the key that is set.
        seal: the one in force at `start`.
        summing: whether to know at the end what a `record.key` would have to say of the last stretch.
    """

    def __init__(  # noqa: PLR0913  # of which one is given at most times
        self,
        folder: Path,
        *,
        start: Position = START,
        head: Head | None = None,
        own: Seal = PLAIN,
        seal: Seal = PLAIN,
        summing: bool = False,
    ) -> None:
        self.position = start
        self.head_seen = head is None or head.position == start
        self.torn = bytearray()
        self.bad: FirstBadRecord | None = None
        self.notices: list[str] = []
        self.stretches = [KeyEpoch(seal, start.seq + 1, RECORD, 1)]
        self.past = sha256()  # of the last stretch, where its seal can't be checked or `summing`
        self._folder = folder
        self._start = start
        self._head = head.position if head else None
        self._passing = head.position.seq if head else 0
        self._own = own
        self._seal = seal
        self._summing = summing
        self._suspect: FirstBadRecord | None = None

    def __iter__(self) -> Iterator[bytes]:
        begun = False
        for part in parts(self._folder, self._start.first):
            if begun:
                self._enter_next()
            begun = True
            if part.first and part.first != self.position.first:
                missing = f"the file that begins with record {self.position.first} belongs here, found {part.name}"
                self.bad = FirstBadRecord(
                    1, self.position.seq + 1, f"{missing}: files were removed or renamed", part.name
                )
            else:
                yield from self._lines(part)
            if part.first and not self.bad and (self._suspect or self.position.end == 0):
                # A file is closed at the end of a record only.
                empty = FirstBadRecord(1, self.position.seq + 1, "this closed file has no whole record", part.name)
                self.bad = self._suspect or empty
            if self.bad:
                return
        if self.torn and not self.head_seen:  # the head knows a record that should be here
            self.bad = self._suspect

    def _enter_next(self) -> None:
        self.position = self.position._replace(end=0, first=self.position.seq + 1)
        self._meet_head()

    def _meet_head(self) -> None:
        self.head_seen = self.head_seen or self.position == self._head

    def _lines(self, part: Part) -> Iterator[bytes]:
        seq, prev, end, first = self.position
        stream, seal = part.stream, self._seal
        # Bytes that arrive from now on are the next reader's: half a line of them would look like damage.
        left = stream.seek(0, os.SEEK_END) - end
        if left <= 0:
            return
        stream.seek(end)
        for number, whole_line in enumerate(stream, 1):
            line = whole_line if len(whole_line) <= left else whole_line[:left]
            if not line:
                break
            left -= len(line)
            own_event = line.find(_OWN_EVENT, 0, _OWN_EVENT_WITHIN) > 0
            if own_event:
                seal = self._seal_of(line)
            digest = seal.hex(line[:-HASH_BYTES]) if seal.known else _stated_hash(line)
            ending = f',"prev":"{prev}","hash":"{digest}"}}\n'.encode("ascii")
            if not (line.startswith(b'{"seq":%d,' % (seq + 1)) and line.endswith(ending)):
                seal = self._seal
                self._doubt(line, FirstBadRecord(number, seq + 1, self._reason(line, seq), part.name))
            elif not (self.torn or own_event) or self._explains(line, KeyEpoch(seal, seq + 1, part.name, number)):
                if self._summing or not seal.known:
                    self.past.update(self.torn + line)
                seq, prev, end = seq + 1, digest, end + len(self.torn) + len(line)
                self.torn.clear()
                self._suspect = None
                self.position = Position(seq, prev, end, first)
                if seq == self._passing:
                    self._meet_head()
                yield line
            if self.bad:
                return

    def _doubt(self, line: bytes, what: FirstBadRecord) -> None:
        """Take a line that doesn't fit for the remains of a crash, unless it can't be."""
        self._suspect = self._suspect or what
        self.torn += line
        if self._is_sealed(line):  # a crash never leaves a record after a hole
            self.bad = self._suspect

    def _explains(self, line: bytes, stretch: KeyEpoch) -> bool:
        """Whether one of the record's own events, or the record after a hole, fits what is before it."""
        wrong = self._misfit(line)
        if wrong:
            self.bad = self._suspect or FirstBadRecord(stretch.line, stretch.seq, wrong, stretch.file)
            return False
        if self.torn:
            size = TornAppend.of(self.torn).torn_bytes
            self.notices.append(f"record {stretch.seq} explains {size} bytes of an unfinished append before it")
        if event_of(line) == RecordKey.NAME.encode():
            self.stretches.append(stretch)
            self._seal, self.past = stretch.seal, sha256()
        return True

    def _seal_of(self, line: bytes) -> Seal:
        """Tell with which seal one of the record's own events was written, if it was: a `record.key` names its own."""
        event = read_own_event(line)
        if not isinstance(event, RecordKey):
            return self._seal
        return {"": PLAIN, self._own.fingerprint: self._own}.get(event.fingerprint) or unknown_seal(event.fingerprint)

    def _misfit(self, line: bytes) -> str:
        """Say what one of the record's own events, or the record after a hole, says wrongly of what is before it."""
        event = read_own_event(line)
        explained = event.torn if event else None
        if (self.torn or explained) and (not self.torn or explained != TornAppend.of(self.torn)):
            return _MISFIT
        unchecked = self.stretches[-1]
        seen_whole = self._start == START or len(self.stretches) > 1
        stated = event.past if isinstance(event, RecordKey) and seen_whole and not unchecked.seal.known else None
        if stated is not None and stated != self.past.hexdigest():
            return f"the records from {unchecked.seq} on are not the ones after which this one was written"
        return ""

    def _is_sealed(self, line: bytes) -> bool:
        match = _SHAPE.fullmatch(line)
        if match is None:
            return False
        seals = {self._seal, self._own, PLAIN}
        hashed, stated = line[:-HASH_BYTES], match[2].decode("ascii")
        return any(not seal.known or seal.hex(hashed) == stated for seal in seals)

    def _reason(self, line: bytes, seq: int) -> str:
        """Say what is wrong with a line that doesn't follow record `seq`."""
        match = _SHAPE.fullmatch(line)
        if match is None:
            return "this is not a whole record"
        if not self._is_sealed(line):
            return "the bytes of this record are not the ones that were written"
        if int(match[1]) != seq + 1:
            return (
                f"record {seq + 1} belongs here, found record {int(match[1])}: records were removed, inserted or moved"
            )
        return "this record was not written after the one before it"


def _stated_hash(line: bytes) -> str:
    match = _SHAPE.fullmatch(line)
    return match[2].decode("ascii") if match else ""


def event_of(line: bytes) -> bytes:
    """Read the event of a whole record without parsing the rest of it."""
    start = line.find(b'"event":"') + 9  # always the third member, after two that hold no quotes
    return line[start : line.find(b'"', start)]


def hash_of(line: bytes) -> str:
    """Read the hash that a whole record states."""
    return line[-HASH_BYTES:][9:73].decode("ascii")
