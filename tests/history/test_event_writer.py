"""Events are written byte for byte as before they had types: the sample record is from then."""

import json
from datetime import datetime
from pathlib import Path

from rolesync.audit.own_events import OWN_EVENTS
from rolesync.audit.record import open_record
from rolesync.audit.verify import verify_record
from rolesync.history.event_reader import EVENTS, read_event
from rolesync.history.event_writer import append_event, event_fields
from rolesync.history.read import read_records
from tests.history.tools import CURRENT_KEY, copy_records

ENVELOPE = ("seq", "time", "event", "prev", "hash")


def test_every_event_is_read_and_written_back_unchanged(folder: Path) -> None:
    copy_records("current", folder)
    kinds = set()
    for record in read_records(folder, key=CURRENT_KEY):
        event = read_event(record)
        if event is None:
            assert record["event"] in OWN_EVENTS
            continue
        kinds.add(type(event))
        fields = {name: value for name, value in record.items() if name not in ENVELOPE}
        assert json.dumps(event_fields(event)) == json.dumps(fields)
    assert kinds == set(EVENTS)


def test_a_record_written_anew_from_its_events_has_the_same_bytes(folder: Path) -> None:
    copy_records("current", folder)
    assert verify_record(folder, CURRENT_KEY).ok
    lines = (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    records = []
    for record in read_records(folder, key=CURRENT_KEY):
        if record["event"] in OWN_EVENTS:
            break
        records.append(record)
    assert len(records) > 50

    times = (datetime.fromisoformat(record["time"]) for record in records)
    with open_record(folder / "anew", now=lambda: next(times)) as anew:
        for record in records:
            event = read_event(record)
            assert event is not None
            append_event(anew, event)
    assert (folder / "anew" / "audit.jsonl").read_bytes() == b"".join(lines[: len(records)])
