"""The file end of a record: puts finished lines on the disk, keeps the head, closes files that are large.

Everything here happens under the record's lock.
"""

import os
from collections import deque
from pathlib import Path
from typing import BinaryIO

from rolesync.audit.chain import BROKEN_HINT, HASH_BYTES, ChainReader, hash_of
from rolesync.audit.files import (
    HEAD,
    RECORD,
    START,
    Head,
    Position,
    closed_path,
    head_text,
    read_head,
    sync_names,
)
from rolesync.audit.seal import PLAIN, Seal, unknown_seal
from rolesync.audit.tail import end_of, ends_a_record, hash_ending, last_line
from rolesync.errors import RecordBrokenError


class Writer:
    """Appends finished lines.

    `position` is the end of the record; `past` is what a `record.key` that is due now has to say of the records before
    it, None where none is due.

    Args:
        folder: the account's folder, whose files exist.
        seal: that of the key that is set.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        self.position = START
        self.past: str | None = None
        self._head_text = b""  # as this process has last written it; b"" where it has to look
        self._folder = folder
        self._seal = seal
        self._file = (folder / RECORD).open("a+b", buffering=0)
        try:
            self._head = (folder / HEAD).open("r+b", buffering=0)
        except BaseException:
            self._file.close()
            raise
        self._paths = os.fspath(folder / RECORD), os.fspath(folder / HEAD)
        self._ids = self._ids_of_files()

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        self._head.close()

    def append(self, line: bytes) -> None:
        """Append a line; when this returns, it is on the disk."""
        self._write(line)
        seq, _, end, first = self.position
        self.position = Position(seq + 1, hash_of(line), end + len(line), first)
        self._write_head()

    def check_end(self) -> None:
        """Hold the bytes of the last record that the head names against its hash, where the head tells its seal.

        For opening; `settle`, at each append, looks at the hash that is stated there.

        Raises:
            RecordBrokenError: they are not the ones that were written.
        """
        head = read_head(self._folder)
        if head and head.is_rekeying(
            self._seal
        ):  # a crash came between: which seal the last record has, is in the whole
            walk = ChainReader(self._folder, head=head, own=self._seal)
            deque(walk, maxlen=0)
            if walk.bad:
                raise self._broken(walk.bad.file, f"line {walk.bad.line}: {walk.bad.reason}")
            return
        seal = next((one for one in (self._seal, PLAIN) if head and head.is_sealed(one)), None)
        where = end_of(self._folder, head.position) if head and head.position.seq else None
        if head is None or seal is None or where is None:
            return
        path, end = where
        line = last_line(path, end)
        if seal.hex(line[:-HASH_BYTES]) != head.position.digest:
            number = head.position.seq
            raise self._broken(path.name, f"the bytes of record {number}, the last, are not the ones that were written")

    def settle(self) -> bytes:
        """Move to the true end of the record and return what a crash left after the last whole record, if anything.

        Raises:
            RecordBrokenError: it is not the end that was written, or it was sealed with another key.
        """
        self.past = None
        if self._is_as_left():
            return b""
        self._follow()
        head = read_head(self._folder)
        if head is None or not ends_a_record(self._folder, head.position):
            raise self._broken(RECORD, "its end is not the one that the head names")
        self.position = head.position
        begun = head.position.seq or self._seal == PLAIN
        if begun and head.is_sealed(self._seal) and self._is_end(head.position):
            return b""
        walk = self._walk_from(head)
        if walk.torn and not walk.torn.endswith(b"\n"):
            self._write(b"\n")  # where only the newline was missing, this completes the record
            walk = self._walk_from(head)
        self.position = walk.position
        if walk.stretches[-1].seal != self._seal:
            self.past = self._sum_of_last_stretch()
        os.fsync(self._file.fileno())
        self._write_head(rekeying=self.past is not None)
        self.position = walk.position._replace(end=walk.position.end + len(walk.torn))
        return bytes(walk.torn)

    def announce(self) -> bool:
        """Let the records go on with this seal, whatever the one before it; False where they do already.

        The head says so first: were the `record.key` first, a head from before it could be put beside it by somebody
        who has cut the record there.

        Raises:
            RecordBrokenError: the record is not whole, as far as this key can tell.
        """
        self._follow()
        head = read_head(self._folder)
        walk = ChainReader(self._folder, head=head, own=self._seal)
        deque(walk, maxlen=0)
        if head is None or walk.bad or not walk.head_seen:
            raise self._broken(RECORD, "the record is not whole, and a new seal would hide that")
        if walk.stretches[-1].seal == self._seal or not walk.position.seq:
            return False
        self.position = walk.position
        self._write_head(rekeying=True)
        return True

    def close_file(self) -> None:
        """Close the file that grows, which ends in a whole record, and begin the next."""
        # No file has that name yet: a whole look would have found it among those of the record, where it fits nowhere.
        self._head_text = b""
        self.settle()
        (self._folder / RECORD).rename(closed_path(self._folder, self.position.first))
        self._begin_file()
        self.position = self.position._replace(end=0, first=self.position.seq + 1)
        self._write_head()

    def _begin_file(self) -> None:
        sync_names(self._folder)  # so that no record is ever in the new file while the old one still has its name
        (self._folder / RECORD).touch(mode=0o600)
        sync_names(self._folder)
        self._file.close()
        self._file = (self._folder / RECORD).open("a+b", buffering=0)
        self._ids = self._ids_of_files()

    def _ids_of_files(self) -> tuple[int, ...]:
        return (*_ids(os.fstat(self._file.fileno())), *_ids(os.fstat(self._head.fileno())))

    def _follow(self) -> None:
        """Go on with the file that grows now, if another process has closed the one that did."""
        own, closed = os.fstat(self._file.fileno()), closed_path(self._folder, self.position.first)
        if closed.exists() and os.path.samestat(own, closed.stat()):
            self._begin_file()
        for file, name in ((self._file, RECORD), (self._head, HEAD)):
            if not _is_at(file, self._folder / name):
                raise self._broken(name, "it was replaced while in use")

    def _is_as_left(self) -> bool:
        """Whether both files are as the last append of this process has left them, told by few calls of the system."""
        position, known = self.position, self._head_text
        if not (known and position.end):
            return False
        try:
            record, head = map(os.stat, self._paths)
        except FileNotFoundError:  # another process has died while it closed a file
            return False
        if (record.st_size, *_ids(record), *_ids(head)) != (position.end, *self._ids):
            return False
        if _read_at(self._head, 0, len(known) + 1) != known:
            return False
        return _read_at(self._file, position.end - HASH_BYTES, HASH_BYTES) == hash_ending(position)

    def _is_end(self, position: Position) -> bool:
        grows = not closed_path(self._folder, position.first).exists()
        return grows and os.fstat(self._file.fileno()).st_size == position.end

    def _walk_from(self, head: Head) -> ChainReader:
        """Walk from the head to the end, where the record must be sealed as it is now, unless that is to change."""
        rekeying = head.is_rekeying(self._seal)
        seal = PLAIN  # before the first record, and where no key is set
        if rekeying:
            seal = unknown_seal("")
        elif head.position.seq and head.is_sealed(self._seal):
            seal = self._seal
        elif head.position.seq and not head.is_sealed(PLAIN):
            seal = unknown_seal("")
        walk = ChainReader(self._folder, start=head.position, head=head, own=self._seal, seal=seal)
        deque(walk, maxlen=0)
        if walk.bad:
            raise self._broken(walk.bad.file, f"after record {walk.position.seq}, {walk.bad.reason}")
        if walk.position.seq and not rekeying and not head.is_sealed(self._seal):
            raise self._other_seal(seal)
        return walk

    def _sum_of_last_stretch(self) -> str:
        walk = ChainReader(self._folder, own=self._seal, summing=True)
        deque(walk, maxlen=0)
        if walk.bad:
            raise self._broken(walk.bad.file, f"line {walk.bad.line}: {walk.bad.reason}")
        return walk.past.hexdigest()

    def _write(self, data: bytes) -> None:
        written = 0
        while written < len(data):  # each turn writes at least a byte or raises
            written += self._file.write(data[written:])
        os.fsync(self._file.fileno())

    def _write_head(self, *, rekeying: bool = False) -> None:
        # In place: replacing the file would cost every append two changes of the folder on the disk. The few bytes at
        # the start of a file share one sector, so they change as a whole. Not forced to the disk either: the record
        # is there first, and a head that is behind is mended from it. Only a new seal must be announced before it is
        # used: a head without it, put beside a record that was cut where it begins, would look like a crash.
        text = head_text(self.position, self._seal, rekeying=rekeying)
        self._head_text = b""
        self._head.seek(0)
        self._head.write(text)
        if not rekeying:
            self._head_text = text
        if rekeying:
            os.fsync(self._head.fileno())

    def _broken(self, name: str, reason: str) -> RecordBrokenError:
        return RecordBrokenError(f"{self._folder / name}: {reason}.", hint=BROKEN_HINT)

    def _other_seal(self, found: Seal) -> RecordBrokenError:
        last = "without a key" if found is PLAIN else "with a key that is not the one that is set"
        now = f"the key {self._seal.fingerprint}" if self._seal.fingerprint else "no key"
        return RecordBrokenError(
            f"{self._folder / RECORD}: the record is sealed {last}, and {now} is set (audit_key).",
            hint="If that is on purpose, `rolesync audit rekey` goes on with it; if not, correct the setting, and look "
            "at `rolesync audit verify`.",
        )


def _ids(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file is the one that has this name now."""
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)
