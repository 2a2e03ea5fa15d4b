"""Plan to undo a run: what it did, from its records alone, and the plan that takes that back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rolesync.differ.holds import hold_changes
from rolesync.differ.undo import invert_effects
from rolesync.errors import UnsettledRunError, UsageError
from rolesync.executor.run import note_plan
from rolesync.history.effects import all_role_changes, effects, open_requests
from rolesync.history.runs import run_records
from rolesync.live.read import read_live
from rolesync.model.history import Effect
from rolesync.model.lists import Source
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Mode
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of, open_account_record
from rolesync.workflows.context import Context
from rolesync.workflows.lookup import by_id
from rolesync.workflows.plan import assemble, with_impact


def effects_to_undo(records: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> list[Effect]:
    """Tell what a run did, what Studio did besides included, if all of it is known and may be touched.

    Args:
        records: all of the run.
        roles: the managed ones.

    Raises:
        UnsettledRunError: nobody knows yet what some of its requests did.
        UsageError: it changed roles that are not managed now.
    """
    run = records[0]["run"]
    if open_requests(records):
        raise UnsettledRunError(
            f"run {run}: nobody knows yet what some of its requests did, so they can't be taken back",
            hint="run sync or apply first: it asks Studio what became of them",
        )
    unmanaged = sorted({one.role for one in effects(records)} - set(roles))
    if unmanaged:
        raise UsageError(
            f"run {run} changed {', '.join(unmanaged)}, which the settings don't manage",
            hint="set managed_roles as it was for that run",
        )
    return all_role_changes(records)


def source_of(records: Sequence[Mapping[str, Any]]) -> Source:
    """Name a run as what a plan is made from, bound to its records as they stand."""
    run = records[0]["run"]
    return Source(f"undo of run {run}", records[-1]["hash"], 0, undoes=run)


def undo_policy(policy: Policy) -> Policy:
    """Make the policy for taking a run back: no list has an age, and where nobody is ever removed, nobody is now."""
    held = policy.hold_removals or policy.mode is Mode.ADDITIVE
    return replace(policy, hold_removals=held, grace_runs=0, max_age_hours=None)


def plan_undo(run: str, context: Context, *, impact: bool = False) -> Plan:
    """Make a plan that takes back what a run really did, held against Studio as it is. Never writes to Studio.

    Args:
        run: its id, or the beginning of it.
        context: its settings say which account, and which roles are managed.
        impact: as for `plan_list`.

    Raises:
        UsageError: there is no such run, or it changed roles that are not managed now.
        UnsettledRunError: nobody knows yet what some of its requests did.
        RecordBrokenError: the record is not the one that was written.
    """
    own, policy = context.settings, undo_policy(context.settings.policy)
    records = run_records(own.account_dir, run, key=own.audit_key.get_secret_value())
    done = effects_to_undo(records, policy.managed_roles)
    with connect(context) as client, open_account_record(context) as record:
        past, studio = earlier_runs_of(context), StudioReader(client)
        people = by_id([one.user_id for one in done], policy)
        live = read_live(studio, policy.managed_roles, people, context.progress, scan=context.settings.scan_roles)
        changes = hold_changes(invert_effects(done, live, policy.managed_roles), policy, past.baseline)
        made = assemble(source_of(records), (), changes=changes, live=live, policy=policy, past=past, context=context)
        made = with_impact(made, studio, context) if impact else made
        note_plan(record, context.new_run(), "undo", made)
        return made
