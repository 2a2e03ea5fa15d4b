"""The index of a journal: the same as the journal says, and only the lines after it are read."""

import json
from pathlib import Path

import pytest

from rolesync.errors import RecordBrokenError, RecordError
from rolesync.fleet.journal import RESULT_EVENT, Journal, open_journal
from rolesync.fleet.journal_index import RUNS, all_runs, read_index, save_index
from rolesync.fleet.past_nights import find_night
from rolesync.fleet.usual_numbers import usual_numbers
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import AccountStatus, RecordHead
from tests.fleet.test_journal import now
from tests.fleet.tools import result


def night(folder: Path, run: str, *accounts: str, command: str = "sync", head: int = 1) -> None:
    with open_journal(folder, now) as record:
        journal = Journal(record, run)
        journal.start(command, "", list(accounts), {})
        for account in accounts:
            journal.end(result(account, head=RecordHead(head, "a" * 64)), JobKind.APPLY)


def test_only_plans_and_applies_that_went_well_are_successes(tmp_path: Path) -> None:
    with open_journal(tmp_path, now) as record:
        journal = Journal(record, "r1")
        journal.end(result("a"), JobKind.CHECK)
        journal.end(result("b", AccountStatus.UNREACHABLE), JobKind.APPLY)
        journal.end(result("c", head=RecordHead(4, "b" * 64)), JobKind.APPLY)
        journal.end(result("d", AccountStatus.EMPTY), JobKind.PLAN)
    index = read_index(tmp_path)
    assert sorted(index.last_success) == ["c", "d"]
    assert index.heads == {"c": RecordHead(4, "b" * 64)}


def test_only_what_comes_after_the_index_is_read(tmp_path: Path) -> None:
    night(tmp_path, "r1", "a", "b")
    whole = read_index(tmp_path)
    save_index(tmp_path, whole)
    assert read_index(tmp_path) == whole
    night(tmp_path, "r2", "a", head=2)
    path = tmp_path / "audit.jsonl"
    damaged = path.read_text(encoding="ascii").replace('"r1"', '"rx"')  # nobody reads these lines again
    path.write_text(damaged, encoding="ascii")
    index = read_index(tmp_path)
    assert [start.run for start in index.runs] == ["r1", "r2"]
    assert {name: head.seq for name, head in index.heads.items()} == {"a": 2, "b": 1}
    with pytest.raises(RecordBrokenError):
        list(all_runs(tmp_path))


@pytest.mark.parametrize(
    "damage", ["", "[]", "{}", '{"end": [1, 2]}', "another journal", "another format", "a number for a time"]
)
def test_an_index_that_does_not_fit_costs_only_time(tmp_path: Path, damage: str) -> None:
    night(tmp_path, "r1", "a")
    save_index(tmp_path, read_index(tmp_path))
    path = tmp_path / "journal.index.json"
    content = json.loads(path.read_text(encoding="ascii"))
    if damage == "another journal":
        damage = json.dumps({**content, "end": [content["end"][0], "f" * 64, *content["end"][2:]]})
    elif damage == "another format":
        damage = json.dumps({**content, "rolesync_journal_index": 2, "heads": {}})
    elif damage == "a number for a time":
        damage = json.dumps({**content, "last_success": {"a": 3}, "heads": {}})
    path.write_text(damage, encoding="ascii")
    night(tmp_path, "r2", "b")
    assert all(read_index(tmp_path).last_success[name] > "2026" for name in ("a", "b"))
    assert sorted(read_index(tmp_path).heads) == ["a", "b"]


def test_the_index_does_not_grow_with_the_nights(tmp_path: Path) -> None:
    for number in range(RUNS + 2):
        night(tmp_path, f"r{number:03}", "a")
        save_index(tmp_path, read_index(tmp_path))
    index = read_index(tmp_path)
    assert (len(index.runs), index.runs[0].run, index.has_all_runs) == (RUNS, "r002", False)
    assert [start for start in all_runs(tmp_path) if start.run >= "r002"] == list(index.runs)


def test_an_entry_of_another_version_is_named_and_no_defect(tmp_path: Path) -> None:
    night(tmp_path, "r1", "a")
    with open_journal(tmp_path, now) as record:
        record.append(RESULT_EVENT, run="r1", kind="apply", result={"account": "a", "status": "improved"})
    for read in (read_index, lambda folder: usual_numbers(folder, ""), lambda folder: find_night(folder, "r1")):
        with pytest.raises(RecordError, match="can't read an entry of the fleet's journal"):
            read(tmp_path)
