"""Apply a saved plan, if its checks still pass."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import structlog

from rolesync.executor.preconditions import (
    check_approval,
    check_guards,
    check_maker,
    check_not_narrowed,
    check_origin,
)
from rolesync.executor.recheck import CurrentLimits, Rechecked, recheck_plan, was_applied
from rolesync.executor.run import carry_out
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.holders_snapshot import expected_holders
from rolesync.model.desired import ListRows
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.lock import lock_account
from rolesync.workflows.plan import guard_baseline
from rolesync.workflows.read_list import sha256_now
from rolesync.workflows.read_studio import read_studio


def apply_plan(
    plan: Plan, context: Context, override: str = "", folder: Path | None = None, *, command: str = "apply"
) -> Run:
    """Apply a saved plan. A user who has changed since the plan was made keeps their roles (drift).

    Changes that earlier runs of the same plan made, before or after its approval, count as done; the others are sent.

    Args:
        plan: the saved plan.
        context: the settings say for which account, and whether the plan needs an approval.
        override: the digest of the plan, to pass its guards once; "" for none.
        folder: the folder of the plan's file, where its list may be too.
        command: `apply`, or `sync` for the second half of a sync.

    Raises:
        PlanRefusedError: nothing was written. The plan is for another account or other roles, its list has changed, its
            approval is missing, or a guard blocks it. Or it was applied before, without changes that a reviewer
            excluded.
        LockHeldError: another run holds the lock; nothing was written.
        StudioError: Studio can't be read.
        RecordError: the record can't be read or written.
    """
    settings = context.settings
    _check_origin(plan, context, folder, is_just_read=command == "sync")
    check_approval(plan, required=settings.require_approval, four_eyes=settings.four_eyes)
    check_guards(plan, override)
    with lock_account(context, command) as account:
        _check_maker(plan, context, account.earlier_runs)
        rechecked = _recheck(plan, account.run_context.studio, account.earlier_runs, context, override)
        run = carry_out(
            rechecked.plan, rechecked.remaining, rechecked.before, account.run_context, account.earlier_runs
        )
        if len(rechecked.remaining.to_send):
            return run
        earlier = account.earlier_runs.of_plan(plan)
        by_run = (each.run_id for each in reversed(earlier) if each.complete and each.sent)
        return replace(run, already_applied=next(by_run, ""))


def check_before_question(plan: Plan, context: Context, override: str, folder: Path | None) -> bool:
    """Make the checks of `apply_plan` that need neither Studio nor the lock, before the operator is asked.

    Args:
        plan: as for `apply_plan`.
        context: as for `apply_plan`.
        override: as for `apply_plan`.
        folder: as for `apply_plan`.

    Returns:
        Whether there may be something to send: False if the record shows that the whole plan was applied.

    Raises:
        PlanRefusedError: `apply_plan` would refuse the plan too.
        RecordError: the record can't be read.
    """
    settings = context.settings
    check_origin(plan, settings.studio, settings.managed_roles, folder)
    check_approval(plan, required=settings.require_approval, four_eyes=settings.four_eyes)
    check_guards(plan, override)
    earlier_runs = earlier_runs_of(context)
    _check_maker(plan, context, earlier_runs)
    check_not_narrowed(plan, earlier_runs.of_plan(plan))
    return not was_applied(plan, earlier_runs)


def recheck_saved_plan(plan: Plan, context: Context, override: str = "", folder: Path | None = None) -> Rechecked:
    """Compare a saved plan with Studio, with every check of `apply_plan` but that of the approval. Writes nothing.

    The approval isn't checked, because a reviewer may want to rehearse the plan before approving it.

    Args:
        plan: the saved plan.
        context: as for `apply_plan`.
        override: as for `apply_plan`.
        folder: as for `apply_plan`.

    Raises:
        PlanRefusedError: `apply_plan` would refuse the plan too.
        StudioError: Studio can't be read.
    """
    _check_origin(plan, context, folder)
    check_guards(plan, override)
    with connect(context) as client:
        return _recheck(plan, StudioReader(client), earlier_runs_of(context), context, override)


def _check_origin(plan: Plan, context: Context, folder: Path | None, *, is_just_read: bool = False) -> None:
    """Check where a plan comes from; a list that was just fetched for it isn't fetched again."""
    settings = context.settings
    is_fresh = is_just_read and plan.source.fetched is not None
    fetched_sha256 = plan.source.sha256 if is_fresh else sha256_now(plan.source, context)
    if warning := check_origin(plan, settings.studio, settings.managed_roles, folder, fetched_sha256):
        structlog.get_logger("rolesync.apply").warning(warning)


def _check_maker(plan: Plan, context: Context, earlier_runs: EarlierRuns) -> None:
    if context.settings.four_eyes and plan.approval:
        check_maker(plan, earlier_runs.makers(plan.approval.reviewed_digest))


def _recheck(plan: Plan, studio: StudioReader, earlier_runs: EarlierRuns, context: Context, override: str) -> Rechecked:
    settings = context.settings
    check_not_narrowed(plan, earlier_runs.of_plan(plan))
    before = read_studio(studio, _planned_users(plan), context, earlier_runs, plan.policy.managed_roles)
    baseline = guard_baseline(plan.source, earlier_runs, expected_holders(earlier_runs), context)
    day = context.now().astimezone(UTC).date()
    limits = CurrentLimits(settings.owner, settings.protected_users, baseline, day)
    return recheck_plan(plan, before, earlier_runs, limits, override)


def _planned_users(plan: Plan) -> ListRows:
    """List the users of a plan by their ids."""
    return ListRows.of_users(plan.changes["user_id"].tolist(), plan.policy.managed_roles[0])
