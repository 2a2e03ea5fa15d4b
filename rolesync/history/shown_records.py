"""The records of a run as people read them: each request with its answers, whatever shape the records have.

Unlike `event_reader`, this reads any JSON object: what the known events hold gets its own place, and every other field
is kept as a fact. So a record of another version, or a damaged one, is still shown.
"""

import json
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolesync.history.events import Intent, Outcome, Recovered, Reread

GONE = "no longer in Studio"
UNKNOWN = "unknown"

_LATER_ANSWERS = (Reread.NAME, Recovered.NAME)  # no set: the event of a damaged record may not be hashable
_PLACE = ("chunk", "request")
_HEAD = frozenset({"seq", "time", "event", "run", *_PLACE, "prev", "hash"})
"""Fields that are not facts; the hashes are for `audit verify`, not for reading."""

_Record = Mapping[str, Any]
Facts = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One action of a request: the API's fields, `before` and `after` the user's roles, `GONE` or `UNKNOWN`."""

    action: Any
    role: Any
    user_id: Any
    email: Any
    row: Any
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """What Studio answered to a request, or what reading its users again showed, which has no status."""

    event: str
    seq: Any
    time: Any
    is_outcome: bool
    status: Any
    seconds: Any
    facts: Facts


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """A request with its answers. The last answer about a user counts.

    `is_open` is an intent without an outcome. `other_users` are the roles of users in the answers without an action in
    the request. `replaced` are roles in answers that a later answer contradicts.
    """

    answers: tuple[AnswerEntry, ...]
    actions: tuple[ActionEntry, ...]
    is_open: bool
    has_roles_after: bool
    other_users: Mapping[str, Any]
    replaced: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """A record: its head, its chunk and request where it has them, its other fields, and its request, if it is one."""

    seq: Any
    time: Any
    event: Any
    run: Any
    place: Facts
    facts: Facts
    request: RequestEntry | None = None


def record_entries(records: Iterable[_Record]) -> Iterator[RecordEntry]:
    """Yield the records of a run in order, answers together with their intents.

    An answer without an intent is a separate entry, and so is a second outcome of an intent.
    """
    for record, answers in _with_answers(list(records)):
        is_request = _has_actions(record)
        yield RecordEntry(
            seq=record.get("seq", "?"),
            time=record.get("time", "no time"),
            event=record.get("event", "no event"),
            run=record.get("run"),
            place=tuple((name, record[name]) for name in _PLACE if name in record),
            facts=_facts(record, ("actions", "before") if is_request else ()),
            request=_request(record, answers) if is_request else None,
        )


def _with_answers(records: Sequence[_Record]) -> Iterator[tuple[_Record, Sequence[_Record]]]:
    answers = defaultdict[str, deque[_Record]](deque)
    for record in records:
        if record.get("event") in (Outcome.NAME, *_LATER_ANSWERS) and isinstance(record.get("after"), dict):
            answers[_key(record)].append(record)
    used_ids: set[int] = set()
    for record in records:
        if id(record) in used_ids:
            continue
        of_request: list[_Record] = []
        if record.get("event") == Intent.NAME and _has_actions(record):
            of_request = _first_outcome_and_later(answers.pop(_key(record), ()))
            used_ids.update(map(id, of_request))
        yield record, of_request


def _first_outcome_and_later(answers: Iterable[_Record]) -> list[_Record]:
    chosen_answers: list[_Record] = []
    for answer in answers:
        if answer["event"] in _LATER_ANSWERS or all(earlier["event"] in _LATER_ANSWERS for earlier in chosen_answers):
            chosen_answers.append(answer)
    return chosen_answers


def _key(record: _Record) -> str:
    return json.dumps([record.get(name) for name in ("run", *_PLACE)])


def _has_actions(record: _Record) -> bool:
    actions = record.get("actions")
    return isinstance(actions, list) and all(isinstance(action, dict) for action in actions)


def _request(intent: _Record, answers: Sequence[_Record]) -> RequestEntry:
    before = intent.get("before")
    after: dict[str, Any] = {}
    replaced: dict[str, Any] = {}
    for answer in answers:
        roles = answer["after"]
        replaced |= {user: after[user] for user in roles if user in after and after[user] != roles[user]}
        after |= roles
    users_of_actions = {str(action.get("user_id")) for action in intent["actions"]}
    return RequestEntry(
        answers=tuple(map(_answer, answers)),
        actions=tuple(
            ActionEntry(
                action=action.get("action", "?"),
                role=action.get("role", "?"),
                user_id=action.get("user_id", "?"),
                email=action.get("email"),
                row=action.get("row"),
                before=_roles(before if isinstance(before, dict) else {}, action),
                after=_roles(after, action),
            )
            for action in intent["actions"]
        ),
        is_open=intent.get("event") == Intent.NAME and all(answer["event"] in _LATER_ANSWERS for answer in answers),
        has_roles_after=bool(after),
        other_users=_with_gone({user: roles for user, roles in after.items() if user not in users_of_actions}),
        replaced=_with_gone(replaced),
    )


def _roles(by_user: _Record, action: _Record) -> Any:  # noqa: ANN401  # as recorded
    roles = by_user.get(str(action.get("user_id")), UNKNOWN)
    return GONE if roles is None else roles


def _answer(answer: _Record) -> AnswerEntry:
    is_outcome = answer["event"] == Outcome.NAME
    shown_fields = {"after", "status", "seconds"} if is_outcome else {"after"}
    return AnswerEntry(
        event=answer["event"],
        seq=answer.get("seq", "?"),
        time=answer.get("time", "no time"),
        is_outcome=is_outcome,
        status=answer.get("status", "no status"),
        seconds=answer.get("seconds"),
        facts=_facts(answer, shown_fields if answer.get("error") else shown_fields | {"error"}),
    )


def _facts(record: _Record, shown_fields: Collection[str]) -> Facts:
    return tuple((name, value) for name, value in _fields(record) if name not in _HEAD and name not in shown_fields)


def _fields(record: _Record) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record, those of its source one by one, since a path and a hash don't fit on one line."""
    for name, value in record.items():
        if name == "after" and record.get("event") in _LATER_ANSWERS and isinstance(value, dict):
            yield name, _with_gone(value)
        elif name == "source" and isinstance(value, dict) and "path" in value:
            yield name, value["path"]
            yield from ((inner, value[inner]) for inner in value if inner != "path")
        else:
            yield name, value


def _with_gone(roles_by_user: _Record) -> dict[str, Any]:
    return {user: GONE if roles is None else roles for user, roles in roles_by_user.items()}
