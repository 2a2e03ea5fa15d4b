"""The nightly job: plan, guard, apply and prove in one unattended go."""

from dataclasses import dataclass

from rolesync.errors import PlanRefusedError
from rolesync.executor.preconditions import check_permission, check_unattended
from rolesync.executor.recheck import recheck
from rolesync.executor.run import carry_out, note_plan
from rolesync.history.holders import keep_holders
from rolesync.model.desired import Desired
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.workflows.connect import lock_account
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_with


@dataclass(frozen=True, eq=False)
class SyncResult:
    """What a sync came to. `run` is None where nothing was sent, `refusal` says why if something should have been."""

    plan: Plan
    run: Run | None = None
    refusal: PlanRefusedError | None = None


def sync_list(desired: Desired, context: Context, override: str = "") -> SyncResult:
    """Plan and apply in one go.

    Raises:
        LockHeldError: another run is going on; nothing was read or written.
    """
    with lock_account(context, "sync") as turn:
        session = turn.run_context
        made, before = plan_with(desired, session.studio, turn.earlier_runs, context)
        note_plan(session.record, session.run, session.command, made)
        try:
            check_permission(made, override)
            check_unattended(made, required=context.settings.require_approval or context.settings.four_eyes)
        except PlanRefusedError as refusal:
            return SyncResult(made, refusal=refusal)
        if made.status == "empty":
            keep_holders(session.folder, session.record, session.run, before)
            return SyncResult(made)
        return SyncResult(made, carry_out(made, recheck(made.changes, before, {}), before, session))
