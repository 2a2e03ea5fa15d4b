"""The requests of a run, as the journal writes them down."""

from itertools import count
from pathlib import Path

import pytest

from rolesync.history.event_reader import EVENTS
from rolesync.history.events import Intent, Outcome, Recovered, Reread, RunEvent, SentAction
from rolesync.history.read import read_events
from rolesync.history.request_journal import Journal, log_recovered
from rolesync.history.run_effects import OpenRequest
from tests.audit.tools import clock, opened

ADD = SentAction(1, "add", "Admin", "ann@example.edu", 2)


def recorded(folder: Path) -> list[RunEvent]:
    return list(read_events(folder, EVENTS))


def test_a_request_is_written_down_before_it_is_sent_and_with_its_answers(folder: Path) -> None:
    seconds = count(10.0, 0.25)
    with opened(folder) as record:
        journal = Journal(record, "r1", lambda: next(seconds))
        entry = journal.log_intent(3, [ADD], {1: ["Teacher", "Student"]})
        time = "2026-09-01T10:00:00.000250+00:00"
        intent = Intent(run="r1", time=time, chunk=3, request=1, actions=(ADD,), before={"1": ["Student", "Teacher"]})
        assert recorded(folder) == [intent]
        assert (entry.number, entry.user_ids) == (1, (1,))

        entry.answered("unknown", {}, "timed out")
        entry.reread({1: frozenset({"Admin"}), 2: None})
        assert journal.log_intent(3, [ADD], {1: []}).number == 2
    assert recorded(folder)[1:3] == [
        Outcome(run="r1", time=time, chunk=3, request=1, status="unknown", seconds=0.25, after={}, error="timed out"),
        Reread(run="r1", time=time, chunk=3, request=1, after={"1": ["Admin"], "2": None}, all_roles=True),
    ]
    assert clock().isoformat().startswith("2026-09-01T12:00")  # the record has times in UTC


def test_a_later_run_writes_down_the_result_of_an_open_request(folder: Path) -> None:
    with opened(folder) as record:
        log_recovered(
            record,
            OpenRequest(Intent(run="r1", chunk=3, request=7, actions=[ADD], before={"1": []}), (1,)),
            {1: None},
            by="r2",
        )
    (event,) = recorded(folder)
    assert isinstance(event, Recovered)
    assert (event.run, event.chunk, event.request, event.by, event.after) == ("r1", 3, 7, "r2", {"1": None})


def test_a_field_without_a_json_form_writes_nothing(folder: Path) -> None:
    with opened(folder) as record:
        entry = Journal(record, "r1", lambda: float("nan")).log_intent(1, [ADD], {1: []})
        with pytest.raises(ValueError, match="Out of range float values"):
            entry.answered(200, {})
    assert len(recorded(folder)) == 1
