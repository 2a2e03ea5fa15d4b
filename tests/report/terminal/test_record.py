import pytest
from hypothesis import given, settings, strategies as st

from rolesync.report.terminal.record import record_view
from tests.report.samples import DIGEST, HOSTILE, RECORDS, SOURCE
from tests.report.terminal.screen import flat, show

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
VALUES = {
    **dict.fromkeys(("seq", "time", "run", "chunk", "request", "before", "seconds", "error", "source", "other"), JSON),
    "event": st.sampled_from(["plan", "intent", "outcome", "reread", "recovered"]) | JSON,
    "actions": st.lists(st.dictionaries(st.sampled_from(["user_id", "action", "role", "email", "row"]), JSON)) | JSON,
    "after": st.dictionaries(st.text(), JSON, max_size=2) | JSON,
    "status": st.sampled_from([200, 404, "unknown"]) | JSON,
}


def test_a_run_without_records_is_one_sentence() -> None:
    assert flat(record_view([])) == "The record has nothing of this run."


def test_a_record_shows_each_request_with_its_answer() -> None:
    text = flat(record_view(RECORDS))
    assert text.startswith("run r1 1 2026-11-02 02:30:00.000 UTC run.start: the run started")
    assert f"digest {DIGEST}" in text
    assert f"source {SOURCE.path} sha256 {SOURCE.sha256} rows 120 modified_at 2026-11-02T01:00:00Z" in text
    assert "listed Admin 118 undoes none additions 1 removals 1 overridden none" in text
    assert (
        "2 2026-11-02 02:30:01.000 UTC intent: about to send, chunk 1, request 1 "
        "3 2026-11-02 02:30:02.000 UTC outcome: Studio answered 200 after 0.250 s change"
    ) in text
    assert "+ add Admin zoe@example.edu #31 Student → Admin, Student 9" in text
    assert "- remove Admin grace@example.edu #7 Admin → none" in text
    assert "counts done 2, not_sent 0 proof holders: Admin 10 differences: none" in text
    assert "requests put_roles 1 stopped none" in text


def request(
    number: int, user: int, after: dict[str, list[str]] | None = None, **fields: object
) -> list[dict[str, object]]:
    """Make the events of one request that gives a user Admin, and of its answer, if there is one."""
    marks = {"run": "r1", "chunk": 1, "request": number}
    actions = [{"user_id": user, "action": "add", "role": "Admin", "email": "", "row": 2}]
    intent = {"seq": number * 2, "event": "intent", **marks, "actions": actions, "before": {str(user): ["Student"]}}
    outcome = {"seq": number * 2 + 1, "event": "outcome", **marks, "after": after or {}, **fields}
    return [intent, outcome] if fields else [intent]


def test_a_refusal_is_shown_with_its_request() -> None:
    refused = request(1, 31, status=404, seconds=1.5, error="404 from PUT /users/roles: not found")
    text = flat(record_view([*refused, *request(2, 32, {"32": ["Admin"]}, status=200, seconds=0.5, error="")]))
    first, second = text.split("4 no time")
    assert "outcome: Studio answered 404 after 1.500 s error 404 from PUT /users/roles: not found" in first
    assert "roles before row" in first
    assert "+ add Admin #31 Student 2" in first
    assert "outcome: Studio answered 200 after 0.500 s change" in second
    assert "+ add Admin #32 Student → Admin 2" in second
    assert "error" not in second


def test_outcomes_find_their_intents_in_any_order() -> None:
    intent, outcome = request(1, 31, {"31": ["Admin"]}, status=200, seconds=0.1, error="")
    second_intent, second_outcome = request(2, 32, {"32": []}, status=200, seconds=0.2, error="")
    text = flat(record_view([intent, second_intent, second_outcome, outcome]))
    assert text.index("0.100 s") < text.index("Student → Admin") < text.index("0.200 s") < text.index("Student → none")
    assert text.count("outcome:") == 2


def test_no_outcome_is_lost_however_odd_the_record() -> None:
    intent, outcome = request(1, 31, {"31": ["Admin"]}, status="unknown", seconds=30.0, error="timed out")
    assert "outcome: unknown after 30.000 s error timed out" in flat(record_view([intent, outcome]))
    alone = flat(record_view([outcome]))
    assert "outcome: Studio's answer, chunk 1, request 1 after 31: Admin status unknown seconds 30.0" in alone
    twice = flat(record_view([intent, outcome, {**outcome, "status": 500}]))
    assert twice.count("timed out") == 2
    assert "status 500" in twice
    unfit = flat(record_view([intent, {**outcome, "after": "of no known shape"}]))
    assert "No outcome is recorded" in unfit
    assert "after of no known shape" in unfit


def again(event: str, seq: int, after: dict[str, list[str] | None]) -> dict[str, object]:
    return {"seq": seq, "event": event, "run": "r1", "chunk": 1, "request": 1, "after": after}


@pytest.mark.parametrize(
    ("event", "title"),
    [
        ("reread", "reread: the result, read again from Studio"),
        ("recovered", "recovered: the result, read from Studio by a later run"),
    ],
)
def test_later_answers_are_shown_with_their_request(event: str, title: str) -> None:
    lost = request(1, 31, status="unknown", seconds=30.0, error="timed out")
    text = flat(record_view([*lost, *request(2, 32), again(event, 9, {"31": ["Admin"]})]))
    first, second = text.split("4 no time intent")
    assert f"outcome: unknown after 30.000 s 9 no time {title} error timed out" in first
    assert "+ add Admin #31 Student → Admin 2" in first
    assert title not in second


def test_a_request_of_a_killed_run_shows_what_a_later_run_found() -> None:
    text = flat(record_view([*request(1, 31), again("recovered", 9, {"31": None})]))
    assert (
        "No outcome is recorded: the run stopped here. 9 no time recovered: the result, read from Studio by a later run"
        in text
    )
    assert "+ add Admin #31 Student 2 → no longer in Studio" in text


def test_of_several_answers_the_last_counts_and_none_is_lost() -> None:
    doubtful = request(1, 31, {"31": ["Student"]}, status=200, seconds=0.1, error="")
    text = flat(record_view([*doubtful, again("reread", 4, {"31": ["Admin"], "99": None})]))
    assert "+ add Admin #31 Student → Admin 2" in text
    assert "also answered 99: no longer in Studio" in text
    assert "first answer 31: Student" in text


def test_a_later_answer_without_its_request_is_shown_alone() -> None:
    text = flat(record_view([again("recovered", 4, {"31": None, "32": []})]))
    assert "recovered: the result, read from Studio by a later run, chunk 1, request 1" in text
    assert "31: no longer in Studio 32: none" in text


def test_an_intent_without_an_outcome_is_marked() -> None:
    text = flat(record_view(request(1, 31)))
    assert "No outcome is recorded: the run stopped here, or is still waiting for the answer." in text
    assert "+ add Admin #31 Student 2" in text
    assert "No outcome" not in flat(record_view(RECORDS))


def test_missing_and_unexpected_users_of_an_answer_are_shown() -> None:
    text = flat(record_view(request(1, 31, {"99": ["Admin"]}, status=200, seconds=0.1, error="")))
    assert "+ add Admin #31 Student → unknown 2" in text
    assert "also answered 99: Admin" in text


def test_addresses_are_whole_at_80_columns() -> None:
    lines = show(record_view(RECORDS), 80).splitlines()
    assert [line.split()[3] for line in lines if line.startswith(("  + ", "  - "))] == [
        "zoe@example.edu",
        "grace@example.edu",
    ]


def test_a_long_move_takes_a_second_line() -> None:
    roles = ["Admin", "Observer", "Student", "Teacher"]
    text = show(record_view(request(1, 31, {"31": roles}, status=200, seconds=0.1, error="")), 120)
    lines = [line.split() for line in text.splitlines()]
    first = lines.index(["+", "add", "Admin", "#31", "Student", "2"])
    assert lines[first + 1] == ["→", "Admin,", "Observer,", "Student,", "Teacher"]


def test_events_of_another_version_are_shown_as_they_are() -> None:
    record = {
        "seq": 9,
        "time": "t",
        "event": "new.event",
        "run": "r",
        "some_field": [1, "two"],
        "prev": "0",
        "hash": "1",
    }
    assert flat(record_view([record])) == "run r 9 t new.event some_field 1, two"


def test_a_record_without_anything_known_is_still_shown() -> None:
    assert "? no time no event" in flat(record_view([{}]))
    assert "actions 7" in flat(record_view([{"event": "intent", "actions": 7}]))
    assert "? ? ? #? unknown" in flat(record_view([{"event": "intent", "actions": [{}], "before": 1}]))


@given(st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=2))
@settings(max_examples=60, deadline=None)
def test_a_record_of_any_shape_can_be_shown(records: list[dict[str, object]]) -> None:
    assert show(record_view(records), 80)


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    actions = [dict.fromkeys(("user_id", "action", "role", "email", "row"), text) for text in HOSTILE]
    records = [
        {"event": text, "run": text, text: text, "actions": actions, "before": {text: [text]}} for text in HOSTILE
    ]
    assert show(record_view(records), width).count("? ") >= len(HOSTILE)
