"""The report of a run: what was sent, and how it ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import RecordBrokenError, UsageError
from rolesync.history.events import PlanMade
from rolesync.history.run_report import build_run_report, report_before_break
from rolesync.model.plans import Approval, Released
from rolesync.model.run_report import DriftChange, RunChange, RunDecision, RunReport
from rolesync.model.runs import Proof
from tests.audit.tools import opened
from tests.history.tools import events_of
from tests.report.samples import DIGEST, RECORDS

INTENT: dict[str, Any] = RECORDS[1]


def records(*more: dict[str, Any], upto: int = 2) -> list[dict[str, Any]]:
    """The first records of a run, and others after them."""
    return [*RECORDS[:upto], *({"run": "r1", "time": RECORDS[0]["time"], **record} for record in more)]


def outcome(status: object, after: dict[str, object], request: int = 1, error: str = "") -> dict[str, Any]:
    return {"event": "outcome", "request": request, "status": status, "after": after, "error": error}


def report(records: Sequence[dict[str, Any]], plan: PlanMade | None = None) -> RunReport:
    return build_run_report(events_of(records), plan)


def outcomes(run: RunReport) -> dict[int, tuple[str, str]]:
    return {change.user_id: (change.outcome, change.detail) for change in run.changes}


def test_a_run_that_ended_well() -> None:
    run = report(RECORDS, PlanMade(run="p1", status="planned", held=3))
    assert (run.summary.run_id, run.summary.kind, run.summary.status) == (
        "r1",
        "apply",
        "complete",
    )
    assert run.complete
    assert run.changes == (
        RunChange("add", "Admin", 31, "zoe@example.edu", 9, "done", ("Student",), ("Admin", "Student"), ""),
        RunChange("remove", "Admin", 7, "grace@example.edu", 0, "done", ("Admin",), (), ""),
    )
    assert (run.held, run.plan_run_id, run.undoes, run.stopped) == (3, "p1", "", "")
    assert run.proof == Proof({"Admin": 10}, ())
    assert (run.counts["done"], run.requests) == (2, {"put_roles": 1})


def test_a_run_without_an_end_counts_what_it_sent() -> None:
    run = report(records())
    assert (run.summary.status, run.complete, run.held, run.proof) == (
        "open",
        False,
        None,
        None,
    )
    assert run.counts == {"done": 0, "failed": 0, "drifted": 0, "unknown": 2, "not_sent": 0}
    assert outcomes(run)[31] == ("unknown", "unknown so far; the next run asks Studio")
    assert run.changes[0].after is None


def test_a_result_that_a_later_run_found_out_counts() -> None:
    run = report(records({"event": "recovered", "request": 1, "after": {"31": None, "7": []}, "by": "r2"}))
    assert outcomes(run) == {31: ("failed", "no longer in Studio"), 7: ("done", "")}


def test_a_change_sent_again_is_reported_once_with_its_last_outcome_and_error() -> None:
    again = [{**INTENT, "request": number, "actions": INTENT["actions"][:1]} for number in (2, 3)]
    run = report(
        records(
            outcome(404, {"31": ["Student"], "7": []}, error="404: not run"),
            again[0],
            outcome(429, {}, 2),
            again[1],
            outcome(422, {"31": ["Student"]}, 3, "422: no such role"),
        )
    )
    assert outcomes(run) == {31: ("failed", "422: no such role"), 7: ("done", "")}


def test_a_role_that_stayed_without_an_error_is_a_failure() -> None:
    run = report(records(outcome(200, {"31": ["Student"], "7": ["Admin"]})))
    assert set(outcomes(run).values()) == {("failed", "the request did not change the role")}


def test_users_who_had_drifted_stay_reported_after_a_second_end() -> None:
    drifted = {
        "user_id": 9,
        "action": "add",
        "role": "Admin",
        "email": "a@x.edu",
        "row": 4,
        "detail": "drifted",
    }
    ends: list[dict[str, Any]] = [
        {"event": "run.end", "status": "incomplete", "drifted": [{**drifted, "before": [], "after": ["Admin"]}]},
        {"event": "run.end", "status": "incomplete", "counts": {"done": 1, "drifted": 1}},
    ]
    run = report(records(*ends))
    assert run.changes[-1] == RunChange("add", "Admin", 9, "a@x.edu", 4, "drifted", (), ("Admin",), "drifted")
    assert run.counts == {"done": 1, "drifted": 1}


def test_drift_before_a_run_is_listed_by_role_and_id() -> None:
    start = {**RECORDS[0], "drift": {"since": "r0", "added": {"Admin": [5, 6]}, "removed": {"Teacher": [7]}}}
    run = report([start])
    assert run.drift.since == "r0"
    assert run.drift.changes == (
        DriftChange(5, "", "Admin", "add"),
        DriftChange(6, "", "Admin", "add"),
        DriftChange(7, "", "Teacher", "remove"),
    )
    assert report([{**start, "drift": {"since": "r0"}}]).drift.changes == ()


def test_a_dry_run_and_an_old_record_with_a_path_as_source() -> None:
    plan = {"event": "plan", "run": "p1", "time": "2026-11-02T02:00:00+00:00", "status": "blocked", "source": "a.csv"}
    run = report([plan])
    assert (run.summary.kind, run.summary.status, run.summary.source) == (
        "plan",
        "blocked",
        "a.csv",
    )
    assert (run.changes, run.command, run.undoes, run.drift.since) == ((), "", "", "")


def fill(folder: Path) -> None:
    with opened(folder) as record:
        for number, digest in enumerate(("other", DIGEST, "other")):
            record.append("plan", run=f"p{number}", status="planned", digest=digest, held=number)
        for sample in RECORDS:
            fields = {name: value for name, value in sample.items() if name not in {"seq", "time", "event"}}
            record.append(str(sample["event"]), **fields)


def test_the_plan_of_a_run_is_looked_for_by_its_digest(tmp_path: Path) -> None:
    fill(tmp_path)
    run, broken = report_before_break(tmp_path, "r")
    assert (run.plan_run_id, run.held, broken) == ("p1", 1, None)
    with pytest.raises(UsageError, match="No run begins with 'x'"):
        report_before_break(tmp_path, "x")


def test_a_broken_record_is_reported_up_to_the_break(tmp_path: Path) -> None:
    fill(tmp_path)
    path = tmp_path / "audit.jsonl"
    path.write_text(path.read_text("ascii").replace('"status":200', '"status":201'), encoding="ascii")
    run, broken = report_before_break(tmp_path, "r1")
    assert isinstance(broken, RecordBrokenError)
    assert (run.summary.status, run.counts["unknown"], run.held) == ("open", 2, 1)


def test_an_approval_lists_excluded_changes_and_released_removals() -> None:
    approval = {
        "reviewer": "Rita Levi",
        "operator": None,
        "approved_at": "2026-11-02T01:00:00+00:00",
        "seen": "remove 1, add 1",
        "made_from": "77aa",
        "excluded": 1,
        "released": [{"user_id": 7, "role": "Admin", "reason": None}],
        "excluded_changes": [{"user_id": 8, "role": "Admin", "action": "remove", "reason": "on leave"}],
    }
    run = report([{**RECORDS[0], "made_by": "mia", "approval": approval}, *RECORDS[1:]])
    assert run.planned_by == "mia"
    assert run.approval == Approval(
        "Rita Levi", "", datetime(2026, 11, 2, 1, tzinfo=UTC), "remove 1, add 1", "77aa", 1, (Released(7, "Admin"),)
    )
    assert run.excluded == (RunDecision("remove", "Admin", 8, "", "on leave"),)
    assert run.released == (RunDecision("remove", "Admin", 7, "grace@example.edu", ""),)
    assert report(RECORDS).approval is None
