"""The story on one screen: read → look → diff → guard → plan → apply → verify.

Every command of rolesync is one of these functions; each takes what it needs and returns what it found. Only `apply`
and `sync` make a client that can write.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from rolesync import planner
from rolesync.access import connection_of, token_of
from rolesync.audit import Record, open_record, recall
from rolesync.audit.journal import Journal
from rolesync.differ import diff
from rolesync.errors import PlanRefusedError, StudioError
from rolesync.executor import execute
from rolesync.gate import check_drift, check_origin, check_permission, judged_today
from rolesync.guards import judge
from rolesync.holding import absent, hold
from rolesync.live import look
from rolesync.lock import account_lock
from rolesync.model import DESIRED, Desired, Live, Plan, Progress, Requests, Run, Source, VerdictStatus, counts, frame
from rolesync.planfile import source_json
from rolesync.proof import prove, settled
from rolesync.reader import read_desired
from rolesync.recorded import History
from rolesync.settings import Settings
from rolesync.studio import Client, StudioReader, StudioWriter


@dataclass(frozen=True)
class Job:
    """What a command works with: its settings, the clocks, and whoever wants to know how far it is."""

    settings: Settings
    progress: Progress = lambda _stage, _done, _total: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def new_run(self) -> str:
        """Make an id that sorts by time and that no other run has."""
        return f"{self.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def read(path: Path, job: Job) -> Desired:
    """Read the list, with everything noticed on the way; its `status` says whether it may be used."""
    return read_desired(path, managed_roles=job.settings.managed_roles)


@dataclass(frozen=True, eq=False)
class Synced:
    """What a sync came to. `run` is None where nothing was sent, `refusal` says why if something should have been."""

    plan: Plan
    run: Run | None = None
    refusal: PlanRefusedError | None = None


def plan(desired: Desired, job: Job) -> Plan:
    """Make the dry run of a readable list, and leave a record of it. Never writes to Studio."""
    with connected(job) as client, _record(job) as record:
        made, _ = _plan(desired, StudioReader(client), job)
        _note_plan(record, job.new_run(), "plan", made)
        return made


def sync(desired: Desired, job: Job, override: str = "") -> Synced:
    """Plan and apply in one go.

    Raises:
        LockHeldError: another run is going on; nothing was read or written.
    """
    with _locked(job, "sync") as session:
        made, before = _plan(desired, session.studio, job)
        _note_plan(session.record, session.run, session.command, made)
        try:
            check_permission(made, override)
        except PlanRefusedError as refusal:
            return Synced(made, refusal=refusal)
        if made.status == "empty":
            return Synced(made)
        return Synced(made, _run(made, before, session, job))


def apply(made: Plan, job: Job, override: str = "") -> Run:
    """Apply a saved plan, if it is still what it says and Studio is still what it saw.

    Raises:
        PlanRefusedError: it is another account's, its list has changed, or a guard blocks it; nothing was written.
        DriftError: people it touches have changed since; nothing was written.
        LockHeldError: another run is going on; nothing was written.
    """
    check_origin(made, job.settings.studio)
    check_permission(made, override)
    with _locked(job, "apply") as session:
        before = look(session.studio, made.policy.managed_roles, _people_of(made), job.progress)
        check_drift(made, before)
        own, history = job.settings, _history(made.source, job)
        check_permission(judged_today(made, before, own.owner, own.protected_users, history), override)
        return _run(made, before, session, job)


def holders(job: Job) -> Live:
    """Read who holds the managed roles now."""
    with connected(job) as client:
        return look(StudioReader(client), job.settings.managed_roles, frame(DESIRED), job.progress)


@contextmanager
def connected(job: Job) -> Iterator[Client]:
    """Open the conversation with the Studio that the settings name, and close it.

    Raises:
        UsageError: no Studio or no token is set.
        RolesyncError: the token store can't be read.
    """
    counts = Counter[str]()
    connection, tokens = connection_of(job.settings), token_of(job.settings, job.now, counts)
    with Client(connection, tokens, sleep=job.sleep, counts=counts) as client:
        yield client


@dataclass(frozen=True)
class _Session:
    """What one run holds while it lasts: the account's lock, its record, and a client that can write."""

    run: str
    command: str
    studio: StudioWriter
    record: Record


def _record(job: Job) -> Record:
    own = job.settings
    key, most = own.audit_key.get_secret_value(), own.audit_max_mb * 1_000_000
    return open_record(own.account_dir, now=job.now, key=key, max_bytes=most)


@contextmanager
def _locked(job: Job, command: str) -> Iterator[_Session]:
    folder, run = job.settings.account_dir, job.new_run()
    with (
        connected(job) as client,
        account_lock(folder, run=run, command=command, now=job.now),
        _record(job) as record,
    ):
        yield _Session(run, command, StudioWriter(client), record)


def _plan(desired: Desired, studio: StudioReader, job: Job) -> tuple[Plan, Live]:
    policy = job.settings.policy
    history = _history(desired.source, job)
    live = look(studio, policy.managed_roles, desired.assignments, job.progress)
    changes = hold(diff(desired, live, policy), policy, history)
    made = planner.make_plan(
        account=job.settings.studio,
        created_at=job.now(),
        source=desired.source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, desired.findings, history),
        findings=desired.findings,
        requests=live.requests,
    )
    return made, live


def _history(source: Source, job: Job) -> History:
    """Put together what the record tells of earlier runs and how the list stands to them."""
    age = round((job.now() - source.modified_at).total_seconds() / 3600, 3) if source.modified_at else None
    return replace(
        recall(job.settings.account_dir, key=job.settings.audit_key.get_secret_value()),
        listed=source.listed,
        age_hours=age,
    )


def _run(made: Plan, before: Live, session: _Session, job: Job) -> Run:
    """Send, read again, and write down how it ended."""
    run, studio, record = session.run, session.studio, session.record
    started = job.now()
    overridden = [verdict.rule for verdict in made.blocked]
    own = {"command": session.command, "overridden": overridden, **_absent(made)}
    record.append("run.start", run=run, **_summary(made), **own)
    try:
        executed = execute(made, studio, Journal(record, run, job.seconds), job.progress)
        proof, outcomes, stopped = None, executed.outcomes, executed.stopped
        try:
            after = look(studio, made.policy.managed_roles, frame(DESIRED), job.progress)
            proof, outcomes = prove(made, before, after), settled(outcomes, after)
        except StudioError as error:
            stopped = stopped or error
    except KeyboardInterrupt:
        record.append(
            "run.end", run=run, status="interrupted", counts={}, proof=None, requests=dict(studio.client.counts)
        )
        raise
    done = Run(
        run_id=run,
        account=made.account,
        plan_digest=made.digest,
        started_at=started,
        finished_at=job.now(),
        outcomes=outcomes,
        proof=proof,
        requests=Requests(dict(sorted(studio.client.counts.items()))),
        stopped=stopped.message if stopped else "",
    )
    record.append(
        "run.end",
        run=run,
        status="complete" if done.complete else "incomplete",
        counts=counts(done.outcomes),
        proof=asdict(proof) if proof else None,
        requests=dict(done.requests.by_kind),
        stopped=done.stopped,
    )
    return done


def _note_plan(record: Record, run: str, command: str, made: Plan) -> None:
    own = {
        "command": command,
        "status": "planned" if made.status == "ready" else made.status,
        "held": len(made.held),
        "requests": dict(made.requests.by_kind),
        **(_absent(made) if command == "sync" else {}),
    }
    record.append("plan", run=run, **_summary(made), **own)


def _summary(made: Plan) -> dict[str, Any]:
    return {
        "digest": made.digest,
        "account": made.account,
        "source": source_json(made.source),
        "additions": sum(count.additions for count in made.roles),
        "removals": sum(count.removals for count in made.roles),
        "warned": sorted({verdict.rule for verdict in made.verdicts if verdict.status is VerdictStatus.WARN}),
    }


def _absent(made: Plan) -> dict[str, Any]:
    """Whom the list doesn't give a role they hold: what the next run counts a grace from, if one is given."""
    pairs = absent(made)
    return {} if pairs is None else {"absent": dict(pairs)}


def _people_of(made: Plan) -> pd.DataFrame:
    """Spell the people that a plan touches as a list that names them by id."""
    people = made.changes
    return frame(
        DESIRED,
        {"row": people["row"], "email": [""] * len(people), "user_id": people["user_id"], "role": people["role"]},
    )
