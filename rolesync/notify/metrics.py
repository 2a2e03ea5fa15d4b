"""Metrics of ended commands in Prometheus' text format.

Our own writer, because the format of gauges is thirty lines, and the client library writes files with the umask's mode.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rolesync.notify.ending import Ending

Labels = Mapping[str, str]
Sample = tuple[Labels, float]

METRICS = {
    "rolesync_last_run_timestamp_seconds": "Time at which the last run ended.",
    "rolesync_last_success_timestamp_seconds": "Time at which the last successful run ended; kept over failures.",
    "rolesync_last_run_exit_code": "Exit code of the last run; 0 is a success.",
    "rolesync_last_run_duration_seconds": "Duration of the last run.",
    "rolesync_last_run_planned_changes": "Changes that the last run planned, by action and role.",
    "rolesync_last_run_done_changes": "Changes that the last run did, by action and role.",
    "rolesync_last_run_held_changes": "Changes that the last run held.",
    "rolesync_last_run_drifted_changes": "Changes by other hands that the last run noticed.",
    "rolesync_last_run_requests": "Requests to Studio of the last run.",
    "rolesync_last_run_retries": "Repeated attempts of requests of the last run.",
    "rolesync_last_run_blocking_guard": "1 for each guard that blocked the last run.",
    "rolesync_list_age_seconds": "Age of the list when the last run ended.",
    "rolesync_last_run_failed_notifications": "Messages of the last run that could not be delivered.",
    "rolesync_fleet_accounts": "Accounts of the fleet by how they ended in the last run.",
}
"""Every metric, with its help text. All are gauges."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An ended command, and what only its caller knows.

    `last_success` is the time of the last success before, ISO 8601, "" for none. `failed_notifications` is None for an
    account of a fleet, whose messages are the fleet's.
    """

    ending: Ending
    last_success: str = ""
    failed_notifications: int | None = 0


def format_metrics(measured: Sequence[Measured]) -> str:
    """Format the metrics of a command, or of a fleet and its accounts; without timestamps of samples."""
    samples: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for each in measured:
        for name, labels, value in _samples(each):
            samples[name].append((labels, value))
    return "".join(_lines(name, samples[name]) for name in METRICS if samples[name])


def labels_of(ending: Ending) -> Labels:
    """Return the labels that name an account, a fleet, or an account of a fleet."""
    return {name: text for name, text in (("account", ending.account), ("fleet", ending.fleet)) if text}


def _samples(measured: Measured) -> Iterator[tuple[str, Labels, float]]:
    ending, base = measured.ending, labels_of(measured.ending)
    is_success = ending.is_success and not ending.is_absent
    success = ending.ended_at.timestamp() if is_success else _timestamp(measured.last_success)
    if success is not None:
        yield "rolesync_last_success_timestamp_seconds", base, success
    if ending.is_absent:
        return
    yield "rolesync_last_run_timestamp_seconds", base, ending.ended_at.timestamp()
    yield "rolesync_last_run_exit_code", base, ending.exit_code
    yield "rolesync_last_run_duration_seconds", base, ending.seconds
    if measured.failed_notifications is not None:
        yield "rolesync_last_run_failed_notifications", base, measured.failed_notifications
    for status, number in ending.accounts.items():
        yield "rolesync_fleet_accounts", {**base, "status": status.value}, number
    yield from _samples_of_changes(ending, base)
    for name in dict.fromkeys(rule.name for rule in ending.rules):
        yield "rolesync_last_run_blocking_guard", {**base, "rule": name}, 1
    numbers: tuple[tuple[str, float | None], ...] = (
        ("rolesync_last_run_held_changes", ending.held),
        ("rolesync_last_run_drifted_changes", ending.drift),
        ("rolesync_last_run_requests", ending.requests),
        ("rolesync_last_run_retries", ending.retries),
        ("rolesync_list_age_seconds", ending.list_age),
    )
    yield from ((name, base, number) for name, number in numbers if number is not None)


def _samples_of_changes(ending: Ending, base: Labels) -> Iterator[tuple[str, Labels, float]]:
    if not ending.account:  # those of a fleet are the sum of its accounts
        return
    for change in ending.changes:
        labels = {**base, **({"role": change.role} if change.role else {})}
        for action, planned, done in (
            ("add", change.additions, change.added),
            ("remove", change.removals, change.removed),
        ):
            yield "rolesync_last_run_planned_changes", {**labels, "action": action}, planned
            if done is not None:
                yield "rolesync_last_run_done_changes", {**labels, "action": action}, done


def _lines(name: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {METRICS[name]}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inner = ",".join(f'{label}="{_escape(text)}"' for label, text in sorted(labels.items()))
        number = f"{value:.3f}".rstrip("0").rstrip(".")
        lines.append(f"{name}{{{inner}}} {number}" if inner else f"{name} {number}")
    return "".join(f"{line}\n" for line in lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _timestamp(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None
