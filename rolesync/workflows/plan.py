"""The dry run: read the list and Studio, compare, guard, and build the plan. Never writes to Studio."""

from collections import Counter
from dataclasses import replace

from rolesync.differ.dates import days_of_changes, hold_dated_changes
from rolesync.differ.diff import diff
from rolesync.differ.identity_holds import hold_uncertain_identities
from rolesync.differ.removal_holds import hold_changes
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.holders_snapshot import drift_by_others, expected_holders
from rolesync.history.request_journal import log_plan
from rolesync.live.media import read_impact
from rolesync.model.desired import Desired
from rolesync.model.findings import Finding
from rolesync.model.history import ExpectedHolders, GuardBaseline
from rolesync.model.lists import Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.planner.list_guards import with_age_limit
from rolesync.planner.reviewer_facts import users_to_inspect
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of, open_account_record
from rolesync.workflows.context import Context
from rolesync.workflows.read_studio import read_studio


def plan_list(desired: Desired, context: Context, *, impact: bool = False) -> Plan:
    """Plan from a list, and record the plan. Never writes to Studio.

    Args:
        desired: the list, not rejected.
        context: the settings say for which account.
        impact: whether to count the media of users who lose a role, or would lose it if the removal weren't held.

    Raises:
        StudioError: Studio can't be read.
        RecordError: the record can't be read or written.
    """
    with connect(context) as client, open_account_record(context) as record:
        studio = StudioReader(client)
        plan, _ = read_and_plan(desired, studio, earlier_runs_of(context), context)
        plan = with_impact(plan, studio, context) if impact else plan
        log_plan(record, context.new_run(), "plan", plan)
        return plan


def compare_with_live(
    desired: Desired, live: Live, policy: Policy, baseline: GuardBaseline, expected: ExpectedHolders | None
) -> Changes:
    """Compare the list with Studio, and hold the changes that must wait; used for every plan from a list."""
    changes = diff(desired, live, policy)
    changes = hold_dated_changes(replace(changes, periods=days_of_changes(changes.changes, desired)), live)
    changes = hold_uncertain_identities(changes, desired.listed, expected)
    return hold_changes(changes, policy, baseline, holds_removals=desired.holds_removals)


def read_and_plan(
    desired: Desired, studio: StudioReader, earlier_runs: EarlierRuns, context: Context
) -> tuple[Plan, Live]:
    """Read Studio for a list and build the plan; returns the plan and the users that were read."""
    policy = with_age_limit(context.settings.policy, desired.source)
    live = read_studio(studio, desired.listed, context, earlier_runs)
    expected = expected_holders(earlier_runs)
    changes = compare_with_live(desired, live, policy, earlier_runs.baseline, expected)
    plan = judge_and_build(
        desired.source,
        desired.findings,
        changes=changes,
        live=live,
        policy=policy,
        earlier_runs=earlier_runs,
        expected=expected,
        context=context,
    )
    return plan, live


def judge_and_build(  # noqa: PLR0913  # a plan has this many parts
    source: Source,
    findings: tuple[Finding, ...],
    *,
    changes: Changes,
    live: Live,
    policy: Policy,
    earlier_runs: EarlierRuns,
    expected: ExpectedHolders | None,
    context: Context,
) -> Plan:
    """Judge changes by the guards, and build their plan, with the drift since the last run."""
    plan = make_plan(
        account=context.settings.studio,
        created_at=context.now(),
        source=source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, findings, guard_baseline(source, earlier_runs, expected, context)),
        findings=findings,
        requests=live.requests,
        live=live,
        planned_by=context.settings.user,
    )
    return replace(plan, drift=drift_by_others(expected, earlier_runs, live))


def with_impact(plan: Plan, studio: StudioReader, context: Context) -> Plan:
    """Add the media of users who lose a role, and the requests that it took to count them."""
    impact, media_requests = read_impact(studio, users_to_inspect(plan), context.progress)
    requests = plan.requests
    by_kind = Counter(requests.by_kind) + Counter(media_requests.by_kind)
    minimum = requests.theoretical_minimum
    minimum += media_requests.theoretical_minimum if minimum else 0
    total = Requests(dict(sorted(by_kind.items())), minimum, requests.steps + media_requests.steps)
    return replace(plan, impact=impact, requests=total)


def guard_baseline(
    source: Source, earlier_runs: EarlierRuns, expected: ExpectedHolders | None, context: Context
) -> GuardBaseline:
    """Combine the earlier runs in the record, and the holders expected since, with the length and age of the list."""
    age = round((context.now() - source.modified_at).total_seconds() / 3600, 3) if source.modified_at else None
    repeated = earlier_runs.repeated(context.settings.repeat_runs)
    return replace(
        earlier_runs.baseline,
        listed=source.listed,
        age_hours=age,
        is_fetched=source.fetched is not None,
        repeated=repeated,
        expected=expected,
        lost_snapshot=bool(earlier_runs.holders) and expected is None,
    )
