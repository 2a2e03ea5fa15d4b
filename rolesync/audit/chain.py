"""The hash chain of the record: the format of a line, and the reader that checks all lines in one pass.

A line is `{"seq":N,"time":…,"event":…,…fields…,"prev":"<64 hex>","hash":"<64 hex>"}`. `hash` is computed from the
line's bytes before `,"hash":`, by SHA-256, or by HMAC-SHA256 if an audit key is set. `prev` is the hash of the record
before it (64 zeros for the first). Without a key, the chain shows accidents and edits, but not an attacker who computes
all files anew.

Records are sealed without a key until a `record.key` announces a key. This record is the first with the new seal. It
holds the SHA-256 of all records under the seal before, so that nobody can change these later with the old key.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rolesync.audit.files import RECORD, START, Head, Part, Position, os_errors_named, parts
from rolesync.audit.own_events import RecordKey, read_own_event
from rolesync.audit.seal import PLAIN, Seal, seal_of, unknown_seal
from rolesync.audit.torn_append import TornAppend, may_be_torn
from rolesync.errors import RecordBrokenError
from rolesync.model.verification import APPENDED_BYTES, FirstBadRecord

BROKEN_HINT = "keep all files as they are, see `rolesync audit verify`; move the folder aside to begin a new record"
HASH_BYTES = len(',"hash":""}\n') + 64
_SHAPE = re.compile(rb'\{"seq":(\d{1,20}),"time":.*,"prev":"[0-9a-f]{64}","hash":"([0-9a-f]{64})"\}\n')
_OWN_EVENT = b'"event":"record.'
_OWN_EVENT_WITHIN = len('{"seq":,"time":"2026-01-01T00:00:00.000000+00:00",') + 20 + len(_OWN_EVENT)
_MISMATCH = "the unfinished append that this record explains is not there"


class KeyEpoch(NamedTuple):
    """A range of records with the same seal, and the place of its first record."""

    seal: Seal
    seq: int
    file: str
    line: int


def whole_lines(folder: Path, key: str = "") -> Iterator[bytes]:
    """Yield the lines of the record in order while checking the chain, and the seals whose key is known.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: at the first record that is not as it was written.
    """
    yield from (line for _, line in lines_from(folder, START, key))


def lines_from(folder: Path, start: Position, key: str = "") -> Iterator[tuple[Position, bytes]]:
    """Yield the lines of the record after a place, each with the place after it, while checking the chain.

    Args:
        folder: the folder of the record.
        start: `START`, or a place where a record ends and no key is in force.
        key: the audit key; "" for none.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: at the first record that is not as it was written.
    """
    with os_errors_named(folder / RECORD, "read"):
        reader = ChainReader(folder, start=start, configured_seal=seal_of(key))
        for line in reader:
            yield reader.position, line
    if reader.bad:
        where = folder / reader.bad.file
        raise RecordBrokenError(f"{where}, line {reader.bad.line}: {reader.bad.reason}.", hint=BROKEN_HINT)


class ChainReader:
    """One pass over the lines after `start`: yields each whole record, and stops at the first bad one.

    Afterwards `position` is the end of the last whole record. `torn` are the bytes after it if they may be the remains
    of a crash; otherwise `bad` is set. Where the key of a seal is unknown, only the numbers of the records and the
    hashes in `prev` are checked.

    Args:
        folder: the account's folder.
        start: where to begin.
        head: the head that the pass should meet; None for no head.
        configured_seal: the seal of the audit key that is set.
        seal: the seal in force at `start`.
        needs_sum: whether to compute `epoch_sum` also where the seal is known; a new `record.key` needs it.
    """

    def __init__(  # noqa: PLR0913  # most callers pass two
        self,
        folder: Path,
        *,
        start: Position = START,
        head: Head | None = None,
        configured_seal: Seal = PLAIN,
        seal: Seal = PLAIN,
        needs_sum: bool = False,
    ) -> None:
        self.position = start
        self.head_seen = head is None or head.position == start
        self.torn = bytearray()
        self.bad: FirstBadRecord | None = None
        self.notices: list[str] = []
        self.epochs = [KeyEpoch(seal, start.seq + 1, RECORD, 1)]
        self.epoch_sum = sha256()  # of the last epoch, if its seal is unknown or `needs_sum`
        self._folder = folder
        self._start = start
        self._head = head.position if head else None
        self._head_seq = head.position.seq if head else 0
        self._configured_seal = configured_seal
        self._seal = seal
        self._needs_sum = needs_sum
        self._suspect: FirstBadRecord | None = None

    @property
    def appended(self) -> FirstBadRecord | None:
        """The place of `torn`, if no append can have left these bytes; None otherwise."""
        if self._suspect is None or may_be_torn(self.torn, self.position.seq):
            return None
        reason = (
            f"{len(self.torn):,} bytes were appended after record {self.position.seq}, and are not a record; "
            "the records before them are as they were written; the next run closes and explains these bytes"
        )
        return replace(self._suspect, reason=reason, code=APPENDED_BYTES)

    def __iter__(self) -> Iterator[bytes]:
        is_later_file = False
        for part in parts(self._folder, self._start.first):
            if is_later_file:
                self._enter_next()
            is_later_file = True
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
        if self.torn and not self.head_seen:  # the head names a record that should be here
            self.bad = self._suspect

    def _enter_next(self) -> None:
        self.position = self.position._replace(end=0, first=self.position.seq + 1)
        self._meet_head()

    def _meet_head(self) -> None:
        self.head_seen = self.head_seen or self.position == self._head

    def _lines(self, part: Part) -> Iterator[bytes]:
        seq, prev, end, first = self.position
        stream, seal = part.stream, self._seal
        # Bytes that arrive from now on are not read: half a line of them would look like damage.
        remaining = stream.seek(0, os.SEEK_END) - end
        if remaining <= 0:
            return
        stream.seek(end)
        for number, whole_line in enumerate(stream, 1):
            line = whole_line if len(whole_line) <= remaining else whole_line[:remaining]
            if not line:
                break
            remaining -= len(line)
            own_event = line.find(_OWN_EVENT, 0, _OWN_EVENT_WITHIN) > 0
            if own_event:
                seal = self._seal_of(line)
            digest = seal.hex(line[:-HASH_BYTES]) if seal.known else _stated_hash(line)
            ending = f',"prev":"{prev}","hash":"{digest}"}}\n'.encode("ascii")
            if not (line.startswith(b'{"seq":%d,' % (seq + 1)) and line.endswith(ending)):
                seal = self._seal
                self._keep_suspect(line, FirstBadRecord(number, seq + 1, self._reason(line, seq), part.name))
            elif not (self.torn or own_event) or self._accepts_event(line, KeyEpoch(seal, seq + 1, part.name, number)):
                if self._needs_sum or not seal.known:
                    self.epoch_sum.update(self.torn + line)
                seq, prev, end = seq + 1, digest, end + len(self.torn) + len(line)
                self.torn.clear()
                self._suspect = None
                self.position = Position(seq, prev, end, first)
                if seq == self._head_seq:
                    self._meet_head()
                yield line
            if self.bad:
                return

    def _keep_suspect(self, line: bytes, place: FirstBadRecord) -> None:
        """Keep a line that doesn't fit as the possible remains of a crash, unless it is a sealed record."""
        self._suspect = self._suspect or place
        self.torn += line
        if self._is_sealed(line):  # a crash never leaves a whole record after torn bytes
            self.bad = self._suspect

    def _accepts_event(self, line: bytes, epoch: KeyEpoch) -> bool:
        """Whether a `record.*` event, or the record after torn bytes, fits the bytes before it.

        Sets `bad` if it doesn't; otherwise adds its notice, and the epoch that a `record.key` begins.
        """
        problem = self._mismatch(line)
        if problem:
            self.bad = self._suspect or FirstBadRecord(epoch.line, epoch.seq, problem, epoch.file)
            return False
        if self.torn:
            if may_be_torn(self.torn, epoch.seq - 1):
                damage = f"{TornAppend.of(self.torn).torn_bytes:,} bytes of an unfinished append"
            else:
                damage = f"{len(self.torn):,} appended bytes that are not a record"
            self.notices.append(f"record {epoch.seq} explains {damage} before it")
        if event_of(line) == RecordKey.NAME.encode():
            self.epochs.append(epoch)
            self._seal, self.epoch_sum = epoch.seal, sha256()
        return True

    def _seal_of(self, line: bytes) -> Seal:
        """Find the seal of a `record.*` event: the one that a `record.key` names, for others the seal in force."""
        event = read_own_event(line)
        if not isinstance(event, RecordKey):
            return self._seal
        known = {"": PLAIN, self._configured_seal.fingerprint: self._configured_seal}
        return known.get(event.fingerprint) or unknown_seal(event.fingerprint)

    def _mismatch(self, line: bytes) -> str:
        """Describe how a `record.*` event, or the record after torn bytes, contradicts the bytes before it."""
        event = read_own_event(line)
        explained = event.torn if event else None
        if (self.torn or explained) and (not self.torn or explained != TornAppend.of(self.torn)):
            return _MISMATCH
        unchecked = self.epochs[-1]
        seen_whole = self._start == START or len(self.epochs) > 1
        stated = event.past if isinstance(event, RecordKey) and seen_whole and not unchecked.seal.known else None
        if stated is not None and stated != self.epoch_sum.hexdigest():
            return f"the records from {unchecked.seq} on have changed since this record was written"
        return ""

    def _is_sealed(self, line: bytes) -> bool:
        match = _SHAPE.fullmatch(line)
        if match is None:
            return False
        seals = {self._seal, self._configured_seal, PLAIN}
        hashed, stated = line[:-HASH_BYTES], match[2].decode("ascii")
        return any(not seal.known or seal.hex(hashed) == stated for seal in seals)

    def _reason(self, line: bytes, seq: int) -> str:
        """Describe why a line can't follow record `seq`."""
        match = _SHAPE.fullmatch(line)
        if match is None:
            return "this is not a whole record"
        if not self._is_sealed(line):
            return "the bytes of this record are not as they were written"
        if int(match[1]) != seq + 1:
            return (
                f"record {seq + 1} belongs here, found record {int(match[1])}: records were removed, inserted or moved"
            )
        return "this record was written after another record than the one before it"


def _stated_hash(line: bytes) -> str:
    match = _SHAPE.fullmatch(line)
    return match[2].decode("ascii") if match else ""


def event_of(line: bytes) -> bytes:
    """Read the event of a whole record without parsing the rest of it."""
    start = line.find(b'"event":"') + 9  # the third member; `seq` and `time` can't contain this text
    return line[start : line.find(b'"', start)]


def hash_of(line: bytes) -> str:
    """Read the hash that a whole record states."""
    return line[-HASH_BYTES:][9:73].decode("ascii")
