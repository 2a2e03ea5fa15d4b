"""Reading the record: in order, as JSON objects or as events, up to the first broken one."""

from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import RecordBrokenError
from rolesync.history.event_reader import EVENTS
from rolesync.history.events import HoldersSaved, RunEnd
from rolesync.history.read import read_events, read_events_of_runs, read_records
from tests.audit.tools import fill, lines, opened, write_lines
from tests.history.tools import copy_records


def test_only_events_of_the_wanted_kinds_and_runs_are_read(folder: Path) -> None:
    copy_records("earlier", folder)
    assert [event.run for event in read_events(folder, [RunEnd])] == ["r1", "r2", "r3", "r4", "r5"]
    assert [type(event) for event in read_events(folder, (HoldersSaved, RunEnd))][3:5] == [RunEnd, HoldersSaved]
    assert {event.run for event in read_events_of_runs(folder, ["r2", "r4"])} == {"r2", "r4"}
    assert list(read_events_of_runs(folder, [])) == []


def test_a_reader_sees_the_record_as_it_was_when_it_began(folder: Path) -> None:
    fill(folder, 2)
    reading = read_records(folder)
    assert next(reading)["seq"] == 1
    fill(folder, 1, start=3)
    assert [record["seq"] for record in reading] == [2]


@pytest.mark.parametrize("junk", [b"no JSON", b'"n": {"a"'])
def test_a_line_that_is_no_json_is_a_broken_record_if_the_key_is_missing(folder: Path, junk: bytes) -> None:
    with opened(folder, key="the key of the owner of it") as record:
        record.append("step", number=1)
        record.append("step", number=2)
    record_lines = lines(folder)
    write_lines(folder, [record_lines[0], record_lines[1].replace(b'"number":1', junk), record_lines[2]])
    with pytest.raises(RecordBrokenError, match="can't be read"):
        list(read_records(folder))
    with pytest.raises(RecordBrokenError, match="not as they were written"):
        list(read_records(folder, key="the key of the owner of it"))


@pytest.mark.parametrize(
    "wrong", [{"actions": [{"user_id": 1}]}, {"actions": 7}, {"request": None, "before": None}, {}]
)
def test_a_record_that_is_not_what_it_says_is_broken_not_a_defect(folder: Path, wrong: dict[str, Any]) -> None:
    with opened(folder) as record:
        record.append("plan", run="r", status="planned")
        record.append("intent", **{"run": "r", "chunk": 1, **wrong})
    with pytest.raises(RecordBrokenError, match=r"record 2 can't be read \((KeyError|TypeError)"):
        list(read_events(folder, EVENTS))
