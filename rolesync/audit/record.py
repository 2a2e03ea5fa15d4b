"""The record, open for appending: one sealed line at a time, on the disk before the caller continues.

Several threads and processes may append, such as a dry run during a run: each append takes the lock and continues from
the true end. Remains of a crash are never deleted, but closed and explained.
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
from rolesync.audit.files import HEAD, RECORD, START, head_text, os_errors_named, read_head
from rolesync.audit.own_events import OWN_EVENTS, RecordKey, RecordRecovered
from rolesync.audit.seal import Seal, seal_of
from rolesync.audit.torn_append import TornAppend
from rolesync.audit.writer import Writer
from rolesync.errors import RecordBrokenError, RecordError
from rolesync.private_files import make_private_folder, replace_file, sync_names

_LOCK = "audit.lock"
_LOCK_SECONDS = 30.0
_OWN_FIELDS = frozenset({"seq", "time", "prev", "hash"})
# A circular value also fails by its depth; checking for it first would add a sixth to the time.
_encode = json.JSONEncoder(check_circular=False, allow_nan=False, separators=(",", ":")).encode


class Record:
    """An account's record, open for appending; `open_record` opens it, and the end of its `with` block closes it."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime], seal: Seal, max_bytes: float, rekey: bool = False
    ) -> None:
        self.rekeyed = False
        self._path = folder / RECORD
        self._now = now
        self._configured_seal = seal
        self._max_bytes = max_bytes
        with os_errors_named(self._path, "opened for writing"), ExitStack() as opened:
            _make_private(folder)
            # Held for one append at a time, so that a dry run can record during a run.
            self._lock = AppendLock(folder / _LOCK, _LOCK_SECONDS)
            opened.callback(self._lock.close)
            with self._locked("opened for writing"):
                _create(folder, seal)
                self._writer = Writer(folder, seal)
                opened.callback(self._writer.close)
                self._writer.check_end()
                self.rekeyed = rekey and self._writer.announce_seal()
                self._explain_remains()
            self._files = opened.pop_all()

    def append(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # any JSON value
        """Write one record; when this returns, the record is on the disk.

        Args:
            event: the name of the event.
            fields: text, numbers, booleans, None, and lists and mappings of these; no secrets.

        Raises:
            RecordError: it could not be written; nothing may be sent to Studio now.
            RecordBrokenError: the record was changed; nothing may be sent to Studio now.
            TypeError, ValueError: a field has no JSON form (such as NaN), or the record reserves its name or the
                event's. Nothing was written.
        """
        if event in OWN_EVENTS or _OWN_FIELDS & fields.keys():
            reserved = sorted([*OWN_EVENTS, *_OWN_FIELDS])
            raise TypeError(f"event {event} of {sorted(fields)}: {', '.join(reserved)} are the record's own")
        with os_errors_named(self._path, "written"), self._locked("written"):
            self._explain_remains()
            if self._writer.position.end >= self._max_bytes:
                self._writer.close_file()
            self._write(event, fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @contextmanager
    def _locked(self, verb: str) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except AppendLockTimeoutError as error:
            message = f"{self._path} can't be {verb}: another process has kept it locked for {_LOCK_SECONDS:.0f} s."
            raise RecordError(message, hint="wait for the other command to end, or end it, then try again") from error

    def _explain_remains(self) -> None:
        remains = self._writer.find_end()
        torn = TornAppend.of(remains) if remains else None
        if self._writer.past is not None:
            self._write(RecordKey.NAME, RecordKey(self._configured_seal.fingerprint, self._writer.past, torn).fields())
        elif torn:
            self._write(RecordRecovered.NAME, RecordRecovered(torn).fields())

    def _write(self, event: str, fields: Mapping[str, Any]) -> None:
        position = self._writer.position
        time = self._now().astimezone(UTC).isoformat(timespec="microseconds")
        members = {"seq": position.seq + 1, "time": time, "event": event, **fields, "prev": position.digest}
        hashed = _encode(members)[:-1].encode("ascii")  # what closes the object comes after the hash
        self._writer.append(hashed + f',"hash":"{self._configured_seal.hex(hashed)}"}}\n'.encode("ascii"))


def open_record(folder: Path, *, now: Callable[[], datetime], key: str = "", max_bytes: float = math.inf) -> Record:
    """Open an account's record for appending, create it if missing, and repair it after a crash.

    Records that the head does not name yet are added to it. The remains of an append that was cut short stay, closed
    with a newline and explained by a `record.recovered`.

    Args:
        folder: the account's folder; afterwards only its owner can read it.
        now: the clock; its times have a time zone.
        key: the audit key; "" for none.
        max_bytes: a file of this size is closed before the next record, which begins a new one.

    Raises:
        RecordError: the files can't be created, read or written.
        RecordBrokenError: the end of the record is not as it was written, or is sealed with another key.
    """
    return Record(folder, now=now, seal=seal_of(key), max_bytes=max_bytes)


def rekey(folder: Path, *, now: Callable[[], datetime], key: str = "") -> bool:
    """Seal all further records with this key, whichever key sealed the earlier records.

    A `record.key` announces the key, and seals the bytes of the earlier records, which don't change. Only
    `verify_record` with the earlier key shows whether those are unchanged, so run it first.

    Returns:
        Whether a `record.key` was written: not for an empty record, or one that is sealed like this already.

    Raises:
        RecordError, RecordBrokenError: as `open_record`, but another key is not an error.
    """
    with Record(folder, now=now, seal=seal_of(key), max_bytes=math.inf, rekey=True) as record:
        return record.rekeyed


def _make_private(folder: Path) -> None:
    make_private_folder(folder)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def _create(folder: Path, seal: Seal) -> None:
    """Create missing files; the head first, so that a record without a head was tampered with."""
    if not (folder / HEAD).exists():
        if read_head(folder) is None:
            raise RecordBrokenError(f"{folder / HEAD} is missing, although {RECORD} is not empty.", hint=BROKEN_HINT)
        replace_file(folder / HEAD, head_text(START, seal))
    (folder / RECORD).touch(mode=0o600)
    sync_names(folder)
