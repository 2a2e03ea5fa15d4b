"""Resume a run over a fleet that crashed, was interrupted, or left accounts undone."""

from dataclasses import replace
from pathlib import Path
from shlex import quote

from rolesync.errors import UsageError
from rolesync.fleet.commands import judge_and_apply, plan_accounts, save_planned
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.fleet_run import FleetContext, fleet_run
from rolesync.fleet.past_nights import PastNight
from rolesync.model.fleet import SUCCESSES, AccountResult, AccountStatus, Night

RESUMABLE = ("sync", "apply")
"""The commands whose runs are resumed; a check or a plan is simply run again."""


def resume_fleet(context: FleetContext, earlier: PastNight) -> Night:
    """Finish an earlier run that applied, or should have applied. Changes that are done are not sent again.

    A sync plans the accounts that are not done again, because their lists may be others by now. An apply applies the
    plans that were reviewed.

    Raises:
        UsageError: the run wasn't to apply anything.
    """
    if earlier.command not in RESUMABLE:
        raise UsageError(
            f"run {earlier.run} was a {earlier.command}, which is not resumed",
            hint=f"begin a new one: rolesync fleet sync {quote(str(context.fleet.path))}",
        )
    fleet, folder = context.fleet, Path(earlier.folder)
    latest = {result.account: _if_still_enabled(fleet, result) for result in earlier.night(fleet.table.name).results}
    with fleet_run(context, earlier.command, earlier.run) as run:
        if earlier.command == "apply":
            return judge_and_apply(run, earlier.started_at, list(map(_to_apply_again, latest.values())), folder)
        unfinished = [
            each for each in fleet.enabled if each.name in latest and latest[each.name].status not in SUCCESSES
        ]
        results, stopped = plan_accounts(run, unfinished, folder, is_sync=True)
        latest |= {result.account: result for result in results}
        save_planned(run, folder, list(latest.values()))
        return judge_and_apply(run, earlier.started_at, list(latest.values()), folder, stopped)


def _if_still_enabled(fleet: Fleet, result: AccountResult) -> AccountResult:
    """Count an account as not begun that the fleet doesn't handle any more, unless it is done."""
    account = fleet.accounts.get(result.account)
    if (account and account.enabled) or result.status in SUCCESSES:
        return result
    message = f"is not enabled any more: {account.reason}" if account else "is not in the fleet file any more"
    return AccountResult(result.account, AccountStatus.NOT_BEGUN, message)


def _to_apply_again(result: AccountResult) -> AccountResult:
    """Count an account that didn't succeed as planned, if it has a plan that no guard blocks."""
    fine = result.status in {AccountStatus.DONE, AccountStatus.EMPTY, AccountStatus.BLOCKED, AccountStatus.WAITING}
    return result if fine or result.plan is None else replace(result, status=AccountStatus.PLANNED)
