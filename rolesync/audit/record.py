"""The record, open for appending: one sealed line at a time, on the disk before the caller goes on.

Several processes may append, a dry run while a run is going on, say: each append takes a lock for itself alone and
goes on from the true end. What a crash left there is never deleted, but closed and explained.
"""

import json
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import structlog
from filelock import FileLock, Timeout

from rolesync.audit.chain import (
    BROKEN_HINT,
    HASH_BYTES,
    HEAD,
    RECORD,
    RECOVERED,
    START,
    Position,
    Walk,
    description,
    hash_of,
    head_text,
    open_for_reading,
    os_errors_named,
    read_head,
)
from rolesync.errors import RecordBrokenError, RecordError

_LOCK = "audit.lock"
_LOCK_SECONDS = 30.0
_OWN_FIELDS = frozenset({"seq", "time", "prev", "hash"})


class Record:
    """An account's record, open for appending; made by `open_record`, closed by leaving its `with` block."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime]) -> None:
        self._path = folder / RECORD
        self._now = now
        # Held for one append at a time, so that a dry run can record while a run is going on.
        self._lock = FileLock(folder / _LOCK, timeout=_LOCK_SECONDS, mode=0o600, poll_interval=0.005)
        with os_errors_named(self._path, "opened for writing"):
            _make_private(folder)
            with self._turn("opened for writing"):
                _create(folder)
                self._writer = _Writer(folder)
                self._log = structlog.wrap_logger(
                    self._writer, processors=[self._number, self._seal], wrapper_class=structlog.BoundLogger
                )
                try:
                    self._settle()
                except BaseException:
                    self._writer.close()
                    raise

    def append(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # whatever JSON can say
        """Write one record; when this returns, the record is on the disk.

        Args:
            event: what happened, such as `run.start`.
            fields: text, numbers, booleans, None, and lists and mappings of these; no secrets.

        Raises:
            RecordError: it could not be written; nothing may be written to Studio now.
            RecordBrokenError: the record was changed by somebody else; the same holds.
            TypeError, ValueError: a field that JSON can't say (such as NaN), or one of the record's own names: a
                defect in the caller, and nothing was written.
        """
        if event == RECOVERED or _OWN_FIELDS & fields.keys():
            raise TypeError(f"event {event}: {RECOVERED} and the fields {sorted(_OWN_FIELDS)} are the record's own")
        with os_errors_named(self._path, "written"), self._turn("written"):
            self._settle()
            self._log.info(event, **fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    @contextmanager
    def _turn(self, verb: str) -> Iterator[None]:
        try:
            self._lock.acquire()
        except Timeout as error:
            message = f"{self._path} can't be {verb}: another process has kept it locked for {_LOCK_SECONDS:.0f} s."
            raise RecordError(message, hint="Wait for the other command to end, or end it, then try again.") from error
        try:
            yield
        finally:
            self._lock.release()

    def _settle(self) -> None:
        torn = self._writer.settle()
        if torn:
            self._log.info(RECOVERED, **description(torn))

    def _number(self, _logger: object, _method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
        event = fields.pop("event")
        time = self._now().astimezone(UTC).isoformat(timespec="microseconds")
        return {"seq": self._writer.position.seq + 1, "time": time, "event": event, **fields}

    def _seal(self, _logger: object, _method: str, fields: Mapping[str, Any]) -> bytes:
        named = {**fields, "prev": self._writer.position.digest}
        text = json.dumps(named, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        hashed = text.removesuffix("}").encode("ascii")
        return hashed + f',"hash":"{sha256(hashed).hexdigest()}"}}\n'.encode("ascii")


def open_record(folder: Path, *, now: Callable[[], datetime]) -> Record:
    """Open an account's record for appending, made anew where there is none, and tidy up after a crash.

    Records that the head doesn't know yet are added to it. The remains of an append that was cut short stay, closed
    with a newline and explained by a `record.recovered`.

    Args:
        folder: the account's folder; only its owner can look inside afterwards.
        now: the clock; its times carry a zone.

    Raises:
        RecordError: the files can't be made, read or written.
        RecordBrokenError: the end of the record is not the one that was written.
    """
    return Record(folder, now=now)


class _Writer:
    """The file end of the logger: `info` takes a finished line. Everything here happens under the record's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.position = START
        with ExitStack() as opening:
            self._file = opening.enter_context((folder / RECORD).open("ab", buffering=0))
            self._head = opening.enter_context((folder / HEAD).open("r+b", buffering=0))
            self._files = opening.pop_all()

    def close(self) -> None:
        self._files.close()

    def info(self, line: bytes) -> None:
        self._write(line)
        self.position = Position(self.position.seq + 1, hash_of(line), self.position.end + len(line))
        self._write_head()

    def settle(self) -> bytes:
        """Move to the true end of the record and return what a crash left after the last whole record, if anything."""
        self._check_still_ours()
        head = read_head(self._folder)
        if head is None or not self._ends_a_record(head):
            raise RecordBrokenError(
                f"{self._folder / RECORD}: its end is not the one that the head names.", hint=BROKEN_HINT
            )
        self.position = head
        if os.fstat(self._file.fileno()).st_size == head.end:
            return b""
        walk = self._walk_from(head)
        if walk.torn and not walk.torn.endswith(b"\n"):
            self._write(b"\n")  # where only the newline was missing, this completes the record
            walk = self._walk_from(head)
        self.position = walk.position
        os.fsync(self._file.fileno())
        self._write_head()
        self.position = walk.position._replace(end=walk.position.end + len(walk.torn))
        return bytes(walk.torn)

    def _check_still_ours(self) -> None:
        for file, name in ((self._file, RECORD), (self._head, HEAD)):
            if not os.path.samestat(os.fstat(file.fileno()), (self._folder / name).stat()):
                raise RecordBrokenError(f"{self._folder / name} was replaced while in use.", hint=BROKEN_HINT)

    def _ends_a_record(self, head: Position) -> bool:
        if head.seq == 0:
            return head == START
        with open_for_reading(self._folder) as stream:
            stream.seek(max(0, head.end - HASH_BYTES))
            return stream.read(HASH_BYTES) == f',"hash":"{head.digest}"}}\n'.encode("ascii")

    def _walk_from(self, head: Position) -> Walk:
        with open_for_reading(self._folder) as stream:
            walk = Walk(stream, start=head, head=head)
            deque(walk, maxlen=0)
        if walk.bad:
            message = f"{self._folder / RECORD}: after record {walk.position.seq}, {walk.bad.reason}."
            raise RecordBrokenError(message, hint=BROKEN_HINT)
        return walk

    def _write(self, data: bytes) -> None:
        written = 0
        while written < len(data):  # each turn writes at least a byte or raises
            written += self._file.write(data[written:])
        os.fsync(self._file.fileno())

    def _write_head(self) -> None:
        # In place: replacing the file would cost every append two changes of the folder on the disk. The few bytes at
        # the start of a file share one sector, so they change as a whole. Not forced to the disk either: the record
        # is there first, and a head that is behind is mended from it.
        self._head.seek(0)
        self._head.write(head_text(self.position))


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def _create(folder: Path) -> None:
    """Make the files where there are none; the head first, so that a record without one was tampered with."""
    if not (folder / HEAD).exists():
        if read_head(folder) is None:
            raise RecordBrokenError(f"{folder / HEAD} is missing, {RECORD} is not empty.", hint=BROKEN_HINT)
        fresh = folder / f"{HEAD}.new"
        fresh.touch(mode=0o600)
        with fresh.open("wb") as file:
            file.write(head_text(START))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / HEAD)
    (folder / RECORD).touch(mode=0o600)
    if os.name == "posix":  # elsewhere a folder can't be opened, and names are durable without
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
