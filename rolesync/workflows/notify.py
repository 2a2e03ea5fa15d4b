"""Describes how a command over one account ended, and sends that to the channels of its settings."""

import socket
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import structlog

from rolesync import __version__
from rolesync.configuration.settings_sources import folder_of
from rolesync.errors import Exit, StudioError, UsageError
from rolesync.model.hosts import is_loopback
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.notify.deliver import Delivery, Outgoing, deliver
from rolesync.notify.ending import Ending, EndStatus, Rule, cause_of
from rolesync.notify.http_delivery import Network
from rolesync.notify.message import compose
from rolesync.notify.report_end import Reporting, report_end
from rolesync.settings import Settings
from rolesync.workflows.command_facts import CommandFacts

_DETAILS_SHOWN = 50
_SIGNALS = 128


def reporting_of(settings: Settings) -> Reporting:
    """Collect from the settings the channels to which the end of a command is reported."""
    try:
        memory = settings.account_dir
    except UsageError:  # no Studio is set
        memory = None
    proxy = settings.proxy
    network = Network(
        folder=folder_of(settings.origins.get("notify")),
        user_agent=f"rolesync/{__version__}",
        ca_bundle=str(settings.ca_bundle or ""),
        proxy=lambda address: proxy_of(address, proxy),
    )
    return Reporting(settings.notify, memory, settings.metrics_file, settings.metrics_push, network)


def proxy_of(address: str, proxy: str) -> str:
    """Choose the proxy for an address: that of the settings, or of the environment; none for this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if is_loopback(host) or (not proxy and proxy_bypass(host)):
        return ""
    return proxy or getproxies().get(parts.scheme, "")


def ending_of(facts: CommandFacts, exit_code: int, settings: Settings, now: datetime) -> Ending | None:
    """Describe how a command ended; None if a person interrupted it: no message is needed.

    Args:
        facts: what is known of the command.
        exit_code: its exit code.
        settings: its settings.
        now: the time.
    """
    if exit_code == Exit.INTERRUPTED:
        return None
    plan, run = facts.plan, facts.run
    status = _status(facts, exit_code)
    return Ending(
        command=facts.command,
        status=status,
        exit_code=exit_code,
        began_at=facts.began_at,
        ended_at=now,
        account=_account(settings),
        run=run.run_id if run else "",
        cause=_cause(facts, exit_code) if status.is_failure else "",
        rules=_rules(plan) if plan and status is EndStatus.BLOCKED else (),
        changes=facts.changes,
        held=len(plan.held) if plan else None,
        drift=facts.drift,
        requests=facts.requests,
        retries=facts.retried,
        list_age=facts.list_age(now),
        next_step=facts.next_step or _next_step(status, exit_code, run),
        report=_report(settings),
        details=tuple(_details(facts)),
    )


def report_command_end(ending: Ending | None, reporting: Reporting, accounts: Sequence[Ending] = ()) -> None:
    """Log how a command ended, and report it; nothing if a person interrupted it. `accounts` are those of a fleet."""
    if ending is None:
        return
    structlog.get_logger("rolesync").info(
        "ended",
        command=ending.command,
        status=ending.status.value,
        exit_code=ending.exit_code,
        seconds=round(ending.seconds, 3),
        requests=ending.requests,
        retries=ending.retries,
    )
    if not reporting.is_empty:
        report_end(ending, reporting, accounts)


def send_test(reporting: Reporting, *, account: str = "", fleet: str = "", report: str = "") -> list[Delivery]:
    """Send a test message by every channel, for whichever ends it is set; the test is not remembered."""
    now = reporting.network.now()
    ending = Ending("notify --test", EndStatus.TEST, 0, now, now, account=account, fleet=fleet, report=report)
    message = compose(ending)
    return deliver([Outgoing(at, table, message) for at, table in enumerate(reporting.tables, 1)], reporting.network)


def send_test_of(settings: Settings) -> list[Delivery]:
    """Send a test message by every channel of the settings."""
    return send_test(reporting_of(settings), account=_account(settings), report=_report(settings))


def _status(facts: CommandFacts, exit_code: int) -> EndStatus:
    if facts.command == "review":
        return EndStatus.APPROVED
    if facts.is_waiting and exit_code in {Exit.DONE, Exit.PENDING, Exit.BLOCKED}:
        return EndStatus.WAITING
    if exit_code in {Exit.DONE, Exit.PENDING}:
        has_changed = any(change.added or change.removed for change in facts.changes)
        return EndStatus.CHANGED if has_changed and facts.run is not None else EndStatus.UNCHANGED
    if exit_code == Exit.BLOCKED:
        return EndStatus.BLOCKED
    return EndStatus.INCOMPLETE if exit_code == Exit.INCOMPLETE else EndStatus.FAILED


def _cause(facts: CommandFacts, exit_code: int) -> str:
    if exit_code == Exit.INPUT_REFUSED and facts.error:
        return "the list can't be read"
    return cause_of(exit_code, facts.error.status if isinstance(facts.error, StudioError) else 0)


def _account(settings: Settings) -> str:
    try:
        return urlsplit(settings.studio).netloc
    except UsageError:
        return ""


def _rules(plan: Plan) -> tuple[Rule, ...]:
    return tuple(Rule(verdict.rule, verdict.role, verdict.limit, verdict.value) for verdict in plan.blocked)


_NEXT = {
    Exit.UNEXPECTED: "read the log of this run; then rolesync doctor",
    Exit.INPUT_REFUSED: "rolesync validate FILE",
    Exit.BLOCKED: "rolesync plan FILE, and look at what it would remove; rolesync help guards",
    Exit.STUDIO: "rolesync doctor",
    Exit.LOCKED: "wait for the other run; rolesync runs",
    Exit.USAGE: "read the log of this run; then rolesync config show",
}


def _next_step(status: EndStatus, exit_code: int, run: Run | None) -> str:
    if status is EndStatus.UNCHANGED:
        return ""
    if run is not None:
        return f"rolesync show {run.run_id}"
    return _NEXT.get(Exit(exit_code), "") if exit_code < _SIGNALS else "rolesync runs"


def _report(settings: Settings) -> str:
    try:
        folder = settings.account_dir
    except UsageError:
        return ""
    return f"{folder} on {socket.gethostname()}"


def _details(facts: CommandFacts) -> Iterator[str]:
    """Yield the lines for mails with `detail = "people"` only: the error in full, and the changes with their users."""
    if facts.error:
        yield facts.error.message
        if facts.error.hint:
            yield f"→ {facts.error.hint}"
    if facts.run is not None:
        changes = facts.run.new_outcomes
        outcomes = changes["outcome"].tolist()
    elif facts.plan is not None:
        changes = facts.plan.changes
        outcomes = ["planned"] * len(changes)
    else:
        return
    columns = (changes[name].head(_DETAILS_SHOWN).tolist() for name in ("action", "role", "email", "user_id"))
    for outcome, action, role, email, user_id in zip(outcomes[:_DETAILS_SHOWN], *columns, strict=True):
        yield f"{action} {role}: {email or user_id} ({outcome})"
    if len(changes) > _DETAILS_SHOWN:
        yield f"… and {len(changes) - _DETAILS_SHOWN:,} more"
