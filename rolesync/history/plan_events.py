"""What the record keeps of a plan: the events `PlanMade` and `RunStart`, and the changes that a run could not send."""

from typing import TYPE_CHECKING, Any

from rolesync.differ.removal_holds import absent_holders
from rolesync.history.events import DriftById, DriftedChange, PlanMade, RunStart
from rolesync.model.keys import parse_roles
from rolesync.model.plans import Drift, Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.run_report import RunDecision
from rolesync.model.vocabulary import Action, OutcomeStatus, VerdictStatus

if TYPE_CHECKING:
    import pandas as pd


def plan_made(plan: Plan, run: str, command: str) -> PlanMade:
    """Describe a plan as it was made; only a sync counts absence from its plan."""
    return PlanMade(
        **_plan_fields(plan, run, command),
        status="planned" if plan.status == "ready" else plan.status,
        requests=dict(plan.requests.by_kind),
        absent=absent_holders(plan) if command == "sync" else None,
    )


def run_start(plan: Plan, run: str, command: str, operator: str) -> RunStart:
    """Describe a plan as its run begins.

    Args:
        plan: the plan, checked; the guards that still block it were overridden.
        run: the id of the run.
        command: `apply` or `sync`.
        operator: the user who runs it; "" where unknown.
    """
    return RunStart(
        **_plan_fields(plan, run, command),
        operator=operator,
        overridden=[verdict.rule for verdict in plan.blocked],
        absent=absent_holders(plan),
        approval=plan.approval,
        excluded=_excluded(plan) if plan.approval else (),
    )


def _plan_fields(plan: Plan, run: str, command: str) -> dict[str, Any]:
    return {
        "run": run,
        "command": command,
        "digest": plan.digest,
        "account": plan.account,
        "planned_by": plan.planned_by,
        "source": plan.source,
        "additions": sum(count.additions for count in plan.roles),
        "removals": sum(count.removals for count in plan.roles),
        "drift": _drift_by_id(plan.drift),
        "warned": sorted({verdict.rule for verdict in plan.verdicts if verdict.status is VerdictStatus.WARN}),
        "held": len(plan.held),
    }


def _drift_by_id(drift: Drift) -> DriftById | None:
    if not drift.since:
        return None
    by_role: dict[str, dict[str, list[int]]] = {Action.ADD: {}, Action.REMOVE: {}}
    columns = (drift.changes[name].tolist() for name in ("user_id", "role", "action"))
    for user_id, role, action in zip(*columns, strict=True):
        by_role[action].setdefault(role, []).append(user_id)
    return DriftById(drift.since, added=by_role[Action.ADD], removed=by_role[Action.REMOVE])


def _excluded(plan: Plan) -> tuple[RunDecision, ...]:
    """List the changes that the reviewer took out of the plan."""
    rows = plan.held[plan.held["reason"] == HeldReason.EXCLUDED.value]
    columns = (rows[name].tolist() for name in ("action", "role", "user_id", "email", "detail"))
    return tuple(RunDecision(*cells) for cells in zip(*columns, strict=True))


def drifted_changes(outcomes: "pd.DataFrame") -> tuple[DriftedChange, ...]:
    """List the changes (OUTCOMES) that were not sent because of drift; the requests hold the others."""
    rows = outcomes[outcomes["outcome"] == OutcomeStatus.DRIFTED.value]
    before, after = ([parse_roles(roles) for roles in rows[name].tolist()] for name in ("before", "after"))
    cells = {**{name: rows[name].tolist() for name in DriftedChange._fields}, "before": before, "after": after}
    return tuple(DriftedChange(*change) for change in zip(*cells.values(), strict=True))
