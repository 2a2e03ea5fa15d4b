"""The dry run: read the list and Studio, compare, guard, and build the plan. Never writes to Studio."""

from collections import Counter
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from rolesync.differ.diff import diff
from rolesync.differ.drift import drift_since
from rolesync.differ.holds import hold_changes
from rolesync.executor.run import note_plan
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.holders import expected_holders
from rolesync.live.media import read_impact
from rolesync.live.read import read_live
from rolesync.model.desired import Desired
from rolesync.model.findings import Finding
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.planner.impact import users_to_inspect
from rolesync.reader.read import read_desired
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of, open_account_record
from rolesync.workflows.context import Context


def read_list(path: Path, context: Context) -> Desired:
    """Read the list, with everything noticed on the way; its `status` says whether it may be used."""
    own, today = context.settings, context.now().astimezone(UTC).date()
    return read_desired(path, managed_roles=own.managed_roles, today=today, form=own.list_form)


def plan_list(desired: Desired, context: Context, *, impact: bool = False) -> Plan:
    """Make the dry run of a readable list, and leave a record of it. Never writes to Studio.

    With `impact`, it tells what everybody has in Studio who loses a role, or would if that weren't held.
    """
    with connect(context) as client, open_account_record(context) as record:
        studio = StudioReader(client)
        made, _ = plan_with(desired, studio, earlier_runs_of(context), context)
        made = with_impact(made, studio, context) if impact else made
        note_plan(record, context.new_run(), "plan", made)
        return made


def compare_with_live(desired: Desired, live: Live, policy: Policy, history: GuardBaseline) -> Changes:
    """Find what has to change, and hold what must wait; every command that plans from a list does it here."""
    return hold_changes(diff(desired, live, policy), policy, history, has_unreadable_rows=desired.has_unreadable_rows)


def plan_with(desired: Desired, studio: StudioReader, past: EarlierRuns, context: Context) -> tuple[Plan, Live]:
    """Read Studio for a list and build the plan; also returns what was read."""
    policy = context.settings.policy
    live = read_live(studio, policy.managed_roles, desired.listed, context.progress, scan=context.settings.scan_roles)
    changes = compare_with_live(desired, live, policy, past.baseline)
    made = assemble(
        desired.source, desired.findings, changes=changes, live=live, policy=policy, past=past, context=context
    )
    return made, live


def assemble(  # noqa: PLR0913  # a plan has that many parts
    source: Source,
    findings: tuple[Finding, ...],
    *,
    changes: Changes,
    live: Live,
    policy: Policy,
    past: EarlierRuns,
    context: Context,
) -> Plan:
    """Judge changes by the guards, and build the plan of them, with the drift since the last run."""
    made = make_plan(
        account=context.settings.studio,
        created_at=context.now(),
        source=source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, findings, guard_baseline(source, past, context)),
        findings=findings,
        requests=live.requests,
        made_by=context.settings.user,
    )
    return replace(made, drift=drift_since(expected_holders(past), live))


def with_impact(made: Plan, studio: StudioReader, context: Context) -> Plan:
    """Add what everybody has who loses a role, and the requests that this took."""
    impact, more = read_impact(studio, users_to_inspect(made), context.progress)
    own = made.requests
    kinds = Counter(own.by_kind) + Counter(more.by_kind)
    fewest = own.theoretical_minimum + more.theoretical_minimum if own.theoretical_minimum else 0
    return replace(made, impact=impact, requests=Requests(dict(sorted(kinds.items())), fewest, own.steps + more.steps))


def guard_baseline(source: Source, past: EarlierRuns, context: Context) -> GuardBaseline:
    """Put together what the record tells of earlier runs and how the list, if there is one, stands to them."""
    age = round((context.now() - source.modified_at).total_seconds() / 3600, 3) if source.modified_at else None
    repeated = past.repeated(context.settings.repeat_runs)
    return replace(past.baseline, listed=source.listed, age_hours=age, repeated=repeated)
