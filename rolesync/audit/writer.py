"""The files of a record that is being written: appends sealed lines, keeps the head, and closes large files.

All of this happens under the record's lock.
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
)
from rolesync.audit.seal import PLAIN, Seal, unknown_seal
from rolesync.audit.tail import encode_ending, ends_a_record, last_line, locate_end
from rolesync.errors import RecordBrokenError
from rolesync.private_files import sync_names


class Writer:
    """Appends sealed lines.

    `position` is the end of the record. `past` is None, or the checksum of the last epoch if a `record.key` must come
    next.

    Args:
        folder: the account's folder, whose files exist.
        seal: the seal of the audit key that is set.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        self.position = START
        self.past: str | None = None
        self._head_text = b""  # as this process last wrote it; b"" if it must be read
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
        """Check the bytes of the last record that the head names against its hash, if the head shows its seal.

        For opening. `find_end`, at each append, only compares the hash that the record states.

        Raises:
            RecordBrokenError: the bytes are not as they were written.
        """
        head = read_head(self._folder)
        if head and head.is_rekeying(self._seal):  # after a crash, only the whole record shows the seal of the last
            reader = ChainReader(self._folder, head=head, configured_seal=self._seal)
            deque(reader, maxlen=0)
            if reader.bad:
                raise self._broken(reader.bad.file, f"line {reader.bad.line}: {reader.bad.reason}")
            return
        seal = next((known for known in (self._seal, PLAIN) if head and head.is_sealed(known)), None)
        where = locate_end(self._folder, head.position) if head and head.position.seq else None
        if head is None or seal is None or where is None:
            return
        path, end = where
        line = last_line(path, end)
        if seal.hex(line[:-HASH_BYTES]) != head.position.digest:
            number = head.position.seq
            raise self._broken(path.name, f"the bytes of record {number}, the last, are not as they were written")

    def find_end(self) -> bytes:
        """Move to the true end of the record, and return the remains of a crash after the last whole record.

        Raises:
            RecordBrokenError: the end is not as it was written, or it is sealed with another key.
        """
        self.past = None
        if self._is_unchanged():
            return b""
        self._follow_rename()
        head = read_head(self._folder)
        if head is None or not ends_a_record(self._folder, head.position):
            raise self._broken(RECORD, "its end does not match the head")
        self.position = head.position
        is_empty_and_keyed = not head.position.seq and self._seal != PLAIN
        if not is_empty_and_keyed and head.is_sealed(self._seal) and self._is_end(head.position):
            return b""
        reader = self._read_from(head)
        if reader.torn and not reader.torn.endswith(b"\n"):
            self._write(b"\n")  # if only the newline was missing, this completes the record
            reader = self._read_from(head)
        self.position = reader.position
        if reader.epochs[-1].seal != self._seal:
            self.past = self._sum_of_last_epoch()
        os.fsync(self._file.fileno())
        self._write_head(rekeying=self.past is not None)
        self.position = reader.position._replace(end=reader.position.end + len(reader.torn))
        return bytes(reader.torn)

    def announce_seal(self) -> bool:
        """Announce in the head that the next records have this seal; False if they have it already.

        The head comes first. Otherwise an attacker who cuts the record before the `record.key` could put back the head
        from before it.

        Raises:
            RecordBrokenError: the record is not whole, as far as it can be checked with this key.
        """
        self._follow_rename()
        head = read_head(self._folder)
        reader = ChainReader(self._folder, head=head, configured_seal=self._seal)
        deque(reader, maxlen=0)
        if head is None or reader.bad or not reader.head_seen:
            raise self._broken(RECORD, "the record is not whole, and a new seal would hide that")
        if reader.epochs[-1].seal == self._seal or not reader.position.seq:
            return False
        self.position = reader.position
        self._write_head(rekeying=True)
        return True

    def close_file(self) -> None:
        """Close the growing file, which ends with a whole record, and begin the next."""
        # No file has that name yet: reading the record would have found it, as a file that fits nowhere.
        self._head_text = b""
        self.find_end()
        (self._folder / RECORD).rename(closed_path(self._folder, self.position.first))
        self._begin_file()
        self.position = self.position._replace(end=0, first=self.position.seq + 1)
        self._write_head()

    def _begin_file(self) -> None:
        sync_names(self._folder)  # so that no record gets into the new file while the old one still has its name
        (self._folder / RECORD).touch(mode=0o600)
        sync_names(self._folder)
        closed, self._file = self._file, (self._folder / RECORD).open("a+b", buffering=0)
        closed.close()
        self._ids = self._ids_of_files()

    def _ids_of_files(self) -> tuple[int, ...]:
        return (*_ids(os.fstat(self._file.fileno())), *_ids(os.fstat(self._head.fileno())))

    def _follow_rename(self) -> None:
        """Open the growing file again if another process has closed this one."""
        opened, closed = os.fstat(self._file.fileno()), closed_path(self._folder, self.position.first)
        if closed.exists() and os.path.samestat(opened, closed.stat()):
            self._begin_file()
        for file, name in ((self._file, RECORD), (self._head, HEAD)):
            if not _is_at(file, self._folder / name):
                raise self._broken(name, "it was replaced while in use")

    def _is_unchanged(self) -> bool:
        """Whether both files are as the last append of this process left them; checked with few system calls."""
        position, head_text = self.position, self._head_text
        if not (head_text and position.end):
            return False
        try:
            record, head = map(os.stat, self._paths)
        except FileNotFoundError:  # another process died while it closed a file
            return False
        if (record.st_size, *_ids(record), *_ids(head)) != (position.end, *self._ids):
            return False
        if _read_at(self._head, 0, len(head_text) + 1) != head_text:
            return False
        return _read_at(self._file, position.end - HASH_BYTES, HASH_BYTES) == encode_ending(position)

    def _is_end(self, position: Position) -> bool:
        grows = not closed_path(self._folder, position.first).exists()
        return grows and os.fstat(self._file.fileno()).st_size == position.end

    def _read_from(self, head: Head) -> ChainReader:
        """Read from the head to the end, which must have the current seal, unless the seal is being changed."""
        rekeying = head.is_rekeying(self._seal)
        seal = PLAIN  # before the first record, and where no key is set
        if rekeying:
            seal = unknown_seal("")
        elif head.position.seq and head.is_sealed(self._seal):
            seal = self._seal
        elif head.position.seq and not head.is_sealed(PLAIN):
            seal = unknown_seal("")
        reader = ChainReader(self._folder, start=head.position, head=head, configured_seal=self._seal, seal=seal)
        deque(reader, maxlen=0)
        if reader.bad:
            raise self._broken(reader.bad.file, f"after record {reader.position.seq}, {reader.bad.reason}")
        if reader.position.seq and not rekeying and not head.is_sealed(self._seal):
            raise self._other_seal(seal)
        return reader

    def _sum_of_last_epoch(self) -> str:
        reader = ChainReader(self._folder, configured_seal=self._seal, needs_sum=True)
        deque(reader, maxlen=0)
        if reader.bad:
            raise self._broken(reader.bad.file, f"line {reader.bad.line}: {reader.bad.reason}")
        return reader.epoch_sum.hexdigest()

    def _write(self, data: bytes) -> None:
        written = 0
        while written < len(data):  # each turn writes at least a byte or raises
            written += self._file.write(data[written:])
        os.fsync(self._file.fileno())

    def _write_head(self, *, rekeying: bool = False) -> None:
        # In place: replacing the file would cost two changes of the folder on the disk for each append. The few bytes
        # at the start of a file share one sector, so they change atomically. No sync either: the record is on the disk
        # first, and a head that is behind is repaired from it. Only a new seal must be announced before it is used: a
        # head without it, beside a record that was cut where the new seal begins, would look like a crash.
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

    def _other_seal(self, last_seal: Seal) -> RecordBrokenError:
        last = "without a key" if last_seal is PLAIN else "with a key that is not the one that is set"
        now = f"the key {self._seal.fingerprint}" if self._seal.fingerprint else "no key"
        return RecordBrokenError(
            f"{self._folder / RECORD}: the record is sealed {last}, but {now} is set (audit_key).",
            hint="if that is on purpose, run `rolesync audit rekey`; if not, correct the setting, and run "
            "`rolesync audit verify`",
        )


def _ids(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file still has this name."""
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)
