"""The audit records of one run in the terminal, whatever their shape."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.audit.own_events import RecordKey, RecordRecovered
from rolesync.history.events import Intent, Outcome, PlanMade, Recovered, Reread, RunEnd, RunStart
from rolesync.history.shown_records import (
    ActionEntry,
    AnswerEntry,
    Facts,
    RecordEntry,
    RequestEntry,
    record_entries,
)
from rolesync.report.content.table import SIGNS
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import column, heading, note, pairs, table, words

_TITLES = {
    PlanMade.NAME: "a plan was created",
    RunStart.NAME: "the run started",
    Intent.NAME: "about to send",
    Outcome.NAME: "Studio's answer",
    RunEnd.NAME: "the run ended",
    Reread.NAME: "the result, read again from Studio",
    Recovered.NAME: "the result, read from Studio by a later run",
    RecordKey.NAME: "the seal of the records from here on",
    RecordRecovered.NAME: "repaired after a crash",
}

_UTC = "+00:00"
_MILLISECONDS = len("2026-11-02T02:30:00.000")
_MOVE_WIDTH = 26  # leaves room for most addresses at 80 columns


def record_view(records: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Show the audit records of one run, oldest first; the answers to a request follow its intent."""
    entries = list(record_entries(records))
    if not entries:
        return note("The record has nothing of this run.")
    runs = dict.fromkeys(_plain(entry.run) for entry in entries if entry.run is not None)
    parts: list[RenderableType] = [pairs([("run", ", ".join(runs) or "unknown")])]
    for entry in entries:
        parts.append(heading(_title(entry)))
        parts.extend(_request(entry, entry.request) if entry.request else _facts(entry.facts))
    return Group(*parts)


def _title(entry: RecordEntry) -> str:
    event = _plain(entry.event)
    place = [f"{name} {_plain(value)}" for name, value in entry.place]
    title = f"{event}: {_TITLES[event]}" if event in _TITLES else event
    return f"{_when(entry)}{', '.join((title, *place))}"


def _when(entry: RecordEntry | AnswerEntry) -> str:
    time = _plain(entry.time)
    if time.endswith(_UTC):
        time = f"{time.removesuffix(_UTC)[:_MILLISECONDS].replace('T', ' ')} UTC"
    return f"{_plain(entry.seq)}  {time}  "


def _request(entry: RecordEntry, request: RequestEntry) -> Iterator[RenderableType]:
    """Show a request and its recorded results."""
    if request.is_open:
        waiting = "" if request.answers else ", or is still waiting for the answer"
        yield note(f"No outcome is recorded: the run stopped here{waiting}.", "yellow")
    for answer in request.answers:
        yield words(_when(answer), "bold").append_text(_answer(answer))
    yield from _facts(entry.facts)
    for answer in request.answers:
        yield from _facts(answer.facts)
    yield _actions(request)
    if request.other_users:
        yield pairs([("also answered", _plain(request.other_users))])
    if request.replaced:
        yield pairs([("first answer", _plain(request.replaced))])


def _answer(answer: AnswerEntry) -> Text:
    if not answer.is_outcome:
        return words(f"{answer.event}: {_TITLES[answer.event]}", "bold")
    status, seconds = answer.status, answer.seconds
    duration = f"{seconds:.3f} s" if isinstance(seconds, float) else _plain(seconds)
    text = f"Studio answered {status}" if isinstance(status, int) else _plain(status)
    style = {200: "green", "unknown": "yellow"}.get(status if isinstance(status, int | str) else "", "red")
    return words(f"{answer.event}: ", "bold").append(text, style).append(f" after {duration}")


def _facts(facts: Facts) -> Iterator[RenderableType]:
    if facts:
        yield pairs([(escape_for_display(str(name), CELL_LIMIT), _plain(value)) for name, value in facts])


def _actions(request: RequestEntry) -> RenderableType:
    return table(
        [
            column("change"),
            column("user"),
            column("roles before → after" if request.has_roles_after else "roles before"),
            column("row", right=True, whole=True),
        ],
        (
            (
                f"{SIGNS.get(str(action.action), '?')} {_plain(action.action)} {_plain(action.role)}",
                f"{_plain(action.email)} #{_plain(action.user_id)}" if action.email else f"#{_plain(action.user_id)}",
                _move(action) if request.has_roles_after else _plain(action.before),
                _plain(action.row) if action.row else "",
            )
            for action in request.actions
        ),
    )


def _move(action: ActionEntry) -> str:
    before, after = _plain(action.before), _plain(action.after)
    on_one_line = len(before) + len(after) + len(" → ") <= _MOVE_WIDTH
    return f"{before} → {after}" if on_one_line else f"{before}\n→ {after}"


def _plain(value: object) -> str:
    """Format a value of a record: a mapping as one line a key, a list with commas, deeper values as JSON."""
    if isinstance(value, dict) and not _is_count(value):
        return "\n".join(f"{escape_for_display(str(name), CELL_LIMIT)}: {_item(item)}" for name, item in value.items())
    return _item(value)


def _is_count(value: dict[str, Any]) -> bool:
    return all(type(number) is int for number in value.values())


def _item(value: object) -> str:
    if isinstance(value, dict) and _is_count(value):
        return (
            ", ".join(f"{escape_for_display(str(name), CELL_LIMIT)} {number:,}" for name, number in value.items())
            or "none"
        )
    if isinstance(value, list):
        return ", ".join(_leaf(item) for item in value) or "none"
    return _leaf(value)


def _leaf(value: object) -> str:
    if value in (None, ""):
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape_for_display(text, SENTENCE_LIMIT)
