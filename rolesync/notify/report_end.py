"""The story after a command: decide who gets a message, deliver, remember, write the metrics; never raises."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

import structlog

from rolesync.notify.deliver import Delivery, Outgoing, deliver, ping_starts
from rolesync.notify.ending import Ending
from rolesync.notify.http_delivery import DeliveryError, Network
from rolesync.notify.memory import ChannelMemory, Decision, Memory, channel_key, decide, load_memory, save_memory
from rolesync.notify.message import Message, compose
from rolesync.notify.metrics import Measured, format_metrics, labels_of
from rolesync.notify.metrics_output import push_metrics, write_metrics
from rolesync.notify.table import Channel, NotifyTable


@dataclass(frozen=True)
class Reporting:
    """Where the end of a command is reported.

    Attributes:
        tables: the channels.
        folder: where it is remembered what they were sent; None to remember nothing.
        metrics_file: the file of metrics; None for none.
        metrics_push: the address of a Pushgateway; "" for none.
        network: what deliveries work with.
    """

    tables: tuple[NotifyTable, ...] = ()
    folder: Path | None = None
    metrics_file: Path | None = None
    metrics_push: str = ""
    network: Network = field(default_factory=Network)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is reported anywhere."""
        return not (self.tables or self.metrics_file or self.metrics_push)


def report_start(reporting: Reporting) -> None:
    """Ping the watchdogs before a run."""
    _log_deliveries(ping_starts(reporting.tables, reporting.network))


def report_end(ending: Ending, reporting: Reporting, accounts: Sequence[Ending] = ()) -> list[Delivery]:
    """Send the messages about an end, and write its metrics.

    Args:
        ending: how a command ended, for an account or a fleet.
        reporting: where it is reported.
        accounts: how the accounts of a fleet ended, for the metrics.

    Returns:
        The deliveries that were tried.
    """
    memory = (load_memory(reporting.folder) if reporting.folder else Memory()).corrected(ending.ended_at)
    keys = list(map(channel_key, reporting.tables))
    decisions = [
        decide(table, ending, memory.channels.get(key, ChannelMemory()))
        for key, table in zip(keys, reporting.tables, strict=True)
    ]
    outgoing = [
        Outgoing(number, table, _message(ending, decision), ending.exit_code)
        for number, (table, decision) in enumerate(zip(reporting.tables, decisions, strict=True), 1)
        if decision.is_sent or (table.to is Channel.PING and ending.is_run)
    ]
    deliveries = deliver(outgoing, reporting.network)
    failed = {delivery.number for delivery in deliveries if delivery.error}
    _log_deliveries(deliveries)
    if reporting.folder:
        channels = {
            key: decision.if_sent if decision.is_sent and number not in failed else decision.if_not
            for number, (key, decision) in enumerate(zip(keys, decisions, strict=True), 1)
        }
        _remember(reporting.folder, replace(memory, channels=channels), ending)
    last_success = ending.last_success or memory.last_success
    measured = [Measured(ending, last_success, len(failed))]
    measured += [Measured(account, account.last_success, None) for account in accounts]
    if ending.is_run:
        _write_metrics(format_metrics(measured), ending, reporting)
    return deliveries


def _message(ending: Ending, decision: Decision) -> Message:
    return compose(ending, failing_since=decision.failing_since, is_alive_sign=decision.is_alive_sign)


def _remember(folder: Path, memory: Memory, ending: Ending) -> None:
    if ending.is_success:
        memory = replace(memory, last_success=ending.ended_at.astimezone(UTC).isoformat())
    try:
        save_memory(folder, memory)
    except OSError as error:
        reason = error.strerror or "it can't be written"
        log_failure("what was sent is not remembered", reason=reason)


def _write_metrics(text: str, ending: Ending, reporting: Reporting) -> None:
    if reporting.metrics_file:
        try:
            write_metrics(reporting.metrics_file, text)
        except OSError as error:
            log_failure("metrics not written", file=str(reporting.metrics_file), reason=error.strerror or "no file")
    if reporting.metrics_push:
        try:
            push_metrics(reporting.metrics_push, labels_of(ending), text, reporting.network)
        except DeliveryError as error:
            log_failure("metrics not pushed", reason=str(error))


def _log_deliveries(deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        place: dict[str, object] = {"table": delivery.number, "channel": delivery.channel.value}
        if delivery.error:
            log_failure("notification not delivered", **place, reason=delivery.error)
        else:
            structlog.get_logger("rolesync.notify").info("notification delivered", **place)


def log_failure(event: str, **fields: object) -> None:
    """Log that an end was not reported as the settings ask: an error, so that quiet commands show it, too."""
    structlog.get_logger("rolesync.notify").error(event, **fields)
