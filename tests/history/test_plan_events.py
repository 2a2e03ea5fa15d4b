"""What the record keeps of a plan."""

from dataclasses import replace

from hypothesis import given

from rolesync.history.events import DriftById, DriftedChange
from rolesync.history.plan_events import drifted_changes, plan_made, run_start
from rolesync.model.frames import DRIFT, OUTCOMES, frame
from rolesync.model.plans import Drift, Plan
from tests.strategies import plans


@given(plans())
def test_a_plan_and_the_start_of_its_run_agree(plan: Plan) -> None:
    planned, start = plan_made(plan, "r1", "sync"), run_start(plan, "r1", "sync", "olga")
    assert planned.status == {"ready": "planned"}.get(plan.status, plan.status)
    assert (planned.additions + planned.removals, planned.held) == (len(plan.changes), len(plan.held))
    names = ("run", "command", "digest", "account", "planned_by", "source", "additions", "removals", "drift", "warned")
    assert [getattr(planned, name) for name in (*names, "held", "absent")] == [
        getattr(start, name) for name in (*names, "held", "absent")
    ]
    assert (start.operator, start.approval, start.excluded) == ("olga", None, ())
    assert len(start.overridden) == len(plan.blocked)
    assert plan_made(plan, "r1", "plan").absent is None  # only a sync counts absence


@given(plans())
def test_drift_is_kept_by_role_and_id(plan: Plan) -> None:
    cells = {"user_id": [5, 7, 6], "email": ["", "", ""], "role": ["Admin", "Teacher", "Admin"]}
    drift = Drift("r0", frame(DRIFT, {**cells, "action": ["add", "remove", "add"]}))
    assert plan_made(replace(plan, drift=drift), "r1", "plan").drift == DriftById(
        "r0", added={"Admin": [5, 6]}, removed={"Teacher": [7]}
    )
    assert plan_made(replace(plan, drift=Drift()), "r1", "plan").drift is None


def test_only_drifted_changes_are_listed() -> None:
    cells = {
        "user_id": [1, 2],
        "email": ["ann@example.edu", ""],
        "name": ["Ann", "Bo"],
        "action": ["add", "remove"],
        "role": ["Admin", "Admin"],
        "reason": ["listed", "not_listed"],
        "row": [2, 0],
        "before": ["[]", '["Admin"]'],
        "outcome": ["done", "drifted"],
        "after": ['["Admin"]', '["Admin", "Teacher"]'],
        "detail": ["", "not sent"],
    }
    assert drifted_changes(frame(OUTCOMES, cells)) == (
        DriftedChange(2, "remove", "Admin", "", 0, ["Admin"], ["Admin", "Teacher"], "not sent"),
    )
