"""The history in the terminal: all runs, and the audit record of one.

An audit record is shown even if its shape is not what this version writes: what a known event is known to hold gets
its own place, and every other field is shown as it is.
"""

import json
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model import RunSummary
from rolesync.report.facts import SENTENCE_LIMIT, SHORT_DIGEST, SIGNS
from rolesync.report.terminal.pieces import column, heading, note, pairs, table, word, words
from rolesync.report.text import CELL_LIMIT, safe

_TITLES = {
    "plan": "a plan was made",
    "run.start": "a run began",
    "intent": "about to send",
    "outcome": "what came of it",
    "run.end": "the run ended",
}
_PLACE = ("chunk", "request")
_SHOWN_IN_TITLE = frozenset({"seq", "time", "event", "run", *_PLACE, "prev", "hash"})
"""Fields that need no line of their own; the chain's two hashes are for `audit verify`, not for reading."""

_UTC = "+00:00"
_MILLISECONDS = len("2026-11-02T02:30:00.000")
_MOVE_WIDTH = 26  # leaves room for most addresses beside it at 80 columns

_Record = Mapping[str, Any]


def runs_view(runs: Iterable[RunSummary]) -> RenderableType:
    """Show the history, one run a row, in the order given."""
    listed = list(runs)
    if not listed:
        return note("No run is recorded yet.")
    return table(
        [column("run, and its list"), column("started (UTC), plan"), column("result"), column("changes")],
        (
            (
                f"{safe(run.run_id, CELL_LIMIT)}\n{safe(run.source, CELL_LIMIT)}",
                f"{safe(run.started_at[:16].replace('T', ' '))}\n{safe(run.plan_digest[:SHORT_DIGEST])}",
                words(f"{run.kind}\n").append_text(word(safe(run.status, CELL_LIMIT))),
                _numbers(run.counts),
            )
            for run in listed
        ),
    )


def _numbers(numbers: Mapping[str, int]) -> str:
    planned = f"+{numbers.get('additions', 0):,} -{numbers.get('removals', 0):,}"
    others = [
        f"{safe(name, CELL_LIMIT).replace('_', ' ')} {number:,}"
        for name, number in numbers.items()
        if number and name not in {"additions", "removals"}
    ]
    return f"{planned}\n{', '.join(others)}" if others else planned


def record_view(records: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Show the audit records of one run, oldest first as they come; what came of a request stands with its intent."""
    listed = list(records)
    if not listed:
        return note("There is no record of this run.")
    runs = dict.fromkeys(_plain(record["run"]) for record in listed if "run" in record)
    parts: list[RenderableType] = [pairs([("run", ", ".join(runs) or "not named")])]
    for record, outcome in _with_outcomes(listed):
        parts.append(heading(_title(record)))
        parts.extend(_request(record, outcome) if _has_actions(record) else _facts(record, _SHOWN_IN_TITLE))
    return Group(*parts)


def _with_outcomes(records: Sequence[_Record]) -> Iterator[tuple[_Record, _Record | None]]:
    """Yield each record, an intent together with its outcome; an outcome without an intent stands for itself."""
    outcomes = defaultdict[tuple[str, ...], deque[_Record]](deque)
    for record in records:
        if record.get("event") == "outcome" and isinstance(record.get("after"), dict):
            outcomes[_marks(record)].append(record)
    shown = set()
    for record in records:
        if id(record) in shown:
            continue
        outcome = None
        if record.get("event") == "intent" and _has_actions(record) and outcomes[_marks(record)]:
            outcome = outcomes[_marks(record)].popleft()
            shown.add(id(outcome))
        yield record, outcome


def _marks(record: _Record) -> tuple[str, ...]:
    return tuple(_plain(record.get(name)) for name in ("run", *_PLACE))


def _has_actions(record: _Record) -> bool:
    actions = record.get("actions")
    return isinstance(actions, list) and all(isinstance(action, dict) for action in actions)


def _title(record: _Record) -> str:
    event = _plain(record.get("event", "no event"))
    place = [f"{name} {_plain(record[name])}" for name in _PLACE if name in record]
    known = f"{event}: {_TITLES[event]}" if event in _TITLES else event
    return f"{_when(record)}{', '.join((known, *place))}"


def _when(record: _Record) -> str:
    time = _plain(record.get("time", "no time"))
    if time.endswith(_UTC):
        time = f"{time.removesuffix(_UTC)[:_MILLISECONDS].replace('T', ' ')} UTC"
    return f"{_plain(record.get('seq', '?'))}  {time}  "


def _request(intent: _Record, outcome: _Record | None) -> Iterator[RenderableType]:
    """Show what was sent and, where that is recorded, what came of it."""
    if outcome:
        yield words(_when(outcome), "bold").append_text(_answer(outcome))
    elif intent.get("event") == "intent":
        yield note("No outcome is recorded: the run stopped here, or still waits for the answer.", "yellow")
    yield from _facts(intent, _SHOWN_IN_TITLE | {"actions", "before"})
    after: Mapping[str, Any] = {}
    if outcome:
        in_place = {"status", "seconds", "after"} if outcome.get("error") else {"status", "seconds", "after", "error"}
        yield from _facts(outcome, _SHOWN_IN_TITLE | in_place)
        after = outcome["after"]
    yield _actions(intent["actions"], intent.get("before"), after)
    asked = {str(action.get("user_id")) for action in intent["actions"]}
    others = {user: roles for user, roles in after.items() if user not in asked}
    if others:
        yield pairs([("also answered", _plain(others))])


def _answer(outcome: _Record) -> Text:
    status, seconds = outcome.get("status", "no status"), outcome.get("seconds")
    took = f"{seconds:.3f} s" if isinstance(seconds, float) else _plain(seconds)
    said = f"Studio answered {status}" if isinstance(status, int) else _plain(status)
    style = {200: "green", "unknown": "yellow"}.get(status if isinstance(status, int | str) else "", "red")
    return words("outcome: ", "bold").append(f"{said}", style).append(f" after {took}")


def _facts(record: _Record, skipped: Collection[str]) -> Iterator[RenderableType]:
    facts = [(safe(str(name), CELL_LIMIT), _plain(value)) for name, value in _fields(record) if name not in skipped]
    if facts:
        yield pairs(facts)


def _fields(record: _Record) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record, those of its source one by one: a path and a hash don't fit on one line."""
    for name, value in record.items():
        if name == "source" and isinstance(value, dict) and "path" in value:
            yield name, value["path"]
            yield from ((inner, value[inner]) for inner in value if inner != "path")
        else:
            yield name, value


def _actions(actions: Sequence[_Record], before: object, after: _Record) -> RenderableType:
    held = before if isinstance(before, dict) else {}
    return table(
        [
            column("change"),
            column("person"),
            column("roles before → after" if after else "roles before"),
            column("row", right=True, whole=True),
        ],
        (
            (
                _change(action),
                _person(action),
                _move(_roles(held, action), _roles(after, action)) if after else _roles(held, action),
                _plain(action["row"]) if action.get("row") else "",
            )
            for action in actions
        ),
    )


def _change(action: _Record) -> str:
    verb = action.get("action", "?")
    return f"{SIGNS.get(str(verb), '?')} {_plain(verb)} {_plain(action.get('role', '?'))}"


def _move(before: str, after: str) -> str:
    on_one_line = len(before) + len(after) + len(" → ") <= _MOVE_WIDTH
    return f"{before} → {after}" if on_one_line else f"{before}\n→ {after}"


def _roles(held: _Record, action: _Record) -> str:
    return _plain(held.get(str(action.get("user_id")), "not told"))


def _person(action: _Record) -> str:
    email = f"{_plain(action['email'])} " if action.get("email") else ""
    return f"{email}#{_plain(action.get('user_id', '?'))}"


def _plain(value: object) -> str:
    """Spell any value of a record: a mapping a line per key, a list with commas, what lies deeper as JSON."""
    if isinstance(value, dict) and not _is_count(value):
        return "\n".join(f"{safe(str(name), CELL_LIMIT)}: {_item(item)}" for name, item in value.items())
    return _item(value)


def _is_count(value: dict[str, Any]) -> bool:
    return all(type(number) is int for number in value.values())


def _item(value: object) -> str:
    if isinstance(value, dict) and _is_count(value):
        return ", ".join(f"{safe(str(name), CELL_LIMIT)} {number:,}" for name, number in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_leaf(item) for item in value) or "none"
    return _leaf(value)


def _leaf(value: object) -> str:
    if value in (None, ""):
        return "none"
    spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return safe(spelled, SENTENCE_LIMIT)
