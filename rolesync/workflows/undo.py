"""Plan to undo a run: its effects, taken from its records alone, and the plan that reverses them."""

from collections.abc import Sequence
from dataclasses import replace

from rolesync.differ.removal_holds import hold_changes
from rolesync.differ.undo import invert_effects
from rolesync.errors import UnsettledRunError, UsageError
from rolesync.history.events import PlanMade, RunStart
from rolesync.history.holders_snapshot import expected_holders
from rolesync.history.read import RecordedRun
from rolesync.history.request_journal import log_plan
from rolesync.history.run_effects import all_role_changes, effects, open_requests
from rolesync.history.runs import load_run
from rolesync.model.desired import ListRows
from rolesync.model.history import Effect
from rolesync.model.lists import Source
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Action, Mode
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of, open_account_record
from rolesync.workflows.context import Context
from rolesync.workflows.plan import judge_and_build, with_impact
from rolesync.workflows.read_studio import read_studio

_WRITING = {"apply", "sync"}


def effects_to_undo(run: RecordedRun, roles: Sequence[str]) -> list[Effect]:
    """List the effects of a run, with the role changes that Studio made on its own because of them.

    Args:
        run: the run, with all of its events.
        roles: the managed roles.

    Raises:
        UnsettledRunError: the effect of some of its requests is still unknown.
        UsageError: the run changed roles that are not managed now.
    """
    if open_requests(run.events):
        raise UnsettledRunError(
            f"run {run.run_id} can't be undone yet: the effect of some of its requests is unknown",
            hint="run `rolesync sync` or `rolesync apply` first: it asks Studio about these requests",
        )
    # An undo may have given back roles that are not managed. To undo it leaves them.
    is_undo = any(isinstance(event, RunStart) and event.source.undoes for event in run.events)
    changed_roles = {effect.role for effect in effects(run.events) if not (is_undo and effect.action is Action.ADD)}
    if unmanaged := sorted(changed_roles.difference(roles)):
        raise UsageError(
            f"run {run.run_id} changed roles that are not managed: {', '.join(unmanaged)}",
            hint="set managed_roles as it was for that run",
        )
    return all_role_changes(run.events)


def _refuse_dry_run(run: RecordedRun) -> None:
    """Refuse to undo a dry run.

    Raises:
        UsageError: the run only planned.
    """
    planned = [event.command for event in run.events if isinstance(event, PlanMade)]
    if planned and planned[0] not in _WRITING and not any(isinstance(event, RunStart) for event in run.events):
        raise UsageError(
            f"run {run.run_id} was a dry run (`{planned[0]}`): it changed nothing, so there is nothing to undo",
            hint="`rolesync runs` lists the runs; undo one that applied a plan",
        )


def source_of(run: RecordedRun) -> Source:
    """Make a run the source of a plan, bound to the hash of the run's last record."""
    return Source(f"undo of run {run.run_id}", run.last_hash, 0, undoes=run.run_id)


def undo_policy(policy: Policy) -> Policy:
    """Make the policy of an undo: no maximum age and no grace period. It holds removals if the mode is additive."""
    held = policy.hold_removals or policy.mode is Mode.ADDITIVE
    return replace(policy, hold_removals=held, grace_runs=0, max_age_hours=None)


def plan_undo(run_id: str, context: Context, *, impact: bool = False) -> Plan:
    """Plan to reverse a run, as far as Studio still shows its effects. Never writes to Studio.

    Args:
        run_id: the run's id, or the beginning of it.
        context: its settings name the account and the managed roles.
        impact: as for `plan_list`.

    Raises:
        UsageError: there is no such run, it was a dry run, or it changed roles that are not managed now.
        UnsettledRunError: the effect of some of its requests is still unknown.
        RecordBrokenError: the record was changed after it was written.
        StudioError: Studio can't be read.
    """
    settings, policy = context.settings, undo_policy(context.settings.policy)
    run = load_run(settings.account_dir, run_id, key=settings.audit_key.get_secret_value())
    _refuse_dry_run(run)
    undone = effects_to_undo(run, policy.managed_roles)
    # Removed roles are given back, even unmanaged ones. Unmanaged roles that Studio added on its own stay.
    lost_roles = {effect.role for effect in undone if effect.action is Action.REMOVE} - set(policy.managed_roles)
    policy = replace(policy, managed_roles=(*policy.managed_roles, *sorted(lost_roles)))
    undone = [effect for effect in undone if effect.role not in lost_roles or effect.action is Action.REMOVE]
    with connect(context) as client, open_account_record(context) as record:
        earlier_runs, studio = earlier_runs_of(context), StudioReader(client)
        users = ListRows.of_users((effect.user_id for effect in undone), policy.managed_roles[0])
        live = read_studio(studio, users, context, earlier_runs, policy.managed_roles)
        changes = hold_changes(invert_effects(undone, live, policy.managed_roles), policy, earlier_runs.baseline)
        plan = judge_and_build(
            source_of(run),
            (),
            changes=changes,
            live=live,
            policy=policy,
            earlier_runs=earlier_runs,
            expected=expected_holders(earlier_runs),
            context=context,
        )
        plan = with_impact(plan, studio, context) if impact else plan
        log_plan(record, context.new_run(), "undo", plan)
        return plan
