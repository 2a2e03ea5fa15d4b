"""Reports how a command ended, as its last step: `main` wraps each command in `reported_end`.

A command calls `watch` with its settings to be reported, and adds facts with `note`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rolesync.errors import Exit, RolesyncError

if TYPE_CHECKING:
    from rolesync.fleet.fleet_file import Fleet
    from rolesync.model.fleet import Night
    from rolesync.model.plans import Plan
    from rolesync.model.runs import Run
    from rolesync.settings import Settings
    from rolesync.workflows.command_facts import CommandFacts


@dataclass
class CommandEnd:
    """The end of a command: its exit code, its error, what is known of it, and how it is reported.

    `facts` are those of a command over one account. `night` is the run of a command over a fleet, `folder` where its
    plans are. `report` is None for a command that doesn't take part.
    """

    exit_code: int = Exit.UNEXPECTED
    error: RolesyncError | None = None
    facts: "CommandFacts | None" = None
    night: "Night | None" = None
    folder: str = ""
    report: Callable[["CommandEnd"], None] | None = None


_current: ContextVar[CommandEnd | None] = ContextVar("command_end", default=None)


@contextmanager
def reported_end() -> Iterator[CommandEnd]:
    """Report how the command in the `with` block ended, if it takes part. Its exit code stays, whatever happens."""
    end = CommandEnd()
    token = _current.set(end)
    try:
        yield end
    finally:
        _current.reset(token)
        if end.report:
            _report(end, end.report)


def _report(end: CommandEnd, report: Callable[[CommandEnd], None]) -> None:
    from rolesync.notify.report_end import log_failure

    try:
        report(end)
    except KeyboardInterrupt:
        log_failure("reporting the end of the command was interrupted")
    except Exception as error:  # noqa: BLE001  # a defect here must not change how a finished run ends
        log_failure("the end of the command was not reported", reason=type(error).__name__)


def watch(command: str, settings: "Settings") -> "CommandFacts | None":
    """Report the end of this command as its settings ask, and ping watchdogs that it begins.

    Args:
        command: the command, such as `sync`.
        settings: its settings.

    Returns:
        What is known of the command, to count its requests; None outside `main`.
    """
    from rolesync.notify.report_end import report_start
    from rolesync.workflows.command_facts import CommandFacts
    from rolesync.workflows.notify import ending_of, report_command_end, reporting_of

    end = _current.get()
    if end is None:
        return None
    reporting, facts = reporting_of(settings), CommandFacts(command, datetime.now(UTC))

    def report(end: CommandEnd) -> None:
        facts.error = facts.error or end.error
        ending = ending_of(facts, end.exit_code, settings, datetime.now(UTC))
        report_command_end(ending, reporting)

    end.facts, end.report = facts, report
    if command != "review":
        report_start(reporting)
    return facts


def watch_fleet(command: str, fleet: "Fleet") -> None:
    """Report the end of a command over a fleet as its file asks, and ping watchdogs that it begins.

    Args:
        command: the command, such as `sync`; "" if it isn't reported.
        fleet: the fleet. A shard isn't reported, because the merge of all shards is.
    """
    import structlog

    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(fleet=fleet.table.name)
    end, began = _current.get(), datetime.now(UTC)
    if end is None or not command or fleet.shard:
        return
    from rolesync.fleet.notify import Command, ending_of_fleet, endings_of_accounts, fleet_reporting, is_reported
    from rolesync.notify.report_end import report_start
    from rolesync.workflows.notify import report_command_end

    if not is_reported(command, fleet):
        return
    reporting = fleet_reporting(fleet)

    def report(end: CommandEnd) -> None:
        ended = Command(command, end.exit_code, began, datetime.now(UTC), end.folder)
        ending = ending_of_fleet(ended, fleet, end.night)
        accounts = endings_of_accounts(ending, fleet, end.night) if ending else []
        report_command_end(ending, reporting, accounts)

    end.report = report
    if command != "review":
        report_start(reporting)


def note(
    *,
    plan: "Plan | None" = None,
    run: "Run | None" = None,
    error: RolesyncError | None = None,
    is_waiting: bool = False,
    next_step: str = "",
) -> None:
    """Add what a command has learned to the report of its end."""
    end = _current.get()
    if end is None or end.facts is None:
        return
    facts = end.facts
    facts.plan, facts.run, facts.error = plan or facts.plan, run or facts.run, error or facts.error
    facts.is_waiting, facts.next_step = is_waiting or facts.is_waiting, next_step or facts.next_step


def note_night(night: "Night | None", folder: str) -> None:
    """Add the run over a fleet to the report of its end; `folder` is where its plans are, "" for none."""
    if end := _current.get():
        end.night, end.folder = night, folder
