"""Reads the record in order while checking its chain: as JSON objects, as events, or the events of some runs."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from rolesync.audit.chain import BROKEN_HINT, event_of, whole_lines
from rolesync.errors import RecordBrokenError
from rolesync.history.event_reader import Record, read_event
from rolesync.history.events import RunEvent

T = TypeVar("T")
E = TypeVar("E", bound=RunEvent)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The events of one run, in order, at least one; `last_hash` is the hash of its last record."""

    run_id: str
    events: Sequence[RunEvent]
    last_hash: str


def read_records(folder: Path, run: str | None = None, *, key: str = "") -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of all records, or of one run.

    Args:
        folder: the account's.
        run: the full id of a run.
        key: the audit key. Records that are sealed with another key are checked as far as is possible without it.

    Raises:
        RecordError: a file can't be read.
        RecordBrokenError: at the first record that was changed. Only `verify_record` notices a cut-off end.
    """
    if run is not None:
        yield from _records_of_runs(folder, [run], key)
        return
    for line in whole_lines(folder, key):
        yield _parse(line, folder)


def read_events(folder: Path, kinds: Sequence[type[E]], *, key: str = "") -> Iterator[E]:
    """Yield the events of these kinds, `EVENTS` for all; other records are checked, but not parsed.

    Raises:
        RecordError, RecordBrokenError: as `read_records`; also for a record that can't be read as its event.
    """
    return cast("Iterator[E]", decode_records(folder, kinds, read_event, key=key))


def decode_records(
    folder: Path, kinds: Sequence[type[RunEvent]], decode: Callable[[Record], T | None], *, key: str = ""
) -> Iterator[T]:
    """Yield what `decode` makes of each record of these kinds, except None; raises as `read_events`."""
    names = {kind.NAME.encode("ascii") for kind in kinds}
    records = (_parse(line, folder) for line in whole_lines(folder, key) if event_of(line) in names)
    return _decode(records, decode, folder)


def read_events_of_runs(folder: Path, run_ids: Sequence[str], *, key: str = "") -> Iterator[RunEvent]:
    """Yield the events of some runs, by their full ids; raises as `read_events`."""
    return _decode(_records_of_runs(folder, run_ids, key), read_event, folder)


def recorded_run(run_id: str, records: Sequence[Record], folder: Path) -> RecordedRun:
    """Read a run from all of its records, as `read_records` yields them.

    Raises:
        RecordBrokenError: a record can't be read as its event.
    """
    return RecordedRun(run_id, tuple(_decode(records, read_event, folder)), records[-1]["hash"])


def _records_of_runs(folder: Path, run_ids: Sequence[str], key: str) -> Iterator[dict[str, Any]]:
    needles = [b'"run":%b' % json.dumps(run_id).encode("ascii") for run_id in run_ids]
    for line in whole_lines(folder, key) if needles else ():
        if any(needle in line for needle in needles):
            record = _parse(line, folder)
            if record.get("run") in run_ids:
                yield record


def _decode(records: Iterable[Record], decode: Callable[[Record], T | None], folder: Path) -> Iterator[T]:
    for record in records:
        try:
            decoded = decode(record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"{folder}: record {record.get('seq')} can't be read ({type(error).__name__}: {error})."
            raise RecordBrokenError(message, hint=BROKEN_HINT) from error
        if decoded is not None:
            yield decoded


def _parse(line: bytes, folder: Path) -> dict[str, Any]:
    """Parse a record. Where it is sealed with an unknown key, it may be anything."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise RecordBrokenError(f"{folder}: a record can't be read ({error}).", hint=BROKEN_HINT) from error
    if not isinstance(record, dict):
        raise RecordBrokenError(f"{folder}: a record is no JSON object.", hint=BROKEN_HINT)
    return record
