from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.report.terminal import record_view, runs_view
from tests.report.samples import DIGEST, HOSTILE, RECORDS, SUMMARIES
from tests.report.terminal.screen import flat, show

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("seq", "time", "event", "run", "chunk", "attempt", "actions", "before", "after", "counts", "proof", "other")


def test_history_has_a_line_for_each_run() -> None:
    text = flat(runs_view(SUMMARIES))
    assert "20261102T023000Z-4f2a 2026-11-02 02:30 apply +1 -2" in text
    assert f"lists/desired_roles.csv {DIGEST[:12]} incomplete done 2, failed 1" in text
    assert "20261101T023000Z-77c0 2026-11-01 02:30 plan +1 -2" in text
    assert "planned" in text


def test_run_ids_are_whole_at_80_columns() -> None:
    assert "20261102T023000Z-4f2a" in show(runs_view(SUMMARIES), 80)


def test_an_empty_history_says_so() -> None:
    assert flat(runs_view([])) == "No run is recorded yet."
    assert flat(record_view([])) == "There is no record of this run."


def test_a_record_tells_what_was_sent_and_what_came_of_it() -> None:
    text = flat(record_view(RECORDS))
    assert text.startswith("run r1 1 2026-11-02T02:30:00.000000+00:00 run.start: a run began")
    assert f"digest {DIGEST}" in text
    assert "intent: about to send, chunk 1, attempt 1" in text
    assert "+ add <zoe@example.edu> #31 Admin Student 9" in text
    assert "- remove <grace@example.edu> #7 Admin Admin" in text
    assert "status 200 seconds 0.25 after 31: Admin, Student 7: none error none" in text
    assert 'proof holders: {"Admin": 10} differences: none' in text


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
    assert "? ? #? ?" in flat(record_view([{"event": "intent", "actions": [{}], "before": 1}]))


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6), max_size=2))
@settings(max_examples=60, deadline=None)
def test_a_record_of_any_shape_can_be_shown(records: list[dict[str, object]]) -> None:
    assert show(record_view(records), 80)


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    runs = [
        replace(
            SUMMARIES[0], run_id=text, started_at=text, status=text, plan_digest=text, source=text, counts={text: 1}
        )
        for text in HOSTILE
    ]
    assert show(runs_view(runs), width).count("apply") == len(HOSTILE)
    actions = [dict.fromkeys(("user_id", "action", "role", "email", "row"), text) for text in HOSTILE]
    records = [
        {"event": text, "run": text, text: text, "actions": actions, "before": {text: [text]}} for text in HOSTILE
    ]
    assert show(record_view(records), width).count("? ") >= len(HOSTILE)
