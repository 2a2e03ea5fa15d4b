"""The story on one screen: read → look → diff → guard → plan → apply → verify.

Every command of rolesync is one of these functions; each takes what it needs and returns what it found. Only
`apply_plan` and `sync_list` make a client that can write.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from rolesync.differ.diff import diff
from rolesync.differ.drift import outside, stand
from rolesync.differ.holds import hold
from rolesync.differ.undo import invert
from rolesync.errors import PlanRefusedError
from rolesync.executor.preconditions import (
    check_approval,
    check_maker,
    check_origin,
    check_permission,
    check_reviewer,
    check_unattended,
)
from rolesync.executor.recheck import Ready, Today, hold_against
from rolesync.executor.run import carry_out, note_plan
from rolesync.history.earlier_runs import Past
from rolesync.history.holders import expected_holders, keep_holders
from rolesync.history.runs import run_records
from rolesync.live.impact import losing
from rolesync.live.media import read_impact
from rolesync.live.read import look
from rolesync.model.frames import DESIRED, frame
from rolesync.model.history import History
from rolesync.model.lists import Desired, Finding, Listed, Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.model.runs import Run
from rolesync.planner.approval import Decisions, approve, decide
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.reader.read import read_desired
from rolesync.studio.users import StudioReader
from rolesync.workflows.context import Job, connected, open_account_record, past_of, turn_of
from rolesync.workflows.undo import source_of, undoable, undoing

STAFF = "Teacher"  # the role of Studio that most people have who are to manage something


def read_list(path: Path, job: Job) -> Desired:
    """Read the list, with everything noticed on the way; its `status` says whether it may be used."""
    own, today = job.settings, job.now().astimezone(UTC).date()
    return read_desired(path, managed_roles=own.managed_roles, today=today, form=own.list_form)


@dataclass(frozen=True, eq=False)
class Synced:
    """What a sync came to. `run` is None where nothing was sent, `refusal` says why if something should have been."""

    plan: Plan
    run: Run | None = None
    refusal: PlanRefusedError | None = None


def plan_list(desired: Desired, job: Job, *, impact: bool = False) -> Plan:
    """Make the dry run of a readable list, and leave a record of it. Never writes to Studio.

    With `impact`, it tells what everybody has in Studio who loses a role, or would if that weren't held.
    """
    with connected(job) as client, open_account_record(job) as record:
        studio = StudioReader(client)
        made, _ = _plan(desired, studio, past_of(job), job)
        made = _with_impact(made, studio, job) if impact else made
        note_plan(record, job.new_run(), "plan", made)
        return made


def plan_undo(run: str, job: Job, *, impact: bool = False) -> Plan:
    """Make a plan that takes back what a run really did, held against Studio as it is. Never writes to Studio.

    Args:
        run: its id, or the beginning of it.
        job: its settings say which account, and which roles are managed.
        impact: as for `plan_list`.

    Raises:
        UsageError: there is no such run, or it changed roles that are not managed now.
        UnsettledRunError: nobody knows yet what some of its requests did.
        RecordBrokenError: the record is not the one that was written.
    """
    own, policy = job.settings, undoing(job.settings.policy)
    records = run_records(own.account_dir, run, key=own.audit_key.get_secret_value())
    done = undoable(records, policy.managed_roles)
    with connected(job) as client, open_account_record(job) as record:
        past, studio = past_of(job), StudioReader(client)
        people = _by_id([one.user_id for one in done], policy)
        live = look(studio, policy.managed_roles, people, job.progress, scan=job.settings.scan_roles)
        changes = hold(invert(done, live, policy.managed_roles), policy, past.history)
        made = _make(source_of(records), (), changes=changes, live=live, policy=policy, past=past, job=job)
        made = _with_impact(made, studio, job) if impact else made
        note_plan(record, job.new_run(), "undo", made)
        return made


def check_review(made: Plan, job: Job) -> None:
    """Refuse to begin a review that could only end without an approval.

    Raises:
        PlanRefusedError: the plan is approved, or whoever runs this has made it and somebody else must approve it.
    """
    decide(made, Decisions())
    check_reviewer(made, job.settings.user, four_eyes=job.settings.four_eyes)


def complete_review(made: Plan, decisions: Decisions, reviewer: str, seen: str, job: Job) -> Plan:
    """Make the approved plan of a reviewer's decisions; asks neither Studio nor the record.

    Args:
        made: as it was made.
        decisions: what the reviewer decided otherwise.
        reviewer: who answers for it.
        seen: what the reviewer says that the plan, as decided, does: its `effect`.
        job: its settings say who runs the review, and whether that has to be somebody else than who made the plan.

    Raises:
        UsageError: the name can't be one.
        PlanRefusedError: it can't be approved, by this reviewer, or with these decisions or this sentence.
    """
    own = job.settings
    approved = approve(made, decisions, reviewer=reviewer, operator=own.user, seen=seen, at=job.now())
    check_approval(approved, required=True, four_eyes=own.four_eyes)
    return approved


def sync_list(desired: Desired, job: Job, override: str = "") -> Synced:
    """Plan and apply in one go.

    Raises:
        LockHeldError: another run is going on; nothing was read or written.
    """
    with turn_of(job, "sync") as turn:
        session = turn.session
        made, before = _plan(desired, session.studio, turn.past, job)
        note_plan(session.record, session.run, session.command, made)
        try:
            check_permission(made, override)
            check_unattended(made, required=job.settings.require_approval or job.settings.four_eyes)
        except PlanRefusedError as refusal:
            return Synced(made, refusal=refusal)
        if made.status == "empty":
            keep_holders(session.folder, session.record, session.run, before)
            return Synced(made)
        return Synced(made, carry_out(made, stand(made.changes, before, {}), before, session))


def apply_plan(made: Plan, job: Job, override: str = "") -> Run:
    """Apply a saved plan, if it is still what it says; whoever is not as it saw them is left as they are.

    What an earlier, interrupted run of the same plan has done counts as done, and the rest is sent.

    Raises:
        PlanRefusedError: it is another account's, its list has changed, it isn't approved as the settings ask for, or a
            guard blocks it; nothing was written.
        LockHeldError: another run is going on; nothing was written.
    """
    own = job.settings
    check_origin(made, own.studio)
    check_approval(made, required=own.require_approval, four_eyes=own.four_eyes)
    check_permission(made, override)
    with turn_of(job, "apply") as turn:
        if own.four_eyes and made.approval:
            check_maker(made, turn.past.makers(made.approval.made_from))
        now = _ready(made, turn.session.studio, turn.past, job, override)
        return carry_out(now.plan, now.standing, now.before, turn.session)


def recheck_saved_plan(made: Plan, job: Job, override: str = "") -> Ready:
    """Hold a saved plan against Studio, with all that `apply_plan` asks of plan and Studio. Writes nothing anywhere.

    An approval isn't asked for: whoever is to give it may want to see the plan at work.

    Raises:
        PlanRefusedError: `apply_plan` would refuse it, too.
    """
    check_origin(made, job.settings.studio)
    check_permission(made, override)
    with connected(job) as client:
        return _ready(made, StudioReader(client), past_of(job), job, override)


def read_holders(job: Job) -> Live:
    """Read who holds the managed roles now."""
    with connected(job) as client:
        return look(StudioReader(client), job.settings.managed_roles, Listed.of(), job.progress)


def look_up_people(people: Iterable[tuple[str, int]], job: Job) -> Live:
    """Look people up, by address or id, among everybody who may be meant by somebody who isn't found.

    Args:
        people: address and id of each, "" or 0 where only the other is known; at least one.
        job: where to look.

    Returns:
        Everybody of them whom Studio knows, the holders of the managed roles, and the teachers.
    """
    emails, ids = zip(*people, strict=True)
    roles = tuple(dict.fromkeys([*job.settings.managed_roles, STAFF]))
    columns = {"row": range(1, len(ids) + 1), "email": emails, "user_id": ids, "role": [roles[0]] * len(ids)}
    with connected(job) as client:
        asked = Listed.of(frame(DESIRED, columns))
        return look(StudioReader(client), roles, asked, job.progress, scan=job.settings.scan_roles)


def compare_with_live(desired: Desired, live: Live, policy: Policy, history: History) -> Changes:
    """Find what has to change, and hold what must wait; every command that plans from a list does it here."""
    return hold(diff(desired, live, policy), policy, history, unread=desired.unread)


def _plan(desired: Desired, studio: StudioReader, past: Past, job: Job) -> tuple[Plan, Live]:
    policy = job.settings.policy
    live = look(studio, policy.managed_roles, desired.listed, job.progress, scan=job.settings.scan_roles)
    changes = compare_with_live(desired, live, policy, past.history)
    made = _make(desired.source, desired.findings, changes=changes, live=live, policy=policy, past=past, job=job)
    return made, live


def _make(  # noqa: PLR0913  # a plan has that many parts
    source: Source,
    findings: tuple[Finding, ...],
    *,
    changes: Changes,
    live: Live,
    policy: Policy,
    past: Past,
    job: Job,
) -> Plan:
    made = make_plan(
        account=job.settings.studio,
        created_at=job.now(),
        source=source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, findings, _history(source, past, job)),
        findings=findings,
        requests=live.requests,
        made_by=job.settings.user,
    )
    return replace(made, drift=outside(expected_holders(past), live))


def _with_impact(made: Plan, studio: StudioReader, job: Job) -> Plan:
    """Add what everybody has who loses a role, and the requests that this took."""
    impact, more = read_impact(studio, losing(made), job.progress)
    own = made.requests
    kinds = Counter(own.by_kind) + Counter(more.by_kind)
    fewest = own.fewest + more.fewest if own.fewest else 0
    return replace(made, impact=impact, requests=Requests(dict(sorted(kinds.items())), fewest, own.ways + more.ways))


def _ready(made: Plan, studio: StudioReader, past: Past, job: Job, override: str) -> Ready:
    own = job.settings
    before = look(studio, made.policy.managed_roles, _people_of(made), job.progress, scan=own.scan_roles)
    today = Today(own.owner, own.protected_users, _history(made.source, past, job))
    return hold_against(made, before, past, today, override)


def _history(source: Source, past: Past, job: Job) -> History:
    """Put together what the record tells of earlier runs and how the list, if there is one, stands to them."""
    age = round((job.now() - source.modified_at).total_seconds() / 3600, 3) if source.modified_at else None
    repeated = past.repeated(job.settings.repeat_runs)
    return replace(past.history, listed=source.listed, age_hours=age, repeated=repeated)


def _people_of(made: Plan) -> Listed:
    """Spell the people that a plan touches as a list that names them by id."""
    return _by_id(made.changes["user_id"].tolist(), made.policy)


def _by_id(user_ids: Sequence[int], policy: Policy) -> Listed:
    ids = sorted(set(user_ids))
    number, role = len(ids), policy.managed_roles[0]
    columns = {"row": [1] * number, "email": [""] * number, "user_id": ids, "role": [role] * number}
    return Listed.of(frame(DESIRED, columns))
