"""The fleet's journal: what is noted is read back, each entry with the place after it."""

from datetime import UTC, datetime
from pathlib import Path

from rolesync.audit.files import START
from rolesync.fleet.journal import BEGIN_EVENT, END_EVENT, RESULT_EVENT, START_EVENT, Journal, entries, open_journal
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import FleetVerdict
from tests.fleet.tools import result


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def test_entries_are_read_from_any_place_on(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        journal = Journal(record, "r1")
        journal.start("sync", "/night", ["a"], {"old": "merged"})
        journal.begin("a", JobKind.PLAN, 1)
        journal.end(result("a"), JobKind.PLAN)
        journal.finish((FleetVerdict("r", "m", "h", ("a",)),), "stopped")
    places, contents = zip(*entries(tmp_path / "f", START), strict=True)
    assert [entry["event"] for entry in contents] == [START_EVENT, BEGIN_EVENT, RESULT_EVENT, END_EVENT]
    for number, place in enumerate(places, 1):
        assert [entry for _, entry in entries(tmp_path / "f", place)] == list(contents[number:])
    assert contents[-1]["verdicts"] == [{"rule": "r", "message": "m", "hint": "h", "accounts": ["a"]}]
