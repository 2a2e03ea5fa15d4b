"""The history: records in order, runs in one line each, one run by its id."""

from pathlib import Path

import pytest

from rolesync.audit.verify import verify_record
from rolesync.errors import RecordBrokenError, RecordError, UsageError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.events import Intent, Outcome, PlanMade, RunEnd, RunStart
from rolesync.history.read import read_events_of_runs, read_records
from rolesync.history.runs import list_runs, load_run, records_before_break, run_before_break, runs_before_break
from rolesync.model.verification import Verification
from tests.audit.tools import lines, opened, write_lines

ACTION = {"user_id": 1, "action": "add", "role": "Admin", "email": "", "row": 2, "run": "p1"}  # a run inside a run's


def history(folder: Path) -> Path:
    with opened(folder) as record:
        record.append("plan", run="p1", digest="d1", account="https://a", source="list.csv", status="ready",
                      additions=2, removals=1, held=0, requests=3)  # fmt: skip
        record.append("plan", run="p2", digest="d2", account="https://a", source="list.csv", status="blocked",
                      additions=0, removals=90, held=0, requests=3)  # fmt: skip
        record.append("run.start", run="ab1", digest="d1", account="https://a", source="list.csv",
                      additions=2, removals=1)  # fmt: skip
        record.append("intent", run="ab1", chunk=1, request=1, actions=[ACTION], before={"1": []})
        record.append("outcome", run="ab1", chunk=1, request=1, status="done", seconds=0.1, after={"1": ["Admin"]},
                      error=None)  # fmt: skip
        record.append("run.end", run="ab1", status="complete", counts={"done": 3, "failed": 0}, proof=None, requests=5)
        record.append("run.start", run="ab2", digest="d1", account="https://a", source="list.csv",
                      additions=1, removals=0)  # fmt: skip
    return folder


def test_runs_are_summed_up(folder: Path) -> None:
    summaries = list_runs(history(folder))
    assert [(run.run_id, run.kind, run.status) for run in summaries] == [
        ("p1", "plan", "planned"),
        ("p2", "plan", "blocked"),
        ("ab1", "apply", "complete"),
        ("ab2", "apply", "open"),
    ]
    assert summaries[0].started_at == summaries[0].finished_at == "2026-09-01T10:00:00.000250+00:00"
    assert (summaries[1].plan_digest, summaries[1].source, summaries[1].counts) == (
        "d2",
        "list.csv",
        {"additions": 0, "removals": 90},
    )
    assert summaries[2].counts == {"additions": 2, "removals": 1, "done": 3, "failed": 0}
    assert (summaries[3].finished_at, summaries[3].counts) == ("", {"additions": 1, "removals": 0})


def test_a_run_is_called_by_its_command_as_far_as_it_is_recorded(folder: Path) -> None:
    undo = {"path": "", "undoes": "n1"}
    with opened(folder) as record:
        record.append("run.start", run="n0", digest="d", source="s", additions=0, removals=0)
        record.append("run.start", run="n1", digest="d", source="s", additions=0, removals=0, command="sync")
        record.append(
            "plan", run="n2", digest="e", source=undo, status="ready", additions=0, removals=0, command="undo"
        )
        record.append("run.start", run="n3", digest="e", source=undo, additions=0, removals=0, command="apply")
    assert [(run.kind, run.command) for run in list_runs(folder)] == [
        ("apply", "apply"),
        ("apply", "sync"),
        ("plan", "undo"),
        ("apply", "undo"),
    ]


def test_a_plan_and_its_apply_under_one_id_are_one_run(folder: Path) -> None:
    planned = {"digest": "d", "source": "s", "status": "ready", "additions": 0, "removals": 0}
    with opened(folder) as record:
        record.append("plan", run="n1", **planned)
        record.append("plan", run="n2", **planned)
        record.append("run.start", run="n1", digest="d", source="s", additions=0, removals=0)
    assert [(run.run_id, run.kind, run.status) for run in list_runs(folder)] == [
        ("n2", "plan", "planned"),
        ("n1", "apply", "open"),
    ]


def test_a_source_may_be_more_than_its_path(folder: Path) -> None:
    with opened(folder) as record:
        source = {"path": "list.csv", "sha256": "ab", "rows": 3}
        record.append("run.start", run="n1", digest="d", source=source, additions=0, removals=0)
    assert [run.source for run in list_runs(folder)] == ["list.csv"]


def test_the_records_of_one_run(folder: Path) -> None:
    history(folder)
    run = load_run(folder, "ab1")
    records = list(read_records(folder, "ab1"))
    assert [type(event) for event in run.events] == [RunStart, Intent, Outcome, RunEnd]
    assert [record["event"] for record in records] == ["run.start", "intent", "outcome", "run.end"]
    assert (run.run_id, run.last_hash) == ("ab1", records[-1]["hash"])
    assert [type(event) for event in load_run(folder, "p1").events] == [PlanMade]
    assert list(load_run(folder, "ab2").events) == list(read_events_of_runs(folder, ["ab2"]))


@pytest.mark.parametrize(
    ("run", "message"), [("zz", "No run begins with 'zz'"), ("ab", "2 runs begin"), ("", "No run")]
)
def test_an_unknown_or_ambiguous_run(folder: Path, run: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_run(history(folder), run)


def test_a_whole_id_wins_over_a_prefix(folder: Path) -> None:
    with opened(folder) as record:
        for run in ("a", "ab"):
            record.append("plan", run=run, digest="d", source="s", status="ready", additions=0, removals=0)
    assert load_run(folder, "a").run_id == "a"


def test_no_record_is_an_empty_history(folder: Path) -> None:
    assert list(read_records(folder)) == []
    assert list_runs(folder) == []
    assert verify_record(folder) == Verification(0, None, "", ())
    assert not folder.exists()


def test_history_stops_at_a_changed_record(folder: Path) -> None:
    history(folder)
    record_lines = lines(folder)
    record_lines[2] = record_lines[2].replace(b'"additions":2', b'"additions":0')
    write_lines(folder, record_lines)
    reading = read_records(folder)
    assert [next(reading)["run"], next(reading)["run"]] == ["p1", "p2"]
    with pytest.raises(RecordBrokenError, match=r"audit\.jsonl, line 3: the bytes"):
        next(reading)
    for telling in (list_runs, load_earlier_runs):
        with pytest.raises(RecordBrokenError):
            telling(folder)


def test_a_record_that_cannot_be_read_is_an_error(folder: Path) -> None:
    (folder / "audit.jsonl").mkdir(parents=True)
    (folder / "audit.head").write_bytes(b"")
    for reading in (verify_record, list_runs, lambda where: list(read_records(where))):
        with pytest.raises(RecordError, match="can't be read: Is a directory"):
            reading(folder)


def broken_at(folder: Path, line: int) -> Path:
    history(folder)
    record_lines = lines(folder)
    record_lines[line - 1] = record_lines[line - 1].replace(b'"run":"', b'"run":"x')
    write_lines(folder, record_lines)
    return folder


def test_runs_before_the_break_are_returned_with_the_error(folder: Path) -> None:
    summaries, broken = runs_before_break(broken_at(folder, 5))
    assert [(run.run_id, run.status) for run in summaries] == [("p1", "planned"), ("p2", "blocked"), ("ab1", "open")]
    assert broken is not None
    assert "audit.jsonl, line 5" in broken.message
    records, broken = records_before_break(folder, "ab1")
    assert [record["event"] for record in records] == ["run.start", "intent"]
    assert broken is not None
    with pytest.raises(RecordBrokenError, match="line 5"):
        load_run(folder, "ab1")


def test_a_run_that_may_stand_after_the_break_is_not_called_unknown(folder: Path) -> None:
    with pytest.raises(RecordBrokenError, match="line 3"):
        records_before_break(broken_at(folder, 3), "ab1")


def test_a_whole_record_is_trusted_to_its_end(folder: Path) -> None:
    history(folder)
    assert runs_before_break(folder) == (list_runs(folder), None)
    assert records_before_break(folder, "ab1") == (list(read_records(folder, "ab1")), None)
    assert run_before_break(folder, "ab1") == (load_run(folder, "ab1"), None)


@pytest.mark.parametrize("key", ["", "the key of the owner of it"])
def test_history_is_read_over_all_files_with_the_key_and_without(folder: Path, key: str) -> None:
    with opened(folder, key="the key of the owner of it", max_bytes=300) as record:
        for number in range(6):
            record.append("plan", run=f"p{number}", digest="d", source="s", status="ready", additions=0, removals=0)
    assert len(list(folder.glob("audit-*"))) > 2
    assert [run.run_id for run in list_runs(folder, key=key)] == [f"p{number}" for number in range(6)]
    assert [record["run"] for record in read_records(folder, "p3", key=key)] == ["p3"]
