"""The message about how a command ended: a title, a few facts, and the same as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rolesync.notify.ending import Ending, EndStatus, Rule

_WORDS = {
    EndStatus.FAILED: "FAILED",
    EndStatus.BLOCKED: "BLOCKED",
    EndStatus.INCOMPLETE: "INCOMPLETE",
    EndStatus.WAITING: "Changes wait for approval",
    EndStatus.APPROVED: "APPROVED",
    EndStatus.CHANGED: "CHANGED",
    EndStatus.UNCHANGED: "OK",
    EndStatus.TEST: "Test message",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    `title` is one line. `facts` are labels with their texts, in the order of their importance. `data` is the same for
    programs. `details` are lines that name people.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    data: Mapping[str, Any]
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The facts as lines."""
        return "\n".join(f"{label}: {text}" for label, text in self.facts)


def compose(ending: Ending, *, failing_since: str = "", is_alive_sign: bool = False) -> Message:
    """Write the message about an end.

    Args:
        ending: the end.
        failing_since: when the failures began that this success ends; ISO 8601, "" if there were none.
        is_alive_sign: whether the message is sent only since the channel got none for so long.
    """
    facts = tuple(_facts(ending, failing_since, is_alive_sign=is_alive_sign))
    recovered = bool(failing_since) and ending.status.is_success
    return Message(
        title=f"rolesync: {'RECOVERED, ' if recovered else ''}{_headline(ending)}",
        facts=facts,
        data=_data(ending, failing_since if recovered else "", is_alive_sign=is_alive_sign),
        details=ending.details,
    )


def _headline(ending: Ending) -> str:
    word = _WORDS[ending.status]
    if ending.status is EndStatus.BLOCKED and ending.rules:
        word += f" by {', '.join(dict.fromkeys(rule.name for rule in ending.rules))}"
    elif ending.status is EndStatus.FAILED and ending.cause:
        word += f", {ending.cause}"
    return f"{word}: {ending.place}"


def _facts(ending: Ending, failing_since: str, *, is_alive_sign: bool) -> Iterator[tuple[str, str]]:
    if failing_since and ending.status.is_success:
        yield "Recovered", f"it had failed since {failing_since}"
    if is_alive_sign:
        yield "Sign of life", "the runs succeed; there was no other message for a while"
    if ending.accounts:
        yield "Accounts", ", ".join(f"{number:,} {status.words}" for status, number in ending.accounts.items())
    if text := _changes_text(ending):
        yield "Changes", text
    if ending.rules:
        yield "Rule", "; ".join(map(_rule_text, ending.rules))
    if ending.cause and ending.status.is_failure:
        yield "Cause", ending.cause
    if ending.drift:
        yield "Drift", f"{ending.drift:,} changes by others since the last run"
    if ending.next_step:
        yield "Next", ending.next_step
    if ending.report:
        yield "Report", ending.report
    run = f", run {ending.run}" if ending.run else ""
    yield "Command", f"rolesync {ending.command}, exit code {ending.exit_code}{run}"
    yield "Time", f"{_utc(ending.ended_at)}, after {ending.seconds:.0f} s"


def _changes_text(ending: Ending) -> str:
    parts = [
        f"{change.role or 'all roles'} +{change.additions:,} -{change.removals:,}"
        for change in ending.changes
        if change.additions or change.removals
    ]
    planned = sum(change.additions + change.removals for change in ending.changes)
    numbers = [number for change in ending.changes for number in (change.added, change.removed)]
    if planned and None not in numbers:
        parts.append(f"{sum(filter(None, numbers)):,} of {planned:,} done")
    if before := sum(change.done_before for change in ending.changes):
        parts.append(f"{before:,} done before")
    if ending.held:
        parts.append(f"{ending.held:,} held")
    return ", ".join(parts) or ("none" if ending.status is EndStatus.UNCHANGED else "")


def _rule_text(rule: Rule) -> str:
    numbers = [
        f"{label} {number:g}" for label, number in (("limit", rule.limit), ("value", rule.value)) if number is not None
    ]
    about = ", ".join([*([rule.role] if rule.role else []), *numbers])
    return f"{rule.name} ({about})" if about else rule.name


def _data(ending: Ending, recovered_from: str, *, is_alive_sign: bool) -> dict[str, Any]:
    return {
        "rolesync_notice": 1,
        "event": ending.status.value,
        "recovered_from": recovered_from or None,
        "is_alive_sign": is_alive_sign,
        "account": ending.account or None,
        "fleet": ending.fleet or None,
        "command": ending.command,
        "run": ending.run or None,
        "exit_code": ending.exit_code,
        "cause": ending.cause or None,
        "began_at": ending.began_at.astimezone(UTC).isoformat(),
        "ended_at": ending.ended_at.astimezone(UTC).isoformat(),
        "changes": [
            {
                "role": change.role or None,
                "planned": {"add": change.additions, "remove": change.removals},
                "done": {"add": change.added, "remove": change.removed},
                "done_before": change.done_before,
            }
            for change in ending.changes
        ],
        "held": ending.held,
        "drift": ending.drift,
        "accounts": {status.value: number for status, number in ending.accounts.items()} or None,
        "rules": [
            {"rule": rule.name, "role": rule.role or None, "limit": rule.limit, "value": rule.value}
            for rule in ending.rules
        ],
        "next": ending.next_step or None,
        "report": ending.report or None,
    }


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
