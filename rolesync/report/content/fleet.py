"""What is shown of a run over a fleet, whatever form shows it: the verdict, and the tables of accounts."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rolesync.model.fleet import SUCCESSES, AccountResult, AccountStatus, FleetVerdict, Night, sum_changes
from rolesync.report.content.table import Column, Kind, Table
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, duration_text, escape_for_display, plural

CSV_COLUMNS = (
    *("account", "status", "run", "additions", "removals", "held", "seconds", "attempt", "message", "hint"),
    *("added", "removed"),
)

_ORDER = (
    AccountStatus.FAILED,
    AccountStatus.DIED,
    AccountStatus.RUNNING,
    AccountStatus.TIMED_OUT,
    AccountStatus.UNREACHABLE,
    AccountStatus.INCOMPLETE,
    AccountStatus.REFUSED,
    AccountStatus.LOCKED,
    AccountStatus.BLOCKED,
    AccountStatus.NOT_BEGUN,
    AccountStatus.WAITING,
    AccountStatus.PLANNED,
    AccountStatus.DONE,
    AccountStatus.EMPTY,
)
"""Those first that need a look."""


def night_title(night: Night) -> str:
    """Return the verdict in one or two words."""
    if night.blocked:
        return "BLOCKED"
    if night.stopped:
        return "STOPPED"
    fine = SUCCESSES | ({AccountStatus.PLANNED, AccountStatus.WAITING} if night.command == "plan" else set())
    return "COMPLETE" if all(result.status in fine for result in night.results) else "INCOMPLETE"


def night_sentence(night: Night) -> str:
    """Describe in a sentence how many accounts ended how, as in `fleet district: 198 done, 2 unreachable`."""
    counts = ", ".join(f"{number:,} {words}" for words, number in night_count_rows(night))
    return f"fleet {escape_for_display(night.fleet)}, {plural(len(night.results), 'account')}: {counts}"


def changes_sentence(night: Night) -> str:
    """Describe how many roles the plans of the night add and remove; or once they were to be applied, how many were.

    A check plans nothing, so that there is nothing to say.
    """
    if night.command == "check":
        return ""
    held = sum(result.plan.held for result in night.results if result.plan)
    if night.command not in {"apply", "sync"}:
        total = sum_changes(result for result in night.results if result.status is not AccountStatus.BLOCKED)
        blocked = sum_changes(result for result in night.results if result.status is AccountStatus.BLOCKED)
        number = blocked.additions + blocked.removals
        apart = f", {number:,} blocked" if number else ""
        return f"planned: {_numbers(total.additions, total.removals)}{apart}, {held:,} held"
    changes = [change for result in night.results for change in result.role_changes]
    added, removed = sum(change.added or 0 for change in changes), sum(change.removed or 0 for change in changes)
    unknown = sum(change.additions + change.removals for change in changes if change.added is None)
    before = sum(change.done_before for change in changes)
    undone = sum(change.additions + change.removals for change in changes) - added - removed - unknown
    other_numbers = [f"{undone:,} not done"] if undone else []
    other_numbers += [f"{unknown:,} perhaps done"] if unknown else []
    other_numbers += [f"{before:,} done before"] if before else []
    return ", ".join([f"done: {_numbers(added, removed)}", *other_numbers, f"{held:,} held"])


def _numbers(additions: int, removals: int) -> str:
    return f"{plural(removals, 'removal')}, {plural(additions, 'addition')}"


def night_count_rows(night: Night) -> list[tuple[str, int]]:
    """Count the accounts by how they ended, those first that need a look, and those that are not enabled."""
    words = Counter(map(result_words, sorted(night.results, key=lambda result: _ORDER.index(result.status))))
    return [*words.items(), *([("not enabled", len(night.disabled))] if night.disabled else [])]


def result_words(result: AccountResult) -> str:
    """Name for people how an account ended."""
    return "already applied" if result.already_applied and result.status is AccountStatus.DONE else result.status.words


def verdict_rows(verdicts: Iterable[FleetVerdict]) -> list[tuple[str, str, str]]:
    """Describe the guards that block: what happened, what to do, and the rule."""
    return [
        (
            escape_for_display(verdict.message, SENTENCE_LIMIT),
            escape_for_display(verdict.hint, SENTENCE_LIMIT),
            verdict.rule,
        )
        for verdict in verdicts
    ]


def attention_title(night: Night) -> str:
    """Describe how many accounts need a look."""
    number = sum(map(_needs_a_look, night.results))
    return f"{plural(number, 'account needs', 'accounts need')} a look" if number else "No account needs a look"


def durations(night: Night) -> list[str]:
    """Describe how long the night took, and its slowest account."""
    texts = []
    if night.started_at and night.finished_at:
        duration = datetime.fromisoformat(night.finished_at) - datetime.fromisoformat(night.started_at)
        texts.append(f"took {duration_text(round(duration.total_seconds()))}")
    if slowest := max(night.results, key=lambda result: result.seconds, default=None):
        name = escape_for_display(slowest.account, CELL_LIMIT)
        texts.append(f"slowest account: {name}, {duration_text(round(slowest.seconds))}")
    return texts


def night_tables(night: Night) -> Iterator[Table]:
    """Yield the tables of a night: accounts that need a look, those with changes, and those that are not enabled."""
    by_need = sorted(night.results, key=lambda result: _ORDER.index(result.status))
    to_look_at = [result for result in by_need if _needs_a_look(result)]
    changed_accounts = [result for result in by_need if not _needs_a_look(result) and _changes(result)]
    yield _accounts("attention", f"Accounts that need a look ({len(to_look_at):,})", to_look_at, _MESSAGES)
    yield _accounts("changed", f"Accounts with changes ({len(changed_accounts):,})", changed_accounts, ())
    disabled = list(night.disabled.items())
    columns = (
        Column("account", "account", Kind.NAME, lambda item: escape_for_display(item[0], CELL_LIMIT)),
        Column("reason", "reason", Kind.SENTENCE, lambda item: escape_for_display(item[1], SENTENCE_LIMIT)),
    )
    title = f"Accounts that are not enabled ({len(disabled):,})"
    yield Table("disabled", title, columns, len(disabled), lambda limit: disabled[:limit], "account")


def csv_rows(night: Night) -> Iterator[tuple[object, ...]]:
    """Yield a row of `CSV_COLUMNS` for each account."""
    for result in night.results:
        total, plan = sum_changes([result]), result.plan
        numbers = (total.additions, total.removals, plan.held) if plan else ("", "", "")
        done = (total.added, total.removed) if plan else (None, None)
        yield (
            result.account,
            result.status.value,
            result.run,
            *numbers,
            result.seconds,
            result.attempt,
            escape_for_display(result.message),
            escape_for_display(result.hint),
            *("" if number is None else number for number in done),
        )


def night_json(night: Night) -> dict[str, Any]:
    """Return a night as a JSON value."""
    return {
        "fleet": night.fleet,
        "run": night.run,
        "command": night.command,
        "started_at": night.started_at,
        "finished_at": night.finished_at or None,
        "stopped": night.stopped or None,
        "unrecorded": night.unrecorded or None,
        "counts": {status.value: number for status, number in night.counts.items()},
        "verdicts": [asdict(verdict) for verdict in night.verdicts],
        "accounts": [asdict(result) for result in night.results],
        "disabled": dict(night.disabled),
    }


def _needs_a_look(result: AccountResult) -> bool:
    if result.status in SUCCESSES | {AccountStatus.PLANNED}:
        return bool(result.message) and not result.already_applied
    return True


def _changes(result: AccountResult) -> str:
    total = sum_changes([result])
    return f"+{total.additions:,} -{total.removals:,}" if total.additions or total.removals else ""


def _accounts(key: str, title: str, results: list[AccountResult], messages: tuple[Column, ...]) -> Table:
    columns = (
        Column("account", "account", Kind.NAME, lambda result: escape_for_display(result.account, CELL_LIMIT)),
        Column("status", "status", Kind.TEXT, result_words, "any status"),
        Column("changes", "changes", Kind.TEXT, _changes),
        *messages,
        Column("time", "time", Kind.TEXT, lambda result: duration_text(round(result.seconds)), wide=True),
    )
    return Table(key, title, columns, len(results), lambda limit: results[:limit], "account")


def _message(result: AccountResult) -> str:
    message = _shown_message(result)
    hint = _shown_hint(result)
    return f"{message} > {hint}" if hint else message


def _shown_message(result: AccountResult) -> str:
    return escape_for_display(result.message, SENTENCE_LIMIT)


def _shown_hint(result: AccountResult) -> str:
    return escape_for_display(result.hint, SENTENCE_LIMIT)


_MESSAGES = (
    Column("message", "what happened, and what to do", Kind.SENTENCE, _message, wide=False),
    Column("message", "what happened", Kind.SENTENCE, _shown_message, wide=True),
    Column("hint", "next", Kind.SENTENCE, _shown_hint, wide=True),
)
