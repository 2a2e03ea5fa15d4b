"""Runs over a fleet as its journal has them: at every moment, and found without reading years of nights."""

from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet import journal_index
from rolesync.fleet.journal import Journal, open_journal
from rolesync.fleet.journal_index import read_index, save_index
from rolesync.fleet.past_nights import find_night
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import AccountStatus, FleetVerdict, RecordHead
from tests.fleet.test_journal import now
from tests.fleet.tools import plan, result


def test_a_run_is_read_back_as_it_went(tmp_path: Path) -> None:
    with open_journal(tmp_path / "f", now) as record:
        journal = Journal(record, "r1")
        journal.start("sync", "/night", ["a", "b", "c"], {"old": "merged"})
        begun = find_night(tmp_path / "f")
        assert [each.status for each in begun.night("district").results] == [AccountStatus.NOT_BEGUN] * 3
        journal.begin("a", JobKind.PLAN, 1)
        journal.end(result("a", AccountStatus.PLANNED, plan=plan()), JobKind.PLAN)
        journal.begin("a", JobKind.APPLY, 1)
        journal.begin("b", JobKind.APPLY, 1)
        journal.end(result("a", head=RecordHead(4, "a" * 64)), JobKind.APPLY)
        killed = find_night(tmp_path / "f")
        night = killed.night("district")
        assert [each.status for each in night.results] == [
            AccountStatus.DONE,
            AccountStatus.DIED,
            AccountStatus.NOT_BEGUN,
        ]
        assert killed.is_applying
        verdict = FleetVerdict("same_list", "m", "h", ("b",))
        journal.finish((verdict,), "stopped")
    ended = find_night(tmp_path / "f")
    assert (ended.stopped, ended.verdicts, ended.disabled) == ("stopped", (verdict,), {"old": "merged"})
    assert ended.finished_at


def started(folder: Path, *runs: str, command: str = "sync") -> None:
    with open_journal(folder, now) as record:
        for run in runs:
            Journal(record, run).start(command, "", ["a"], {})


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this fleet has no run yet"):
        find_night(tmp_path)
    started(tmp_path, "r1", "r2", "s1")
    assert find_night(tmp_path).run == "s1"
    assert find_night(tmp_path, "r1").run == "r1"
    with pytest.raises(UsageError, match="2 runs of the fleet begin with 'r'"):
        find_night(tmp_path, "r")
    with pytest.raises(UsageError, match="no run of the fleet begins with 'x'"):
        find_night(tmp_path, "x")


def test_the_last_run_of_a_command_is_found_behind_others(tmp_path: Path) -> None:
    started(tmp_path, "r1", "r2")
    started(tmp_path, "r3", command="check")
    assert find_night(tmp_path).run == "r3"
    assert find_night(tmp_path, commands=("sync", "apply")).run == "r2"
    with pytest.raises(UsageError, match="this fleet has no run of apply yet"):
        find_night(tmp_path, commands=("apply",))


def test_a_run_before_those_of_the_index_is_found_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_index, "RUNS", 2)
    started(tmp_path, "r1")
    started(tmp_path, "r20", "r21", "s1", "s2", command="check")
    save_index(tmp_path, read_index(tmp_path))
    assert [start.run for start in read_index(tmp_path).runs] == ["s1", "s2"]
    assert find_night(tmp_path, "r1").run == "r1"
    assert find_night(tmp_path, commands=("sync",)).run == "r1"
    with pytest.raises(UsageError, match="2 runs of the fleet begin with 'r2'"):
        find_night(tmp_path, "r2")
    assert find_night(tmp_path, "s1").run == "s1"
