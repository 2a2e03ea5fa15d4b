"""Past runs to render: a complete one, an incomplete one, and one whose plan was approved."""

from dataclasses import replace
from typing import Any

from rolesync.history.events import PlanMade
from rolesync.history.run_report import build_run_report
from rolesync.model.frames import DRIFT
from rolesync.model.run_report import DriftChange, RunChange, RunDecision, RunDrift, RunReport
from rolesync.model.runs import Proof
from rolesync.report.content.plan_rows import table_rows
from tests.history.tools import events_of
from tests.report.samples import APPROVAL, DRIFTED, RECORDS

COMPLETE = replace(build_run_report(events_of(RECORDS), PlanMade(run="p1", status="planned", held=2)), planned_by="mia")
FAILED = RunChange("add", "Admin", 8, "bo@example.edu", 4, "failed", ("Student",), ("Student",), "404: not found")
UNKNOWN = RunChange("remove", "Admin", 9, "", 0, "unknown", ("Admin",), None, "nobody has found out yet")
LEFT_ALONE = RunChange("add", "Admin", 11, "di@example.edu", 6, "drifted", (), ("Admin",), "not sent: was …, is …")


def incomplete(**parts: Any) -> RunReport:
    """A run with every outcome, drift, an override, a warning and a stop."""
    summary = replace(COMPLETE.summary, status="incomplete", counts={"additions": 4, "removals": 3})
    values: dict[str, Any] = {
        "changes": (*COMPLETE.changes, UNKNOWN, FAILED, LEFT_ALONE),
        "counts": {"done": 2, "failed": 1, "drifted": 1, "unknown": 1, "not_sent": 2},
        "proof": Proof({"Admin": 10}, ("Admin: 1 should hold it and don't: bo@example.edu (#8)",)),
        "drift": RunDrift(DRIFTED.since, tuple(map(DriftChange._make, table_rows(DRIFTED.changes, DRIFT)))),
        "overridden": ("max_removals",),
        "warned": ("repeat_runs",),
        "stopped": "503 from PUT /users/roles",
        **parts,
    }
    return replace(COMPLETE, summary=summary, **values)


def approved() -> RunReport:
    """The incomplete run, of a plan from which the reviewer excluded a change and released another."""
    excluded = RunDecision("remove", "Admin", 77, "kim@example.edu", "on leave")
    return incomplete(
        approval=APPROVAL, excluded=(excluded,), released=(replace(excluded, user_id=7, email="", reason="has left"),)
    )
