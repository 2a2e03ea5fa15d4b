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

from rolesync.model.run_report import RunSummary
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.content.table import SIGNS
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import column, heading, lines, note, pairs, table, word, words

_TITLES = {
    "plan": "a plan was made",
    "run.start": "a run began",
    "intent": "about to send",
    "outcome": "what came of it",
    "run.end": "the run ended",
    "reread": "Studio was asked again what came of it",
    "recovered": "a later run asked Studio what came of it",
    "record.key": "from here on the record is sealed like this",
    "record.recovered": "what a crash left here was explained",
}
_ASKED_AGAIN = ("reread", "recovered")  # no set: a record's event may be anything, and not hashable
_GONE = "no longer in Studio"
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
        [column("run, its list, by whom"), column("started (UTC), plan"), column("result"), column("changes")],
        (
            (
                lines(*(escape_for_display(one, CELL_LIMIT) for one in (run.run_id, run.source, run.operator))),
                (
                    f"{escape_for_display(run.started_at[:16].replace('T', ' '))}\n"
                    f"{escape_for_display(run.plan_digest[:SHORT_DIGEST])}"
                ),
                words(f"{run.kind}\n").append_text(word(escape_for_display(run.status, CELL_LIMIT))),
                _numbers(run.counts),
            )
            for run in listed
        ),
    )


def _numbers(numbers: Mapping[str, int]) -> str:
    planned = f"+{numbers.get('additions', 0):,} -{numbers.get('removals', 0):,}"
    others = [
        f"{escape_for_display(name, CELL_LIMIT).replace('_', ' ')} {number:,}"
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
    for record, answers in _with_answers(listed):
        parts.append(heading(_title(record)))
        parts.extend(_request(record, answers) if _has_actions(record) else _facts(record, _SHOWN_IN_TITLE))
    return Group(*parts)


def _with_answers(records: Sequence[_Record]) -> Iterator[tuple[_Record, Sequence[_Record]]]:
    """Yield each record, an intent together with its outcome and with whatever Studio said later about it.

    What has no intent, and a second outcome of one, stands for itself.
    """
    answers = defaultdict[tuple[str, ...], deque[_Record]](deque)
    for record in records:
        if record.get("event") in ("outcome", *_ASKED_AGAIN) and isinstance(record.get("after"), dict):
            answers[_marks(record)].append(record)
    shown: set[int] = set()
    for record in records:
        if id(record) in shown:
            continue
        own: list[_Record] = []
        if record.get("event") == "intent" and _has_actions(record):
            own = _first_outcome_and_later(answers.pop(_marks(record), ()))
            shown.update(map(id, own))
        yield record, own


def _first_outcome_and_later(answers: Iterable[_Record]) -> list[_Record]:
    taken: list[_Record] = []
    for answer in answers:
        if answer.get("event") != "outcome" or not any(one.get("event") == "outcome" for one in taken):
            taken.append(answer)
    return taken


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


def _request(intent: _Record, answers: Sequence[_Record]) -> Iterator[RenderableType]:
    """Show what was sent and, where that is recorded, what came of it; of several answers the last counts."""
    outcome = next((answer for answer in answers if answer.get("event") == "outcome"), None)
    if outcome is None and intent.get("event") == "intent":
        waits = "" if answers else ", or still waits for the answer"
        yield note(f"No outcome is recorded: the run stopped here{waits}.", "yellow")
    after: dict[str, Any] = {}
    earlier: dict[str, Any] = {}
    for answer in answers:
        said = _answer(answer) if answer is outcome else words(f"{answer['event']}: {_TITLES[answer['event']]}", "bold")
        yield words(_when(answer), "bold").append_text(said)
        told = answer["after"]
        earlier |= {user: after[user] for user in told if user in after and after[user] != told[user]}
        after |= told
    yield from _facts(intent, _SHOWN_IN_TITLE | {"actions", "before"})
    for answer in answers:
        in_place = {"after", "status", "seconds"} if answer is outcome else {"after"}
        in_place |= set() if answer.get("error") else {"error"}
        yield from _facts(answer, _SHOWN_IN_TITLE | in_place)
    yield _actions(intent["actions"], intent.get("before"), after)
    asked = {str(action.get("user_id")) for action in intent["actions"]}
    others = {user: roles for user, roles in after.items() if user not in asked}
    if others:
        yield pairs([("also answered", _plain(_named(others)))])
    if earlier:
        yield pairs([("answered first", _plain(_named(earlier)))])


def _named(after: Mapping[str, Any]) -> dict[str, Any]:
    return {user: _GONE if roles is None else roles for user, roles in after.items()}


def _answer(outcome: _Record) -> Text:
    status, seconds = outcome.get("status", "no status"), outcome.get("seconds")
    took = f"{seconds:.3f} s" if isinstance(seconds, float) else _plain(seconds)
    said = f"Studio answered {status}" if isinstance(status, int) else _plain(status)
    style = {200: "green", "unknown": "yellow"}.get(status if isinstance(status, int | str) else "", "red")
    return words("outcome: ", "bold").append(f"{said}", style).append(f" after {took}")


def _facts(record: _Record, skipped: Collection[str]) -> Iterator[RenderableType]:
    facts = [
        (escape_for_display(str(name), CELL_LIMIT), _plain(value))
        for name, value in _fields(record)
        if name not in skipped
    ]
    if facts:
        yield pairs(facts)


def _fields(record: _Record) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record, those of its source one by one: a path and a hash don't fit on one line."""
    for name, value in record.items():
        if name == "after" and record.get("event") in _ASKED_AGAIN and isinstance(value, dict):
            yield name, _named(value)
        elif name == "source" and isinstance(value, dict) and "path" in value:
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
    roles = held.get(str(action.get("user_id")), "not told")
    return _GONE if roles is None else _plain(roles)


def _person(action: _Record) -> str:
    email = f"{_plain(action['email'])} " if action.get("email") else ""
    return f"{email}#{_plain(action.get('user_id', '?'))}"


def _plain(value: object) -> str:
    """Spell any value of a record: a mapping a line per key, a list with commas, what lies deeper as JSON."""
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
    spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape_for_display(spelled, SENTENCE_LIMIT)
