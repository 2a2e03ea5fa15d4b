"""The dry run: read the list and Studio, compare, guard, and build the plan. Never writes to Studio."""

from collections import Counter
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from rolesync.differ.diff import diff
from rolesync.differ.drift import outside
from rolesync.differ.holds import hold
from rolesync.executor.run import note_plan
from rolesync.history.earlier_runs import Past
from rolesync.history.holders import expected_holders
from rolesync.live.media import read_impact
from rolesync.live.read import look
from rolesync.model.history import History
from rolesync.model.lists import Desired, Finding, Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.planner.impact import losing
from rolesync.reader.read import read_desired
from rolesync.studio.users import StudioReader
from rolesync.workflows.context import Job, connected, open_account_record, past_of


def read_list(path: Path, job: Job) -> Desired:
    """Read the list, with everything noticed on the way; its `status` says whether it may be used."""
    own, today = job.settings, job.now().astimezone(UTC).date()
    return read_desired(path, managed_roles=own.managed_roles, today=today, form=own.list_form)


def plan_list(desired: Desired, job: Job, *, impact: bool = False) -> Plan:
    """Make the dry run of a readable list, and leave a record of it. Never writes to Studio.

    With `impact`, it tells what everybody has in Studio who loses a role, or would if that weren't held.
    """
    with connected(job) as client, open_account_record(job) as record:
        studio = StudioReader(client)
        made, _ = plan_with(desired, studio, past_of(job), job)
        made = with_impact(made, studio, job) if impact else made
        note_plan(record, job.new_run(), "plan", made)
        return made


def compare_with_live(desired: Desired, live: Live, policy: Policy, history: History) -> Changes:
    """Find what has to change, and hold what must wait; every command that plans from a list does it here."""
    return hold(diff(desired, live, policy), policy, history, unread=desired.unread)


def plan_with(desired: Desired, studio: StudioReader, past: Past, job: Job) -> tuple[Plan, Live]:
    """Read Studio for a list and build the plan; also returns what was read."""
    policy = job.settings.policy
    live = look(studio, policy.managed_roles, desired.listed, job.progress, scan=job.settings.scan_roles)
    changes = compare_with_live(desired, live, policy, past.history)
    made = assemble(desired.source, desired.findings, changes=changes, live=live, policy=policy, past=past, job=job)
    return made, live


def assemble(  # noqa: PLR0913  # a plan has that many parts
    source: Source,
    findings: tuple[Finding, ...],
    *,
    changes: Changes,
    live: Live,
    policy: Policy,
    past: Past,
    job: Job,
) -> Plan:
    """Judge changes by the guards, and build the plan of them, with the drift since the last run."""
    made = make_plan(
        account=job.settings.studio,
        created_at=job.now(),
        source=source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, findings, guard_baseline(source, past, job)),
        findings=findings,
        requests=live.requests,
        made_by=job.settings.user,
    )
    return replace(made, drift=outside(expected_holders(past), live))


def with_impact(made: Plan, studio: StudioReader, job: Job) -> Plan:
    """Add what everybody has who loses a role, and the requests that this took."""
    impact, more = read_impact(studio, losing(made), job.progress)
    own = made.requests
    kinds = Counter(own.by_kind) + Counter(more.by_kind)
    fewest = own.fewest + more.fewest if own.fewest else 0
    return replace(made, impact=impact, requests=Requests(dict(sorted(kinds.items())), fewest, own.ways + more.ways))


def guard_baseline(source: Source, past: Past, job: Job) -> History:
    """Put together what the record tells of earlier runs and how the list, if there is one, stands to them."""
    age = round((job.now() - source.modified_at).total_seconds() / 3600, 3) if source.modified_at else None
    repeated = past.repeated(job.settings.repeat_runs)
    return replace(past.history, listed=source.listed, age_hours=age, repeated=repeated)
