"""The nightly sync: plan, guard, apply and prove in one unattended run."""

from dataclasses import dataclass
from datetime import UTC

from rolesync.errors import PlanRefusedError
from rolesync.executor.preconditions import check_guards, check_unattended
from rolesync.executor.recheck import recheck, without_outdated
from rolesync.executor.run import carry_out
from rolesync.history.holders_snapshot import save_holders
from rolesync.history.request_journal import log_plan
from rolesync.model.desired import Desired
from rolesync.model.live import Live
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.workflows.context import Context
from rolesync.workflows.lock import LockedAccount, lock_account
from rolesync.workflows.plan import read_and_plan


@dataclass(frozen=True, eq=False)
class SyncResult:
    """The result of a sync.

    `run` is None if no run began: the plan was refused for the reason in `refusal`, or it has no changes.
    """

    plan: Plan
    run: Run | None = None
    refusal: PlanRefusedError | None = None


def sync_list(desired: Desired, context: Context, override: str = "") -> SyncResult:
    """Plan and apply in one run, under one lock. A refused plan is a result, not an error.

    Args:
        desired: the list, not rejected.
        context: its settings name the account.
        override: the digest of the plan, to pass its guards once; "" for none.

    Raises:
        LockHeldError: another run holds the lock; nothing was read or written.
        StudioError: Studio can't be read.
        RecordError: the record can't be read or written; once the run has begun, the message counts the changes done.
        RecordBrokenError: the record was changed after it was written.
    """
    with lock_account(context, "sync") as account:
        run_context = account.run_context
        plan, before = _read_and_plan(desired, account, context)
        try:
            check_guards(plan, override)
            check_unattended(plan, required=context.settings.require_approval or context.settings.four_eyes)
        except PlanRefusedError as refusal:
            return SyncResult(plan, refusal=refusal)
        if plan.status == "empty":
            return SyncResult(plan)
        # Studio was just read for this plan, so no change is done or drifted yet. But since the list was read, the day
        # may have changed.
        today = context.now().astimezone(UTC).date()
        remaining = recheck(plan.changes, before, {})
        remaining = without_outdated(remaining, plan.periods, today, clocks_agree=before.clocks_agree)
        return SyncResult(plan, carry_out(plan, remaining, before, run_context, account.earlier_runs))


def plan_locked(desired: Desired, context: Context) -> Plan:
    """Plan the first half of a sync whose changes are applied later, as a fleet does. Never writes to Studio.

    What earlier runs left unknown is resolved before. With nothing to change, the sync is complete.

    Raises:
        LockHeldError, StudioError, RecordError, RecordBrokenError: as `sync_list`.
    """
    with lock_account(context, "sync") as account:
        return _read_and_plan(desired, account, context)[0]


def _read_and_plan(desired: Desired, account: LockedAccount, context: Context) -> tuple[Plan, Live]:
    """Read Studio, plan and record the plan; if it is empty, save the holders too."""
    run_context = account.run_context
    plan, before = read_and_plan(desired, run_context.studio, account.earlier_runs, context)
    log_plan(run_context.record, run_context.run, run_context.command, plan)
    if plan.status == "empty":
        save_holders(run_context.record, run_context.run, before, plan, account.earlier_runs)
    return plan, before
