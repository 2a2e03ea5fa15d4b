"""Records as people read them: each request with its answers. The terminal's tests show them in every odd shape."""

from typing import Any

from rolesync.history.shown_records import GONE, UNKNOWN, record_entries

MARKS = {"run": "r1", "chunk": 1, "request": 1}
ACTION = {"user_id": 31, "action": "add", "role": "Admin", "email": "zoe@example.edu", "row": 9}
INTENT: dict[str, Any] = {"seq": 2, "event": "intent", **MARKS, "actions": [ACTION], "before": {"31": ["Student"]}}
OUTCOME: dict[str, Any] = {
    "seq": 3,
    "event": "outcome",
    **MARKS,
    "status": 200,
    "seconds": 0.5,
    "after": {},
    "error": "",
}


def test_answers_belong_to_their_intent() -> None:
    reread = {"seq": 4, "event": "reread", **MARKS, "after": {"31": ["Admin"], "7": None}}
    other = {**OUTCOME, "request": 2}
    entry, alone = record_entries([INTENT, OUTCOME, reread, other])
    assert (entry.seq, entry.place, entry.facts) == (2, (("chunk", 1), ("request", 1)), ())
    assert entry.request is not None
    assert [(answer.seq, answer.event, answer.is_outcome) for answer in entry.request.answers] == [
        (3, "outcome", True),
        (4, "reread", False),
    ]
    (action,) = entry.request.actions
    assert (action.before, action.after, action.row) == (["Student"], ["Admin"], 9)
    assert (entry.request.other_users, entry.request.is_open) == ({"7": GONE}, False)
    assert alone.request is None
    assert dict(alone.facts)["status"] == 200


def test_a_request_without_an_outcome_is_open() -> None:
    (entry,) = record_entries([INTENT])
    assert entry.request is not None
    assert (entry.request.is_open, entry.request.has_roles_after) == (True, False)
    assert entry.request.actions[0].after == UNKNOWN


def test_the_last_answer_about_a_user_counts_and_earlier_ones_are_kept() -> None:
    first = {**OUTCOME, "after": {"31": ["Student"]}}
    gone = {"seq": 4, "event": "recovered", **MARKS, "after": {"31": None}}
    (entry,) = record_entries([INTENT, first, gone])
    assert entry.request is not None
    assert entry.request.actions[0].after == GONE
    assert entry.request.replaced == {"31": ["Student"]}


def test_a_second_outcome_is_an_entry_of_its_own() -> None:
    entries = list(record_entries([INTENT, OUTCOME, {**OUTCOME, "seq": 9}]))
    assert [entry.seq for entry in entries] == [2, 9]
