"""A run over a fleet: it holds the fleet's lock, runs the jobs of accounts in parallel, and keeps the journal.

If the journal can't be written any more, no account begins, and those under way end. Their results are shown, and the
run shows what its journal lacks. To the journal, they began without a result, so that resuming finds out what was done.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from threading import Thread
from types import MappingProxyType

from rolesync.errors import RecordBrokenError, RecordError
from rolesync.fleet.account_command import account_values
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.fleet.fleet_folder import lock_fleet
from rolesync.fleet.journal import Journal, open_journal
from rolesync.fleet.journal_index import read_index, save_index
from rolesync.fleet.results import applied_result
from rolesync.fleet.schedule import Schedule, stages_of
from rolesync.fleet.worker_pool import AccountProgress, Engine
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.history.run_id import new_run_id
from rolesync.model.fleet import AccountResult, FleetVerdict, Night, RecordHead
from rolesync.sources.address import is_address

INTERRUPTED = "the fleet was interrupted"
UNRECORDED = "the journal of the fleet can't be written"
_FETCHED = "fetched"
_JournalErrors = (RecordError, RecordBrokenError)
_WAIT = 0.5  # seconds


@dataclass(frozen=True)
class FleetContext:
    """What a command over a fleet works with.

    Attributes:
        fleet: the fleet file.
        engine: where the jobs run.
        operator: who runs the fleet; "" for the user of the process.
        trusted: the accounts whose record may be another than the journal knows.
        progress: called with an account, its stage, the steps done, and all steps; from any thread.
        ended: called with each result and the number of accounts that are still to end; from any thread.
        now: the time of day, with its zone.
    """

    fleet: Fleet
    engine: Engine
    operator: str = ""
    trusted: frozenset[str] = frozenset()
    progress: AccountProgress = lambda _account, _stage, _done, _total: None
    ended: Callable[[AccountResult, int], None] = lambda _result, _remaining: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass
class FleetRun:
    """A run over a fleet that holds its lock, with what the journal knows of the accounts.

    `unrecorded` is why the journal can't be written any more; "" while it can.
    """

    context: FleetContext
    command: str
    run: str
    journal: Journal
    last_success: Mapping[str, str]
    heads: dict[str, RecordHead] = field(default_factory=dict)
    unrecorded: str = ""

    def job(self, kind: JobKind, account: FleetAccount, plan: Path | None = None, *, is_sync: bool = False) -> Job:
        """Make the job of one account; the limit of requests is shared out evenly among the workers."""
        fleet = self.context.fleet
        values = account_values(fleet, account, self.context.operator)
        if fleet.table.requests_per_second:
            share = fleet.table.requests_per_second / fleet.table.workers
            values["requests_per_second"] = min(share, account.values.get("requests_per_second") or share)
        return Job(
            kind=kind,
            account=account.name,
            values=values,
            secrets=str(account.secrets or ""),
            list_path=account.list_path,
            plan_path=str(plan or ""),
            needs_approval=account.needs_approval,
            is_sync=is_sync,
            fleet_path=str(fleet.path),
            fleet=fleet.table.name,
            fleet_run=self.run,
        )

    def run_jobs(
        self, jobs: Sequence[Job], *, is_staged: bool, planned: Mapping[str, AccountResult] = MappingProxyType({})
    ) -> Schedule:
        """Run the jobs until all have ended, the breaker has tripped, or the journal can't be written.

        Args:
            jobs: the jobs, one an account.
            is_staged: whether the stages of the fleet count.
            planned: the results of planning the accounts that are applied.

        Raises:
            KeyboardInterrupt: the fleet was interrupted; the jobs under way have ended and recorded how far they came.
        """
        fleet, by_name = self.context.fleet, {job.account: job for job in jobs}
        stages = stages_of((fleet.accounts[name] for name in by_name), fleet.table.stages, self.last_success)
        schedule = Schedule(stages, fleet.table.stop, is_staged=is_staged)
        fetched = fleet.folder / _FETCHED / secrets.token_hex(8)
        by_name = {name: _sharing_lists(job, fetched) for name, job in by_name.items()}
        errors: list[BaseException] = []
        threads = [
            Thread(target=self._work, args=(by_name, schedule, planned, errors), name=f"fleet-{number}")
            for number in range(min(fleet.table.workers, len(jobs)))
        ]
        try:
            for thread in threads:
                thread.start()
            _join(threads)
        except KeyboardInterrupt:
            schedule.halt(INTERRUPTED)
            self.context.engine.interrupt()
            _join_in_spite_of_interruptions(thread for thread in threads if thread.ident)
            raise
        finally:
            rmtree(fetched, ignore_errors=True)
        for error in errors:
            if not isinstance(error, _JournalErrors):
                raise error
            self.unrecorded = self.unrecorded or _describe(error)
        return schedule

    def _work(
        self,
        jobs: Mapping[str, Job],
        schedule: Schedule,
        planned: Mapping[str, AccountResult],
        errors: list[BaseException],
    ) -> None:
        """Run jobs in this thread until there are no more."""
        deadline = self.context.fleet.table.deadline
        try:
            while next_attempt := schedule.next():
                name, attempt = next_attempt
                head = None if name in self.context.trusted else self.heads.get(name)
                job = replace(jobs[name], attempt=attempt, head=head)
                self.journal.begin(name, job.kind, attempt)
                result = self.context.engine.run(job, deadline, self.context.progress)
                if name in planned:
                    result = applied_result(result, planned[name], is_sync=job.is_sync)
                if result.head:
                    self.heads[name] = result.head
                try:
                    self.journal.end(result, job.kind)
                finally:  # the account has ended, even if the journal lacks its result
                    schedule.ended(result)
                    self.context.ended(result, len(jobs) - len(schedule.results))
        except BaseException as error:  # noqa: BLE001  # the thread that waits handles it
            errors.append(error)
            schedule.halt(UNRECORDED if isinstance(error, _JournalErrors) else "the fleet failed")


def _sharing_lists(job: Job, folder: Path) -> Job:
    return replace(job, fetched_folder=str(folder)) if is_address(job.list_path) else job


def _describe(error: RecordError | RecordBrokenError) -> str:
    return "; ".join(filter(None, (error.message.rstrip("."), error.hint)))


def _join(threads: Iterable[Thread]) -> None:
    """Wait in short waits: a signal that arrives just before a wait does not end it."""
    for thread in threads:
        while thread.is_alive():
            thread.join(_WAIT)


def _join_in_spite_of_interruptions(threads: Iterable[Thread]) -> None:
    """Wait for threads that end soon: the journal needs what they note."""
    for thread in threads:
        while thread.is_alive():
            with suppress(KeyboardInterrupt):
                thread.join()


@contextmanager
def fleet_run(context: FleetContext, command: str, run: str = "") -> Iterator[FleetRun]:
    """Lock the fleet, and open its journal.

    Args:
        context: the fleet and its engine.
        command: `check`, `plan`, `apply` or `sync`.
        run: the id of a run to resume; "" for a new one.

    Raises:
        LockHeldError: another run over this fleet holds the lock.
        RecordError, RecordBrokenError: the journal can't be used, or its folder is a copy.
    """
    folder, run = context.fleet.folder, run or new_run_id(context.now())
    with (
        lock_fleet(folder, run=run, command=command, now=context.now),
        open_journal(folder, context.now) as record,
    ):
        rmtree(folder / _FETCHED, ignore_errors=True)  # lists of a run that was killed
        index, journal = read_index(folder), Journal(record, run)
        try:
            yield FleetRun(context, command, run, journal, index.last_success, dict(index.heads))
        except KeyboardInterrupt:
            with suppress(*_JournalErrors):  # the interruption is what the caller must see
                journal.finish((), INTERRUPTED)
            raise
        finally:
            context.engine.close()
            with suppress(OSError, *_JournalErrors):  # without the index, the next run only reads more
                save_index(folder, read_index(folder))


def start_run(run: FleetRun, accounts: Sequence[FleetAccount], folder: str) -> str:
    """Note in the journal that a run begins; returns the time."""
    disabled = {each.name: each.reason for each in run.context.fleet.accounts.values() if not each.enabled}
    run.journal.start(run.command, folder, [account.name for account in accounts], disabled)
    return run.context.now().astimezone(UTC).isoformat()


def finish_run(
    run: FleetRun,
    started: str,
    results: Iterable[AccountResult],
    verdicts: tuple[FleetVerdict, ...] = (),
    stopped: str = "",
) -> Night:
    """Note in the journal that a run has ended, if it can be written; returns the run."""
    fleet = run.context.fleet
    try:
        run.journal.finish(verdicts, stopped)
    except _JournalErrors as error:
        run.unrecorded = run.unrecorded or _describe(error)
    return Night(
        fleet=fleet.table.name,
        run=run.run,
        command=run.command,
        results=tuple(results),
        disabled={account.name: account.reason for account in fleet.accounts.values() if not account.enabled},
        verdicts=verdicts,
        stopped=stopped,
        started_at=started,
        finished_at=run.context.now().astimezone(UTC).isoformat(),
        unrecorded=run.unrecorded,
    )
