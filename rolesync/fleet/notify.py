"""How a command over a fleet ended, and each of its accounts; and where the fleet file reports that."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from shlex import quote

from rolesync import __version__
from rolesync.errors import Exit, RolesyncError
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.journal_index import read_index
from rolesync.model.fleet import SUCCESSES, AccountResult, AccountStatus, Night, sum_changes
from rolesync.notify.ending import Ending, EndStatus, Rule, cause_of
from rolesync.notify.http_delivery import Network
from rolesync.notify.report_end import Reporting
from rolesync.workflows.notify import proxy_of

_EXIT_CODES = {
    AccountStatus.REFUSED: Exit.INPUT_REFUSED,
    AccountStatus.BLOCKED: Exit.BLOCKED,
    AccountStatus.WAITING: Exit.BLOCKED,
    AccountStatus.PLANNED: Exit.BLOCKED,
    AccountStatus.INCOMPLETE: Exit.INCOMPLETE,
    AccountStatus.NOT_BEGUN: Exit.INCOMPLETE,
    AccountStatus.RUNNING: Exit.INCOMPLETE,
    AccountStatus.UNREACHABLE: Exit.STUDIO,
    AccountStatus.LOCKED: Exit.LOCKED,
}
_CAUSES: Mapping[int, str] = {
    Exit.INCOMPLETE: "some accounts are not done",
    Exit.BLOCKED: "a guard of the fleet blocks all accounts",
}
_WAITING = frozenset({AccountStatus.WAITING, AccountStatus.PLANNED, *SUCCESSES})


@dataclass(frozen=True, slots=True)
class Command:
    """A command over a fleet: its name, its exit code, when it began and ended, and the folder of its plans."""

    command: str
    exit_code: int
    began_at: datetime
    ended_at: datetime
    folder: str = ""


def fleet_reporting(fleet: Fleet) -> Reporting:
    """Take from a fleet file where the end of a command is reported."""
    folder, table = fleet.path.parent, fleet.table
    network = Network(folder=folder, user_agent=f"rolesync/{__version__}", proxy=lambda address: proxy_of(address, ""))
    metrics_file = folder / table.metrics_file if table.metrics_file else None
    return Reporting(table.notify, fleet.folder, metrics_file, table.metrics_push, network)


def is_reported(command: str, fleet: Fleet) -> bool:
    """Whether a command over a fleet is reported: a plan is only where its changes wait for an approval."""
    return command != "plan" or any(account.needs_approval for account in fleet.enabled)


def ending_of_fleet(ended: Command, fleet: Fleet, night: Night | None) -> Ending | None:
    """Describe how a command over a fleet ended; None if a person ended it, who needs no message.

    Args:
        ended: the command.
        fleet: the fleet.
        night: its run; None if it ended before.
    """
    exit_code = ended.exit_code
    if exit_code == Exit.INTERRUPTED:
        return None
    status = EndStatus.APPROVED if ended.command == "review" else _status(night, exit_code)
    results = night.results if night else ()
    plans = [result.plan for result in results if result.plan]
    return Ending(
        command=f"fleet {ended.command}",
        status=status,
        exit_code=exit_code,
        began_at=ended.began_at,
        ended_at=ended.ended_at,
        fleet=fleet.table.name,
        run=night.run if night else "",
        cause=_CAUSES.get(exit_code, cause_of(exit_code)) if status.is_failure else "",
        rules=_rules(night),
        changes=(sum_changes(results),) if plans else (),
        held=sum(plan.held for plan in plans),
        drift=None,
        requests=None,
        retries=None,
        accounts=night.counts if night else {},
        next_step=_next_step(status, fleet, night, ended.folder),
        report=f"rolesync fleet show -f {quote(str(fleet.path))}, on {socket.gethostname()}",
    )


def endings_of_accounts(ending: Ending, fleet: Fleet, night: Night | None) -> list[Ending]:
    """Describe how each account of a run over a fleet ended, for the metrics; of those left out, the last success."""
    try:
        last_success = read_index(fleet.folder).last_success
    except RolesyncError:  # a journal that can't be read must not keep the end from being reported
        last_success = {}
    results = night.results if night else ()
    names = {result.account for result in results}
    absent = [
        replace(_ending_of_account(AccountResult(each.name, AccountStatus.EMPTY), ending, success), is_absent=True)
        for each in fleet.enabled
        if each.name not in names and (success := last_success.get(each.name))
    ]
    ended = [_ending_of_account(result, ending, last_success.get(result.account, "")) for result in results]
    return [*ended, *absent]


def _ending_of_account(result: AccountResult, ending: Ending, last_success: str) -> Ending:
    plan = result.plan
    is_done = result.status in SUCCESSES
    is_planned = result.status in _WAITING and ending.command == "fleet plan"
    exit_code = Exit.DONE if is_done or is_planned else _EXIT_CODES.get(result.status, Exit.UNEXPECTED)
    waits = result.status in _WAITING
    return Ending(
        command=ending.command,
        status=EndStatus.UNCHANGED if is_done else EndStatus.WAITING if waits else EndStatus.FAILED,
        exit_code=exit_code,
        began_at=ending.ended_at - timedelta(seconds=result.seconds),
        ended_at=ending.ended_at,
        account=result.account,
        fleet=ending.fleet,
        rules=tuple(map(Rule, plan.guards)) if plan and result.status is AccountStatus.BLOCKED else (),
        changes=result.role_changes,
        held=plan.held if plan else None,
        drift=result.drift,
        requests=result.requests,
        retries=result.retries,
        list_age=result.list_age,
        last_success=last_success,
    )


def _status(night: Night | None, exit_code: int) -> EndStatus:
    statuses = set(night.counts) if night else set()
    if AccountStatus.WAITING in statuses and statuses <= _WAITING:
        return EndStatus.WAITING
    if exit_code in {Exit.DONE, Exit.PENDING}:
        has_changed = night is not None and any(_has_changed(result) for result in night.results)
        return EndStatus.CHANGED if has_changed else EndStatus.UNCHANGED
    if exit_code == Exit.BLOCKED:
        return EndStatus.BLOCKED
    return EndStatus.INCOMPLETE if exit_code == Exit.INCOMPLETE else EndStatus.FAILED


def _has_changed(result: AccountResult) -> bool:
    return any(change.added or change.removed for change in result.role_changes)


def _rules(night: Night | None) -> tuple[Rule, ...]:
    """Name the guards of the fleet, and of its accounts."""
    if night is None:
        return ()
    names = [verdict.rule for verdict in night.verdicts]
    for result in night.results:
        if result.plan and result.status is AccountStatus.BLOCKED:
            names += result.plan.guards
    return tuple(map(Rule, dict.fromkeys(names)))


def _next_step(status: EndStatus, fleet: Fleet, night: Night | None, folder: str) -> str:
    file = quote(str(fleet.path))
    if status in {EndStatus.WAITING, EndStatus.APPROVED}:
        word = "review" if status is EndStatus.WAITING else "apply"
        return f"rolesync fleet {word} {quote(folder) if folder else 'NIGHT'}"
    if status.is_failure:
        return f"rolesync fleet show -f {file}" if night else f"rolesync fleet check {file}"
    return ""
