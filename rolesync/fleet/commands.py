"""The commands over a fleet as stories: what is planned, judged and applied, in which order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from rolesync.errors import RolesyncError, UsageError
from rolesync.fleet.account_command import plan_command, with_plan_command
from rolesync.fleet.approvals import with_approval
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.fleet.fleet_run import FleetContext, FleetRun, finish_run, fleet_run, start_run
from rolesync.fleet.guards import judge_fleet, mark_blocked
from rolesync.fleet.journal_index import read_index
from rolesync.fleet.night_folder import PlannedNight, approved_path, plan_path, save_night
from rolesync.fleet.results import applied_result, not_begun
from rolesync.fleet.schedule import Schedule
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict, Night
from rolesync.workflows.secret_files import check_files


def check_fleet(context: FleetContext, accounts: Sequence[FleetAccount]) -> Night:
    """Run the checks of `doctor` for all accounts, and read their lists. Writes to no Studio.

    Warn if other users can read the secrets of the fleet's own channels.
    """
    folder = context.fleet.path.parent
    secrets = (folder / path.expanduser() for table in context.fleet.table.notify for path in table.secret_files)
    for check in check_files(secrets):
        structlog.get_logger("rolesync.fleet").warning(check.message, hint=check.hint)
    with fleet_run(context, "check") as run:
        started = start_run(run, accounts, "")
        jobs = [run.job(JobKind.CHECK, account) for account in accounts]
        schedule = run.run_jobs(jobs, is_staged=False)
        results = [_result_of(run, schedule, account.name) for account in accounts]
        return finish_run(run, started, results, stopped=schedule.stopped)


def plan_fleet(context: FleetContext, accounts: Sequence[FleetAccount], folder: Path) -> Night:
    """Plan all accounts, and save the plans in a folder. Writes to no Studio."""
    with fleet_run(context, "plan") as run:
        started = start_run(run, accounts, str(folder))
        results, stopped = plan_accounts(run, accounts, folder, is_sync=False)
        verdicts = () if run.unrecorded else judge_fleet(context.fleet, results, stopped, run.last_success)
        night = finish_run(run, started, mark_blocked(results, verdicts), verdicts, stopped)
    return replace(night, unrecorded=with_plan_command(night.unrecorded, plan_command(str(context.fleet.path))))


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
        results = [with_approval(result, folder) for result in night.to_apply]
        return judge_and_apply(run, started, results, folder)


def results_to_apply(fleet: Fleet, night: PlannedNight, folder: Path) -> list[AccountResult]:
    """Return what applying a night begins with: the plans as approved, and as the guards of the fleet leave them.

    Returns:
        The accounts of the night; none if a guard of the fleet blocks everything.
    """
    results = [with_approval(result, folder) for result in night.results]
    verdicts = judge_fleet(fleet, results, "", read_index(fleet.folder).last_success)
    return list(mark_blocked(results, verdicts)) if all(verdict.accounts for verdict in verdicts) else []


def plan_accounts(
    run: FleetRun, accounts: Sequence[FleetAccount], folder: Path, *, is_sync: bool
) -> tuple[list[AccountResult], str]:
    """Plan all accounts; returns the results, and why planning stopped early."""
    jobs = [run.job(JobKind.PLAN, each, plan_path(folder, each.name), is_sync=is_sync) for each in accounts]
    schedule = run.run_jobs(jobs, is_staged=False)
    results = [_result_of(run, schedule, each.name) for each in accounts]
    save_planned(run, folder, results)
    return results, schedule.stopped


def save_planned(run: FleetRun, folder: Path, results: Sequence[AccountResult]) -> None:
    """Save what planning resulted in; if the disk is full, it is shown all the same, and nothing is applied.

    Raises:
        UsageError: the folder can't be written.
    """
    try:
        save_night(folder, run.context.fleet, run.run, results)
    except UsageError:
        raise
    except RolesyncError as error:
        run.unrecorded = run.unrecorded or f"{error.message}; {error.hint}"


def _result_of(run: FleetRun, schedule: Schedule, name: str) -> AccountResult:
    return schedule.results.get(name) or not_begun(name, schedule.stopped, run.command)


def judge_and_apply(
    run: FleetRun, started: str, planned: Sequence[AccountResult], folder: Path, stopped: str = ""
) -> Night:
    """Check the guards of the fleet, and apply what is planned in stages."""
    fleet = run.context.fleet
    if run.unrecorded:
        return finish_run(run, started, planned, stopped=stopped)
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
            plan_to_apply = approved if approved.exists() else plan_path(folder, result.account)
            account = fleet.accounts[result.account]
            jobs.append(run.job(JobKind.APPLY, account, plan_to_apply, is_sync=run.command == "sync"))
    names = {job.account for job in jobs}
    planned = {result.account: result for result in results if result.account in names}
    schedule = run.run_jobs(jobs, is_staged=True, planned=planned)
    is_sync = run.command == "sync"
    ended = [
        schedule.results.get(each.account)
        or applied_result(not_begun(each.account, schedule.stopped, run.command), each, is_sync=is_sync)
        if each.account in names
        else each
        for each in results
    ]
    return finish_run(run, started, ended, verdicts, schedule.stopped)
