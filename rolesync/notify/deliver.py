"""Sends messages by their channels, in parallel; a failure is a result, never an error."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from rolesync.notify.http_delivery import DeliveryError, Network
from rolesync.notify.mail import send_mail
from rolesync.notify.message import Message
from rolesync.notify.program import run_program
from rolesync.notify.table import Channel, NotifyTable
from rolesync.notify.web_channels import send_ping, send_slack, send_start_ping, send_teams, send_webhook


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to the table of this number, from 1, and why it was not delivered; "" if it was."""

    number: int
    channel: Channel
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for a table; `number` is that of the table, from 1."""

    number: int
    table: NotifyTable
    message: Message
    exit_code: int = 0


_SENDERS: dict[Channel, Callable[[Message, NotifyTable, Network], None]] = {
    Channel.MAIL: send_mail,
    Channel.SLACK: send_slack,
    Channel.TEAMS: send_teams,
    Channel.WEBHOOK: send_webhook,
    Channel.COMMAND: run_program,
}


def deliver(outgoing: Sequence[Outgoing], network: Network) -> list[Delivery]:
    """Send messages in parallel, each within the bounds of its channel."""
    return _in_parallel([(each.number, each.table, partial(_send, each, network)) for each in outgoing])


def ping_starts(tables: Sequence[NotifyTable], network: Network) -> list[Delivery]:
    """Ping the watchdogs before a run, in parallel."""
    return _in_parallel(
        [
            (number, table, partial(send_start_ping, table, network))
            for number, table in enumerate(tables, 1)
            if table.to is Channel.PING
        ]
    )


def _send(outgoing: Outgoing, network: Network) -> None:
    if outgoing.table.to is Channel.PING:
        send_ping(outgoing.message, outgoing.table, network, outgoing.exit_code)
    else:
        _SENDERS[outgoing.table.to](outgoing.message, outgoing.table, network)


def _in_parallel(calls: Sequence[tuple[int, NotifyTable, Callable[[], None]]]) -> list[Delivery]:
    if not calls:
        return []
    with ThreadPoolExecutor(len(calls), thread_name_prefix="notify") as pool:
        futures = [(number, table, pool.submit(call)) for number, table, call in calls]
        return [Delivery(number, table.to, _error(future.exception())) for number, table, future in futures]


def _error(error: BaseException | None) -> str:
    """Describe why a delivery failed; the words of an unexpected error may hold a secret."""
    if error is None:
        return ""
    return str(error) if isinstance(error, DeliveryError) else f"unexpected {type(error).__name__}"
