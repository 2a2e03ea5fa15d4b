"""The story of a run over a fleet: jobs for all accounts in parallel, the guards between, and the journal beside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from rolesync.errors import RecordError
from rolesync.fleet.account_command import account_values
from rolesync.fleet.approvals import with_approval
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.fleet.guards import judge_fleet, mark_blocked
from rolesync.fleet.jobs import Job, JobKind
from rolesync.fleet.journal import Journal, known_accounts, open_journal
from rolesync.fleet.night_folder import PlannedNight, approved_path, plan_path, save_night
from rolesync.fleet.schedule import Schedule, stages_of
from rolesync.fleet.state import lock_fleet
from rolesync.fleet.workers import AccountProgress, Engine
from rolesync.history.run_id import new_run_id
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict, Night, RecordHead

INTERRUPTED = "the fleet was interrupted"


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
    """A run over a fleet that holds its lock, with what the journal knows of the accounts."""

    context: FleetContext
    command: str
    run: str
    journal: Journal
    last_success: Mapping[str, str]
    heads: dict[str, RecordHead] = field(default_factory=dict)

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
            list_path=str(account.list_path or ""),
            plan_path=str(plan or ""),
            needs_approval=account.needs_approval,
            is_sync=is_sync,
            fleet_path=str(fleet.path),
        )

    def run_jobs(self, jobs: Sequence[Job], *, is_staged: bool) -> Schedule:
        """Run the jobs until all have ended or the breaker has tripped.

        Raises:
            RecordError: the journal can't be written; the jobs under way have ended.
            KeyboardInterrupt: the fleet was interrupted; the jobs under way have ended and recorded how far they came.
        """
        fleet, by_name = self.context.fleet, {job.account: job for job in jobs}
        stages = stages_of((fleet.accounts[name] for name in by_name), fleet.table.stages, self.last_success)
        schedule = Schedule(stages, fleet.table.stop, is_staged=is_staged)
        errors: list[BaseException] = []
        threads = [
            Thread(target=self._work, args=(by_name, schedule, errors), name=f"fleet-{number}")
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
        if errors:
            raise errors[0]
        return schedule

    def _work(self, jobs: Mapping[str, Job], schedule: Schedule, errors: list[BaseException]) -> None:
        """Run jobs in this thread until there are no more."""
        deadline = self.context.fleet.table.deadline
        try:
            while begun := schedule.next():
                name, attempt = begun
                head = None if name in self.context.trusted else self.heads.get(name)
                job = replace(jobs[name], attempt=attempt, head=head)
                self.journal.begin(name, job.kind, attempt)
                result = self.context.engine.run(job, deadline, self.context.progress)
                if result.head:
                    self.heads[name] = result.head
                self.journal.end(result, job.kind)
                schedule.ended(result)
                self.context.ended(result, len(jobs) - len(schedule.results))
        except BaseException as error:  # noqa: BLE001  # it is raised again by the thread that waits
            errors.append(error)
            schedule.halt("the fleet failed")


def _join(threads: Iterable[Thread]) -> None:
    for thread in threads:
        thread.join()


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
        known, journal = known_accounts(folder), Journal(record, run)
        try:
            yield FleetRun(context, command, run, journal, known.last_success, dict(known.heads))
        except KeyboardInterrupt:
            with suppress(RecordError):  # the interruption is what the caller must see
                journal.finish((), INTERRUPTED)
            raise
        finally:
            context.engine.close()


def check_fleet(context: FleetContext, accounts: Sequence[FleetAccount]) -> Night:
    """Run the checks of `doctor` for all accounts, and read their lists. Writes to no Studio."""
    with fleet_run(context, "check") as run:
        started = start_run(run, accounts, "")
        jobs = [run.job(JobKind.CHECK, account) for account in accounts]
        schedule = run.run_jobs(jobs, is_staged=False)
        results = [_result_of(schedule, account.name) for account in accounts]
        return finish_run(run, started, results, stopped=schedule.stopped)


def plan_fleet(context: FleetContext, accounts: Sequence[FleetAccount], folder: Path) -> Night:
    """Plan all accounts, and save the plans in a folder. Writes to no Studio."""
    with fleet_run(context, "plan") as run:
        started = start_run(run, accounts, str(folder))
        results, stopped = plan_accounts(run, accounts, folder, is_sync=False)
        verdicts = judge_fleet(context.fleet, results, stopped, run.last_success)
        return finish_run(run, started, mark_blocked(results, verdicts), verdicts, stopped)


def sync_fleet(context: FleetContext, accounts: Sequence[FleetAccount]) -> Night:
    """Plan all accounts, check the guards of the fleet, and apply and prove the plans in stages."""
    with fleet_run(context, "sync") as run:
        folder = context.fleet.folder / "nights" / run.run
        started = start_run(run, accounts, str(folder))
        results, stopped = plan_accounts(run, accounts, folder, is_sync=True)
        return judge_and_apply(run, started, results, folder, stopped)


def apply_fleet(context: FleetContext, night: PlannedNight, folder: Path) -> Night:
    """Apply the plans of a night in stages. Plans that need an approval are applied as they were approved."""
    accounts = [context.fleet.accounts[result.account] for result in night.results]
    with fleet_run(context, "apply") as run:
        started = start_run(run, accounts, str(folder))
        results = [with_approval(result, folder) for result in night.results]
        return judge_and_apply(run, started, results, folder)


def start_run(run: FleetRun, accounts: Sequence[FleetAccount], folder: str) -> str:
    """Note in the journal that a run begins; returns the time."""
    disabled = {each.name: each.reason for each in run.context.fleet.accounts.values() if not each.enabled}
    run.journal.start(run.command, folder, [account.name for account in accounts], disabled)
    return run.context.now().astimezone(UTC).isoformat()


def plan_accounts(
    run: FleetRun, accounts: Sequence[FleetAccount], folder: Path, *, is_sync: bool
) -> tuple[list[AccountResult], str]:
    """Plan all accounts; returns the results, and why planning stopped early."""
    jobs = [run.job(JobKind.PLAN, each, plan_path(folder, each.name), is_sync=is_sync) for each in accounts]
    schedule = run.run_jobs(jobs, is_staged=False)
    results = [_result_of(schedule, each.name) for each in accounts]
    save_night(folder, run.context.fleet, run.run, results)
    return results, schedule.stopped


def _result_of(schedule: Schedule, name: str) -> AccountResult:
    return schedule.results.get(name) or AccountResult(name, AccountStatus.NOT_BEGUN, schedule.stopped)


def judge_and_apply(
    run: FleetRun, started: str, planned: Sequence[AccountResult], folder: Path, stopped: str = ""
) -> Night:
    """Check the guards of the fleet, and apply what is planned in stages."""
    fleet = run.context.fleet
    verdicts = judge_fleet(fleet, planned, stopped, run.last_success)
    results = list(mark_blocked(planned, verdicts))
    if any(not verdict.accounts for verdict in verdicts):
        return finish_run(run, started, results, verdicts, stopped)
    return apply_planned(run, started, results, verdicts, folder)


def apply_planned(
    run: FleetRun, started: str, results: Sequence[AccountResult], verdicts: tuple[FleetVerdict, ...], folder: Path
) -> Night:
    """Apply what is planned in stages; the guards of the fleet have decided."""
    fleet, jobs = run.context.fleet, []
    for result in results:
        if result.status is AccountStatus.PLANNED:
            approved = approved_path(folder, result.account)
            chosen = approved if approved.exists() else plan_path(folder, result.account)
            account = fleet.accounts[result.account]
            jobs.append(run.job(JobKind.APPLY, account, chosen, is_sync=run.command == "sync"))
    schedule = run.run_jobs(jobs, is_staged=True)
    names = {job.account for job in jobs}
    ended = [_applied(result, schedule) if result.account in names else result for result in results]
    return finish_run(run, started, ended, verdicts, schedule.stopped)


def _applied(planned: AccountResult, schedule: Schedule) -> AccountResult:
    """Combine the result of applying an account with its plan."""
    result = _result_of(schedule, planned.account)
    return replace(result, plan=result.plan or planned.plan)


def finish_run(
    run: FleetRun,
    started: str,
    results: Iterable[AccountResult],
    verdicts: tuple[FleetVerdict, ...] = (),
    stopped: str = "",
) -> Night:
    """Note in the journal that a run has ended; returns it."""
    fleet = run.context.fleet
    night = Night(
        fleet=fleet.table.name,
        run=run.run,
        command=run.command,
        results=tuple(results),
        disabled={account.name: account.reason for account in fleet.accounts.values() if not account.enabled},
        verdicts=verdicts,
        stopped=stopped,
        started_at=started,
        finished_at=run.context.now().astimezone(UTC).isoformat(),
    )
    run.journal.finish(night.verdicts, night.stopped)
    return night
