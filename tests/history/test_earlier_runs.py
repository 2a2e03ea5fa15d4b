"""What earlier runs mean for the next one: lists, absence, and unsettled runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rolesync.audit.record import Record
from rolesync.history.earlier_runs import EarlierRun, load_earlier_runs
from rolesync.model.history import GuardBaseline
from tests.audit.tools import opened
from tests.history.test_runs import history
from tests.report.samples import make_plan


def begin(record: Record, run: str, admins: int, **more: Any) -> None:
    source = {"path": "list.csv", "listed": {"Admin": admins}}
    record.append("run.start", **{"run": run, "digest": f"d-{run}", "command": "sync", "source": source, **more})


def end(record: Record, run: str, status: str = "complete") -> None:
    record.append("run.end", run=run, status=status, counts={})


def plan(record: Record, run: str, admins: int, **more: Any) -> None:
    source = {"path": "list.csv", "listed": {"Admin": admins}}
    usual = {"run": run, "digest": f"d-{run}", "command": "sync", "status": "planned", "source": source}
    record.append("plan", **{**usual, **more})


def test_the_list_last_applied_is_that_of_the_last_complete_run(folder: Path) -> None:
    with opened(folder) as record:
        plan(record, "a", 7)
        begin(record, "a", 7)
        assert load_earlier_runs(folder).baseline.applied == {}
        end(record, "a")
        assert load_earlier_runs(folder).baseline.applied == {"Admin": 7}
        for run, status in (("b", "incomplete"), ("c", "interrupted")):
            begin(record, run, 90)
            end(record, run, status)
        begin(record, "open", 91)
        plan(record, "dry", 92, command="plan", status="empty")
        plan(record, "blocked", 93, status="blocked")
        assert load_earlier_runs(folder).baseline.applied == {"Admin": 7}
        plan(record, "nothing to do", 8, status="empty")
        assert load_earlier_runs(folder).baseline.applied == {"Admin": 8}


def test_a_shrunk_list_that_only_warned_is_no_measure_for_the_next(folder: Path) -> None:
    with opened(folder) as record:
        begin(record, "a", 7)
        end(record, "a")
        begin(record, "b", 1, warned=["max_shrink_share", "owner"])
        end(record, "b")
        plan(record, "c", 1, status="empty", warned=["max_shrink_share"])
        assert load_earlier_runs(folder).baseline.applied == {"Admin": 7}
        begin(record, "d", 2, warned=["owner"], overridden=["max_shrink_share"])
        end(record, "d")
        assert load_earlier_runs(folder).baseline.applied == {"Admin": 2}


def test_absence_is_counted_in_runs_that_went_ahead(folder: Path) -> None:
    with opened(folder) as record:
        plan(record, "a", 7, absent={"Admin": [1, 2], "Teacher": [1]})
        assert load_earlier_runs(folder).baseline.absent == {}
        begin(record, "a", 7, absent={"Admin": [1, 2], "Teacher": [1]})
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {1: 1, 2: 1}, "Teacher": {1: 1}}
        plan(record, "dry", 7, command="plan", status="empty", absent={"Admin": []})
        plan(record, "blocked", 7, status="blocked", absent={"Admin": []})
        begin(record, "no grace", 7)
        begin(record, "b", 7, absent={"Admin": [2, 3]})  # 1 is back, and nobody looked at Teacher
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {2: 2, 3: 1}, "Teacher": {1: 1}}
        plan(record, "c", 7, status="empty", absent={"Admin": [1, 2]})
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {1: 1, 2: 3}, "Teacher": {1: 1}}


def test_applying_a_plan_again_does_not_count_as_another_absence(folder: Path) -> None:
    with opened(folder) as record:
        for run in ("a", "b"):
            begin(record, run, 7, command="apply", digest="one", absent={"Admin": [1]})
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {1: 1}}
        begin(record, "c", 7, command="apply", digest="two", absent={"Admin": [1]})
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {1: 2}}
        for run in ("d", "e"):
            begin(record, run, 7, digest="three", absent={"Admin": [1]})
        assert load_earlier_runs(folder).baseline.absent == {"Admin": {1: 4}}


def test_records_without_lists_give_no_baseline(folder: Path) -> None:
    assert load_earlier_runs(history(folder)).baseline == GuardBaseline()


def test_an_empty_record_has_no_earlier_runs(folder: Path) -> None:
    past = load_earlier_runs(folder)
    assert (past.baseline, past.runs, past.unsettled) == (GuardBaseline(), (), ())


def test_runs_that_went_ahead_stand_in_order_and_those_without_an_end_are_unsettled(folder: Path) -> None:
    with opened(folder) as record:
        plan(record, "dry", 7, command="plan")
        begin(record, "killed", 7, digest="one")
        plan(record, "nothing to do", 7, status="empty", digest="two")
        begin(record, "in doubt", 7, digest="one")
        record.append("run.end", run="in doubt", status="incomplete", counts={}, unsettled=True)
        begin(record, "done", 7, digest="one")
        end(record, "done")
        past = load_earlier_runs(folder)
        assert tuple(replace(run, began="", ended="") for run in past.runs) == (
            EarlierRun("killed", "one", command="sync"),
            EarlierRun("nothing to do", "two", complete=True, command="sync"),
            EarlierRun("in doubt", "one", command="sync", sent=True),
            EarlierRun("done", "one", complete=True, command="sync", sent=True),
        )
        assert past.unsettled == ("killed", "in doubt")
        applied = replace(make_plan(), digest="one")
        assert {event.run for event in past.events_of_plan(applied)} == {"killed", "in doubt", "done"}
        assert list(past.events_of_plan(replace(applied, digest="another"))) == []
        end(record, "killed", "interrupted")
        record.append("run.end", run="in doubt", status="incomplete", counts={}, unsettled=False)
        assert load_earlier_runs(folder).unsettled == ()


def test_the_key_is_in_no_text(folder: Path) -> None:
    assert "secret" not in repr(load_earlier_runs(folder, key="secret"))


def send(record: Record, run: str, *steps: tuple[int, str, bool], digest: str = "", command: str = "sync") -> None:
    """Let a run send these (user id, action, whether it was done) for the role Admin."""
    begin(record, run, 7, digest=digest or run, command=command)
    for number, (user_id, action, done) in enumerate(steps, start=1):
        sent = {"user_id": user_id, "action": action, "role": "Admin", "email": "", "row": 2}
        before = {str(user_id): [] if action == "add" else ["Admin"]}
        after = {str(user_id): ["Admin"] if (action == "add") == done else []}
        marks = {"run": run, "chunk": 1, "request": number}
        record.append("intent", **marks, actions=[sent], before=before)
        record.append("outcome", **marks, status=200 if done else 422, after=after, seconds=0, error="")


def test_changes_that_each_of_the_last_runs_sent_are_repeated(folder: Path) -> None:
    with opened(folder) as record:
        assert load_earlier_runs(folder).repeated(1) == {}
        send(record, "a", (1, "add", True), (2, "remove", True), (3, "add", True), digest="same")
        end(record, "a")
        send(record, "b", (1, "add", True), (2, "remove", False), (3, "remove", True), digest="same")
        expected = {(1, "add", "Admin"): True, (2, "remove", "Admin"): False}
        assert load_earlier_runs(folder).repeated(2) == expected
        assert (load_earlier_runs(folder).repeated(3), load_earlier_runs(folder).repeated(0)) == ({}, {})
        send(record, "c", (1, "add", True))
        assert (
            load_earlier_runs(folder).repeated(2)
            == load_earlier_runs(folder).repeated(3)
            == {(1, "add", "Admin"): True}
        )
        plan(record, "nothing to do", 7, status="empty")
        assert load_earlier_runs(folder).repeated(2) == {}


def test_a_plan_that_was_interrupted_and_applied_again_counts_once(folder: Path) -> None:
    with opened(folder) as record:
        for run in ("a", "b", "c"):
            send(record, run, (1, "add", run == "b"), digest="one", command="apply")
        assert load_earlier_runs(folder).repeated(2) == {}
        assert load_earlier_runs(folder).repeated(1) == {(1, "add", "Admin"): True}


def test_each_sync_counts_even_if_its_plan_is_that_of_the_night_before(folder: Path) -> None:
    with opened(folder) as record:
        for run in "abcdef":
            send(record, run, (1, "add", False), digest="one")
            end(record, run, "incomplete")
        assert load_earlier_runs(folder).repeated(6) == {(1, "add", "Admin"): False}
        assert load_earlier_runs(folder).repeated(7) == {}


def test_the_makers_of_a_plan_are_found_by_its_digest(folder: Path) -> None:
    with opened(folder) as record:
        plan(record, "dry", 7, command="plan", digest="d1", made_by="mia")
        plan(record, "again", 7, command="plan", digest="d1", made_by="bo")
        plan(record, "older", 7, command="plan", digest="d1")
        plan(record, "nobody", 7, command="plan", digest="d2", made_by="")
        begin(record, "dry", 7, digest="d3", made_by="al")
    past = load_earlier_runs(folder)
    assert past.makers("d1") == {"mia", "bo"}
    assert past.makers("d2") == past.makers("d3") == past.makers("d4") == frozenset()
