"""The record, open for appending: one sealed line at a time, on the disk before the caller goes on.

Several threads and processes may append, a dry run while a run is going on, say: each append takes a lock for itself
alone and goes on from the true end. What a crash left there is never deleted, but closed and explained.
"""

import json
import math
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from rolesync.audit.append_lock import AppendLock, AppendLockTimeoutError
from rolesync.audit.chain import BROKEN_HINT
from rolesync.audit.files import HEAD, RECORD, START, head_text, os_errors_named, read_head, replace_file, sync_names
from rolesync.audit.own_events import OWN_EVENTS, RecordKey, RecordRecovered, TornAppend
from rolesync.audit.seal import Seal, seal_of
from rolesync.audit.writer import Writer
from rolesync.errors import RecordBrokenError, RecordError

_LOCK = "audit.lock"
_LOCK_SECONDS = 30.0
_OWN_FIELDS = frozenset({"seq", "time", "prev", "hash"})
# Made once; what holds itself is found by its depth as well, and looking for it first takes a sixth of the time.
_encode = json.JSONEncoder(check_circular=False, allow_nan=False, separators=(",", ":")).encode


class Record:
    """An account's record, open for appending; made by `open_record`, closed by leaving its `with` block."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime], seal: Seal, max_bytes: float, rekey: bool = False
    ) -> None:
        self.rekeyed = False
        self._path = folder / RECORD
        self._now = now
        self._own = seal
        self._max_bytes = max_bytes
        with os_errors_named(self._path, "opened for writing"), ExitStack() as opened:
            _make_private(folder)
            # Held for one append at a time, so that a dry run can record while a run is going on.
            self._lock = AppendLock(folder / _LOCK, _LOCK_SECONDS)
            opened.callback(self._lock.close)
            with self._turn("opened for writing"):
                _create(folder, seal)
                self._writer = Writer(folder, seal)
                opened.callback(self._writer.close)
                self._writer.check_end()
                self.rekeyed = rekey and self._writer.announce()
                self._settle()
            self._files = opened.pop_all()

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
        if event in OWN_EVENTS or _OWN_FIELDS & fields.keys():
            own = [*OWN_EVENTS, *_OWN_FIELDS]
            raise TypeError(f"event {event} of {sorted(fields)}: {', '.join(sorted(own))} are the record's own")
        with os_errors_named(self._path, "written"), self._turn("written"):
            self._settle()
            if self._writer.position.end >= self._max_bytes:
                self._writer.close_file()
            self._write(event, fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @contextmanager
    def _turn(self, verb: str) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except AppendLockTimeoutError as error:
            message = f"{self._path} can't be {verb}: another process has kept it locked for {_LOCK_SECONDS:.0f} s."
            raise RecordError(message, hint="Wait for the other command to end, or end it, then try again.") from error

    def _settle(self) -> None:
        remains = self._writer.settle()
        torn = TornAppend.of(remains) if remains else None
        if self._writer.past is not None:
            self._write(RecordKey.NAME, RecordKey(self._own.fingerprint, self._writer.past, torn).fields())
        elif torn:
            self._write(RecordRecovered.NAME, RecordRecovered(torn).fields())

    def _write(self, event: str, fields: Mapping[str, Any]) -> None:
        position = self._writer.position
        time = self._now().astimezone(UTC).isoformat(timespec="microseconds")
        named = {"seq": position.seq + 1, "time": time, "event": event, **fields, "prev": position.digest}
        hashed = _encode(named)[:-1].encode("ascii")  # what closes the object comes after the hash
        self._writer.append(hashed + f',"hash":"{self._own.hex(hashed)}"}}\n'.encode("ascii"))


def open_record(folder: Path, *, now: Callable[[], datetime], key: str = "", max_bytes: float = math.inf) -> Record:
    """Open an account's record for appending, made anew where there is none, and tidy up after a crash.

    Records that the head doesn't know yet are added to it. The remains of an append that was cut short stay, closed
    with a newline and explained by a `record.recovered`.

    Args:
        folder: the account's folder; only its owner can look inside afterwards.
        now: the clock; its times carry a zone.
        key: what the records are sealed with; "" for none.
        max_bytes: a file that has grown so large is closed before the next record, which begins another.

    Raises:
        RecordError: the files can't be made, read or written.
        RecordBrokenError: the end of the record is not the one that was written, or is sealed with another key.
    """
    return Record(folder, now=now, seal=seal_of(key), max_bytes=max_bytes)


def rekey(folder: Path, *, now: Callable[[], datetime], key: str = "") -> bool:
    """Go on with this key from the next record on, whatever the records before it are sealed with.

    A `record.key` says so. The records before it stay as they are, and this one vouches for their bytes; whether they
    are the ones that were written only `verify` with their own key can tell, so do that first.

    Returns:
        Whether there was anything to do: not for an empty record, or one that is sealed like this already.

    Raises:
        RecordError, RecordBrokenError: as `open_record`, but for another key.
    """
    with Record(folder, now=now, seal=seal_of(key), max_bytes=math.inf, rekey=True) as record:
        return record.rekeyed


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def _create(folder: Path, seal: Seal) -> None:
    """Make the files where there are none; the head first, so that a record without one was tampered with."""
    if not (folder / HEAD).exists():
        if read_head(folder) is None:
            raise RecordBrokenError(f"{folder / HEAD} is missing, {RECORD} is not empty.", hint=BROKEN_HINT)
        replace_file(folder / HEAD, head_text(START, seal))
    (folder / RECORD).touch(mode=0o600)
    sync_names(folder)
