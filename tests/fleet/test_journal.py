"""The fleet's journal: what it says of a run at every moment, and of the accounts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.jobs import JobKind
from rolesync.fleet.journal import Journal, find_night, known_accounts, open_journal, past_nights
from rolesync.model.fleet import AccountStatus, FleetVerdict, RecordHead
from tests.fleet.tools import plan, result


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def test_a_run_is_read_back_as_it_went(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        journal = Journal(record, "r1")
        journal.start("sync", "/night", ["a", "b", "c"], {"old": "merged"})
        (begun,) = past_nights(tmp_path / "f")
        assert [each.status for each in begun.night("district").results] == [AccountStatus.NOT_BEGUN] * 3
        journal.begin("a", JobKind.PLAN, 1)
        journal.end(result("a", AccountStatus.PLANNED, plan=plan()), JobKind.PLAN)
        journal.begin("a", JobKind.APPLY, 1)
        journal.begin("b", JobKind.APPLY, 1)
        journal.end(result("a", head=RecordHead(4, "a" * 64)), JobKind.APPLY)
        (killed,) = past_nights(tmp_path / "f")
        night = killed.night("district")
        assert [each.status for each in night.results] == [
            AccountStatus.DONE,
            AccountStatus.DIED,
            AccountStatus.NOT_BEGUN,
        ]
        assert killed.is_applying
        verdict = FleetVerdict("same_list", "m", "h", ("b",))
        journal.finish((verdict,), "stopped")
    (ended,) = past_nights(tmp_path / "f")
    assert (ended.stopped, ended.verdicts, ended.disabled) == ("stopped", (verdict,), {"old": "merged"})
    assert ended.finished_at
    assert known_accounts(tmp_path / "f").heads == {"a": RecordHead(4, "a" * 64)}


def test_only_plans_and_applies_that_went_well_are_successes(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        journal = Journal(record, "r1")
        journal.end(result("a"), JobKind.CHECK)
        journal.end(result("b", AccountStatus.UNREACHABLE), JobKind.APPLY)
        journal.end(result("c"), JobKind.APPLY)
        journal.end(result("d", AccountStatus.EMPTY), JobKind.PLAN)
    assert sorted(known_accounts(tmp_path / "f").last_success) == ["c", "d"]


def test_only_the_runs_that_are_asked_for_are_kept(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        for run in ("r1", "r2", "s1"):
            Journal(record, run).start("sync", "", ["a"], {})
        Journal(record, "r2").begin("a", JobKind.PLAN, 1)
    assert [night.run for night in past_nights(tmp_path / "f", "r")] == ["r1", "r2"]
    assert [night.run for night in past_nights(tmp_path / "f", "")] == ["s1"]


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        for run in ("r1", "r2", "s1"):
            Journal(record, run).start("sync", "", ["a"], {})
    nights = past_nights(tmp_path / "f")
    assert find_night(nights, "").run == "s1"
    assert find_night(nights, "r1").run == "r1"
    with pytest.raises(UsageError, match="2 runs of the fleet begin with 'r'"):
        find_night(nights, "r")
    with pytest.raises(UsageError, match="no run of the fleet begins with 'x'"):
        find_night(nights, "x")
    with pytest.raises(UsageError, match="this fleet has no run yet"):
        find_night([], "")
