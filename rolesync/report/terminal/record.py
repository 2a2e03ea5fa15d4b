"""The audit records of one run in the terminal.

Records of any shape are shown, also those that this version would not write: the known fields of known events get their
places, every other field is shown as it is.
"""

import json
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.report.content.table import SIGNS
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import column, heading, note, pairs, table, words

_TITLES = {
    "plan": "a plan was created",
    "run.start": "the run started",
    "intent": "about to send",
    "outcome": "Studio's answer",
    "run.end": "the run ended",
    "reread": "the result, read again from Studio",
    "recovered": "the result, read from Studio by a later run",
    "record.key": "the seal of the records from here on",
    "record.recovered": "repaired after a crash",
}
_ASKED_AGAIN = ("reread", "recovered")  # no set: the event of a record may be any value, even an unhashable one
_GONE = "no longer in Studio"
_PLACE = ("chunk", "request")
_SHOWN_IN_TITLE = frozenset({"seq", "time", "event", "run", *_PLACE, "prev", "hash"})
"""Fields without a line of their own; the two hashes of the chain are for `audit verify`, not for reading."""

_UTC = "+00:00"
_MILLISECONDS = len("2026-11-02T02:30:00.000")
_MOVE_WIDTH = 26  # leaves room for most addresses at 80 columns

_Record = Mapping[str, Any]


def record_view(records: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Show the audit records of one run, oldest first; the answers to a request follow its intent."""
    listed = list(records)
    if not listed:
        return note("The record has nothing of this run.")
    runs = dict.fromkeys(_plain(record["run"]) for record in listed if "run" in record)
    parts: list[RenderableType] = [pairs([("run", ", ".join(runs) or "unknown")])]
    for record, answers in _with_answers(listed):
        parts.append(heading(_title(record)))
        parts.extend(_request(record, answers) if _has_actions(record) else _facts(record, _SHOWN_IN_TITLE))
    return Group(*parts)


def _with_answers(records: Sequence[_Record]) -> Iterator[tuple[_Record, Sequence[_Record]]]:
    """Yield each record; an intent together with its outcome and later readings of its result.

    An answer without an intent, and a second outcome of the same intent, are yielded as records of their own.
    """
    answers = defaultdict[tuple[str, ...], deque[_Record]](deque)
    for record in records:
        if record.get("event") in ("outcome", *_ASKED_AGAIN) and isinstance(record.get("after"), dict):
            answers[_request_key(record)].append(record)
    shown: set[int] = set()
    for record in records:
        if id(record) in shown:
            continue
        own_answers: list[_Record] = []
        if record.get("event") == "intent" and _has_actions(record):
            own_answers = _first_outcome_and_later(answers.pop(_request_key(record), ()))
            shown.update(map(id, own_answers))
        yield record, own_answers


def _first_outcome_and_later(answers: Iterable[_Record]) -> list[_Record]:
    chosen: list[_Record] = []
    for answer in answers:
        if answer.get("event") != "outcome" or not any(record.get("event") == "outcome" for record in chosen):
            chosen.append(answer)
    return chosen


def _request_key(record: _Record) -> tuple[str, ...]:
    return tuple(_plain(record.get(name)) for name in ("run", *_PLACE))


def _has_actions(record: _Record) -> bool:
    actions = record.get("actions")
    return isinstance(actions, list) and all(isinstance(action, dict) for action in actions)


def _title(record: _Record) -> str:
    event = _plain(record.get("event", "no event"))
    place = [f"{name} {_plain(record[name])}" for name in _PLACE if name in record]
    title = f"{event}: {_TITLES[event]}" if event in _TITLES else event
    return f"{_when(record)}{', '.join((title, *place))}"


def _when(record: _Record) -> str:
    time = _plain(record.get("time", "no time"))
    if time.endswith(_UTC):
        time = f"{time.removesuffix(_UTC)[:_MILLISECONDS].replace('T', ' ')} UTC"
    return f"{_plain(record.get('seq', '?'))}  {time}  "


def _request(intent: _Record, answers: Sequence[_Record]) -> Iterator[RenderableType]:
    """Show a request and its recorded results; the last of several results counts."""
    outcome = next((answer for answer in answers if answer.get("event") == "outcome"), None)
    if outcome is None and intent.get("event") == "intent":
        waiting = "" if answers else ", or is still waiting for the answer"
        yield note(f"No outcome is recorded: the run stopped here{waiting}.", "yellow")
    after: dict[str, Any] = {}
    earlier: dict[str, Any] = {}
    for answer in answers:
        event = answer["event"]
        title = _answer(answer) if answer is outcome else words(f"{event}: {_TITLES[event]}", "bold")
        yield words(_when(answer), "bold").append_text(title)
        roles = answer["after"]
        earlier |= {user: after[user] for user in roles if user in after and after[user] != roles[user]}
        after |= roles
    yield from _facts(intent, _SHOWN_IN_TITLE | {"actions", "before"})
    for answer in answers:
        shown = {"after", "status", "seconds"} if answer is outcome else {"after"}
        shown |= set() if answer.get("error") else {"error"}
        yield from _facts(answer, _SHOWN_IN_TITLE | shown)
    yield _actions(intent["actions"], intent.get("before"), after)
    targets = {str(action.get("user_id")) for action in intent["actions"]}
    others = {user: roles for user, roles in after.items() if user not in targets}
    if others:
        yield pairs([("also answered", _plain(_named(others)))])
    if earlier:
        yield pairs([("first answer", _plain(_named(earlier)))])


def _named(after: Mapping[str, Any]) -> dict[str, Any]:
    return {user: _GONE if roles is None else roles for user, roles in after.items()}


def _answer(outcome: _Record) -> Text:
    status, seconds = outcome.get("status", "no status"), outcome.get("seconds")
    duration = f"{seconds:.3f} s" if isinstance(seconds, float) else _plain(seconds)
    answer = f"Studio answered {status}" if isinstance(status, int) else _plain(status)
    style = {200: "green", "unknown": "yellow"}.get(status if isinstance(status, int | str) else "", "red")
    return words("outcome: ", "bold").append(answer, style).append(f" after {duration}")


def _facts(record: _Record, skipped: Collection[str]) -> Iterator[RenderableType]:
    facts = [
        (escape_for_display(str(name), CELL_LIMIT), _plain(value))
        for name, value in _fields(record)
        if name not in skipped
    ]
    if facts:
        yield pairs(facts)


def _fields(record: _Record) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record, those of its source separately, since a path and a hash don't fit on one line."""
    for name, value in record.items():
        if name == "after" and record.get("event") in _ASKED_AGAIN and isinstance(value, dict):
            yield name, _named(value)
        elif name == "source" and isinstance(value, dict) and "path" in value:
            yield name, value["path"]
            yield from ((inner, value[inner]) for inner in value if inner != "path")
        else:
            yield name, value


def _actions(actions: Sequence[_Record], before: object, after: _Record) -> RenderableType:
    roles_before = before if isinstance(before, dict) else {}
    return table(
        [
            column("change"),
            column("user"),
            column("roles before → after" if after else "roles before"),
            column("row", right=True, whole=True),
        ],
        (
            (
                _change(action),
                _user(action),
                _move(_roles(roles_before, action), _roles(after, action)) if after else _roles(roles_before, action),
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


def _roles(roles_of: _Record, action: _Record) -> str:
    roles = roles_of.get(str(action.get("user_id")), "unknown")
    return _GONE if roles is None else _plain(roles)


def _user(action: _Record) -> str:
    email = f"{_plain(action['email'])} " if action.get("email") else ""
    return f"{email}#{_plain(action.get('user_id', '?'))}"


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
