"""What an event derives from its fields."""

from datetime import UTC, datetime
from itertools import pairwise

from rolesync.history.event_reader import EVENTS
from rolesync.history.events import Intent, Outcome, Recovered, Reread, RunStart
from rolesync.model.plans import Approval, Released
from rolesync.model.run_report import RunDecision


def test_every_event_has_a_name_of_its_own() -> None:
    names = sorted(event.NAME for event in EVENTS)
    assert all(name != following for name, following in pairwise(names))


def test_all_events_of_a_request_have_its_key_whatever_their_chunk() -> None:
    intent = Intent(run="r1", chunk=2, request=3, actions=(), before={})
    outcome = Outcome(run="r1", chunk=2, request=3, status=200, after={})
    reread = Reread(run="r1", request=3, after={})
    recovered = Recovered(run="r1", request=3, by="r2", after={})
    assert {event.key for event in (intent, outcome, reread, recovered)} == {("r1", 3)}
    assert Intent(run="r2", chunk=2, request=3, actions=(), before={}).key != intent.key


def test_released_removals_are_decisions_without_addresses() -> None:
    released = (Released(7, "Admin", "has left"), Released(8, "Teacher", ""))
    approval = Approval("Rita Levi", "rita", datetime(2026, 11, 2, tzinfo=UTC), "remove 2", "77aa" * 16, 0, released)
    assert RunStart(run="r1", approval=approval).released == (
        RunDecision("remove", "Admin", 7, "", "has left"),
        RunDecision("remove", "Teacher", 8, "", ""),
    )
    assert RunStart(run="r1").released == ()
