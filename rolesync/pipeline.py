"""The story on one screen: read → look → diff → guard → plan → apply → verify.

Every command of rolesync is one of these functions; each takes what it needs and returns what it found. Only `apply`
and `sync` make a client that can write.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from rolesync import __version__, planner
from rolesync.audit import Record, open_record
from rolesync.differ import diff
from rolesync.errors import PlanRefusedError, StudioError
from rolesync.executor import Journal, execute
from rolesync.gate import check_drift, check_origin, check_permission, judged_today
from rolesync.guards import judge
from rolesync.live import look
from rolesync.lock import account_lock
from rolesync.model import DESIRED, Desired, Live, Plan, Progress, Requests, Run, counts, frame
from rolesync.proof import prove, settled
from rolesync.reader import read_desired
from rolesync.settings import Settings
from rolesync.studio import Client, Connection, FixedToken, StudioReader, StudioWriter


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
    with connected(job) as client, open_record(job.settings.account_dir, now=job.now) as record:
        made, _ = _plan(desired, StudioReader(client), job)
        _note_plan(record, job.new_run(), made)
        return made


def sync(desired: Desired, job: Job, override: str = "") -> Synced:
    """Plan and apply in one go.

    Raises:
        LockHeldError: another run is going on; nothing was read or written.
    """
    with _locked(job, "sync") as session:
        made, before = _plan(desired, session.studio, job)
        _note_plan(session.record, session.run, made)
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
        own = job.settings
        check_permission(judged_today(made, before, own.owner, own.protected_users), override)
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
    """
    own = job.settings
    contact = f" ({own.contact})" if own.contact else ""
    connection = Connection(
        studio=own.studio,
        user_agent=f"rolesync/{__version__}{contact}",
        timeout=own.timeout,
        connect_timeout=own.connect_timeout,
        attempts=own.attempts,
        retry_seconds=own.retry_seconds,
        concurrency=own.concurrency,
        requests_per_second=own.requests_per_second,
        proxy=own.proxy_for_studio,
        ca_bundle=str(own.ca_bundle or ""),
    )
    with Client(connection, FixedToken(own.token, scheme=own.auth_scheme), sleep=job.sleep) as client:
        yield client


@dataclass(frozen=True)
class _Session:
    """What one run holds while it lasts: the account's lock, its record, and a client that can write."""

    run: str
    studio: StudioWriter
    record: Record


@contextmanager
def _locked(job: Job, command: str) -> Iterator[_Session]:
    folder, run = job.settings.account_dir, job.new_run()
    with (
        connected(job) as client,
        account_lock(folder, run=run, command=command, now=job.now),
        open_record(folder, now=job.now) as record,
    ):
        yield _Session(run, StudioWriter(client), record)


def _plan(desired: Desired, studio: StudioReader, job: Job) -> tuple[Plan, Live]:
    policy = job.settings.policy
    live = look(studio, policy.managed_roles, desired.assignments, job.progress)
    changes = diff(desired, live, policy)
    made = planner.make_plan(
        account=job.settings.studio,
        created_at=job.now(),
        source=desired.source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, desired.findings),
        findings=desired.findings,
        requests=live.requests,
    )
    return made, live


def _run(made: Plan, before: Live, session: _Session, job: Job) -> Run:
    """Send, read again, and write down how it ended."""
    run, studio, record = session.run, session.studio, session.record
    started = job.now()
    overridden = [verdict.rule for verdict in made.blocked]
    record.append("run.start", run=run, **_summary(made), overridden=overridden)
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


def _note_plan(record: Record, run: str, made: Plan) -> None:
    status = "planned" if made.status == "ready" else made.status
    held = len(made.held)
    record.append("plan", run=run, **_summary(made), status=status, held=held, requests=dict(made.requests.by_kind))


def _summary(made: Plan) -> dict[str, Any]:
    return {
        "digest": made.digest,
        "account": made.account,
        "source": asdict(made.source),
        "additions": sum(count.additions for count in made.roles),
        "removals": sum(count.removals for count in made.roles),
    }


def _people_of(made: Plan) -> pd.DataFrame:
    """Spell the people that a plan touches as a list that names them by id."""
    people = made.changes
    return frame(
        DESIRED,
        {"row": people["row"], "email": [""] * len(people), "user_id": people["user_id"], "role": people["role"]},
    )
