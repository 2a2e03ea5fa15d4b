"""Records of every earlier format are read: by the history, the report of a run, `explain` and `undo`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rolesync.audit.verify import verify_record
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS, read_event, read_event_about
from rolesync.history.events import Intent, PlanMade, RunEnd, RunEvent, RunStart
from rolesync.history.read import read_events
from rolesync.history.run_report import report_before_break
from rolesync.history.runs import list_runs, load_run
from rolesync.model.explanation import PastAbsence
from rolesync.model.lists import Source
from rolesync.model.run_report import DriftChange, RunDecision, RunDrift, RunReport
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.explain import explain_user
from rolesync.workflows.undo import effects_to_undo, source_of
from tests.history.tools import copy_records


@pytest.fixture
def earlier(folder: Path) -> Path:
    """An account with a run in each earlier format."""
    return copy_records("earlier", folder)


def reported(folder: Path, run: str) -> RunReport:
    report, broken = report_before_break(folder, run)
    assert broken is None
    return report


def test_earlier_records_are_whole_and_every_event_is_read(earlier: Path) -> None:
    verification = verify_record(earlier)
    assert verification.ok
    assert len(list(read_events(earlier, EVENTS))) == verification.records == 25


def test_earlier_runs_are_listed(earlier: Path) -> None:
    runs = [(run.run_id, run.kind, run.status, run.source, run.operator) for run in list_runs(earlier)]
    assert runs == [
        ("r1", "apply", "complete", "list.csv", ""),
        ("r2", "apply", "incomplete", "list.csv", ""),
        ("r3", "apply", "complete", "list.csv", ""),
        ("r4", "apply", "interrupted", "list.csv", ""),
        ("r5", "apply", "incomplete", "list.csv", ""),
    ]


def test_earlier_runs_are_reported(earlier: Path) -> None:
    first = reported(earlier, "r1")
    assert (first.command, first.planned_by, first.held, first.plan_run_id) == ("", "", 0, "r1")
    assert (first.drift, first.approval, first.stopped) == (RunDrift(), None, "")
    assert [(change.user_id, change.outcome, change.after) for change in first.changes] == [
        (31, "done", ("Admin", "Student"))
    ]
    second = reported(earlier, "r2")
    assert (second.overridden, second.held, second.stopped) == (("max_removals",), 1, "503 from GET /users/search")
    assert [change.outcome for change in second.changes] == ["done"]  # seen by reading again
    fourth = reported(earlier, "r4")
    assert [(change.outcome, change.detail) for change in fourth.changes] == [("failed", "no longer in Studio")]
    fifth = reported(earlier, "r5")
    assert fifth.drift == RunDrift("r4", (DriftChange(40, "", "Admin", "add"),))
    assert [change.outcome for change in fifth.changes] == ["done", "drifted"]
    assert fifth.approval is not None
    assert (fifth.approval.reviewer, fifth.approval.operator, fifth.approval.excluded) == ("Rita Levi", "", 1)
    assert fifth.excluded == (RunDecision("remove", "Admin", 32, "", "on leave"),)
    assert fifth.released == (RunDecision("remove", "Admin", 31, "ann@example.edu", ""),)


def test_earlier_runs_count_for_the_next_one(earlier: Path) -> None:
    runs = load_earlier_runs(earlier)
    assert [run.run_id for run in runs.runs] == ["r1", "r2", "r3", "r4", "r5"]
    assert (runs.baseline.applied, runs.baseline.absent, runs.unsettled) == ({"Admin": 2}, {"Admin": {33: 1}}, ())
    assert runs.makers("1" * 64) == frozenset()


def test_earlier_runs_explain_a_user(tmp_path: Path) -> None:
    settings = load(base_url="https://school.instructuremedia.com", state_dir=tmp_path, token="t")
    copy_records("earlier", settings.account_dir)
    ann = explain_user("Ann@example.edu", Context(settings))
    assert (ann.user_ids, ann.broken) == ((31,), None)
    assert [(change.run, change.action, change.outcome, change.source) for change in ann.changes] == [
        ("r1", "add", "done", "list.csv"),
        ("r2", "remove", "done", "list.csv"),
        ("r5", "add", "done", "list.csv"),
    ]
    assert [change.approved_by for change in ann.changes] == ["", "", "Rita Levi"]
    assert [(decision.decision, decision.reason, decision.time) for decision in ann.decisions] == [
        ("released", "", "2026-09-02T08:00:00Z")
    ]
    bo = explain_user("#32", Context(settings))
    assert [(decision.decision, decision.reason) for decision in bo.decisions] == [("excluded", "on leave")]
    cy = explain_user("33", Context(settings))
    assert [(absence.run, absence.role) for absence in cy.absences] == [("r3", "Admin")]
    assert isinstance(cy.absences[0], PastAbsence)


def test_earlier_runs_are_taken_back(earlier: Path) -> None:
    run = load_run(earlier, "r1")
    (effect,) = effects_to_undo(run, ["Admin"])
    assert (effect.user_id, effect.action, effect.role, effect.run) == (31, "add", "Admin", "r1")
    assert source_of(run) == Source("undo of run r1", run.last_hash, 0, undoes="r1")


def test_what_a_record_lacks_has_a_default() -> None:
    assert read_event({"event": "plan", "run": "r", "status": "ready"}) == PlanMade(run="r", status="planned")
    assert read_event({"event": "run.start", "run": "r"}) == RunStart(run="r")
    assert read_event({"event": "run.end", "run": "r", "status": "complete", "requests": 5}) == RunEnd(
        run="r", status="complete"
    )
    source = {"path": "list.csv", "modified_at": "2026-08-31T22:00:00Z"}
    start = read_event({"event": "run.start", "run": "r", "source": source})
    assert isinstance(start, RunStart)
    assert start.source == Source("list.csv", "", 0, datetime(2026, 8, 31, 22, tzinfo=UTC))


def test_an_unknown_event_is_passed_over() -> None:
    assert read_event({"event": "record.key", "mode": "keyed"}) is None
    assert read_event({"event": "of a later version", "run": "r"}) is None


def test_of_an_intent_only_the_actions_on_some_users_are_read() -> None:
    actions = [{"user_id": user, "action": "add", "role": "Admin", "email": "", "row": 2} for user in (1, 2, 3)]
    record = {"event": "intent", "run": "r", "chunk": 1, "request": 1, "actions": actions, "before": {}}

    def users(event: RunEvent | None) -> list[int]:
        assert isinstance(event, Intent)
        return [action.user_id for action in event.actions]

    assert users(read_event(record)) == [1, 2, 3]
    assert users(read_event_about(record, {2})) == [2]
    assert users(read_event_about(record, {9})) == []
