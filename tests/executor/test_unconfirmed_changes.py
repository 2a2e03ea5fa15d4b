"""Changes in doubt are read until reads may be believed, and then decided together."""

import pytest

from rolesync.executor.unconfirmed_changes import PARTS
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from tests.executor.writing import (
    DONE,
    FAILED,
    GREG,
    OMAR,
    STEPS,
    UNKNOWN,
    Script,
    Start,
    answering_reads,
    plan_of,
    steps_for,
    studio_user,
    with_outcome,
)
from tests.servers import ScriptedAnswer, in_turn


@pytest.mark.parametrize("fault", ["lost=1", "cut=1", "lost5xx=1", "applied-409=1"])
def test_lost_answers_are_read_together_at_the_end_of_the_wave(start: Start, fault: str) -> None:
    runner, sandbox = start(f"{fault},on=writes,times=2")
    steps = steps_for(sandbox, 30, 0)
    executed = runner.run(plan_of(steps, sandbox.people(), chunk=10))
    assert len(with_outcome(executed, DONE)) == 30
    assert runner.client.counts["put_roles"] == 3
    assert executed.doubts.open == []
    assert not [stage for stage, _, _ in runner.progress if stage.startswith("waiting")]


def test_a_change_that_was_not_applied_is_sent_again_in_parts(start: Start) -> None:
    runner, sandbox = start("500=1,on=writes,times=1")
    steps = steps_for(sandbox, 40, 0)
    executed = runner.run(plan_of(steps, sandbox.people(), chunk=40))
    assert len(with_outcome(executed, DONE)) == 40
    assert runner.client.counts["put_roles"] == 1 + PARTS
    assert sum(runner.fake_sleep.seconds) > 59  # before that, reads might have hidden the changes
    events = list(read_events(runner.folder, EVENTS))
    assert (len(effects(events)), open_requests(events)) == (40, [])


def test_a_refusal_after_a_request_of_unclear_effect_leaves_the_change_unknown(script: Script) -> None:
    """The change may be refused as redundant, while the reads lag too far behind to show it."""
    users = {number: studio_user(number) for number in (1, 2)}
    answers = in_turn(ScriptedAnswer(500), ScriptedAnswer(422, {"error": "no change"}))
    runner, _ = script(answering_reads(users, answers))
    executed = runner.run(plan_of(STEPS, list(users.values())))
    assert with_outcome(executed, UNKNOWN) == STEPS
    assert sum(runner.fake_sleep.seconds) > 2 * 59
    assert [request.user_ids for request in open_requests(read_events(runner.folder, EVENTS))] == [(1,), (2,)]


def test_a_change_that_studio_refuses_each_time_has_failed(script: Script) -> None:
    users = {number: studio_user(number) for number in (1, 2)}
    runner, _ = script(answering_reads(users, lambda _asked: ScriptedAnswer(422, {"error": "no"})))
    executed = runner.run(plan_of(STEPS, list(users.values())))
    assert with_outcome(executed, FAILED) == STEPS
    assert sum(runner.fake_sleep.seconds) == pytest.approx(
        60, abs=1
    )  # a part of the first request may have been applied
    assert open_requests(read_events(runner.folder, EVENTS)) == []


def test_a_change_that_studio_refuses_alone_has_failed_without_a_wait(script: Script) -> None:
    runner, _ = script(answering_reads({1: studio_user(1)}, lambda _asked: ScriptedAnswer(422, {"error": "no"})))
    executed = runner.run(plan_of(STEPS[:1], [studio_user(1)]))
    assert (with_outcome(executed, FAILED), runner.fake_sleep.seconds) == (STEPS[:1], [])


def test_a_role_that_studio_refuses_has_failed(start: Start) -> None:
    runner, sandbox = start()
    steps = [(OMAR, "add", "King"), (GREG, "remove", "Admin")]
    executed = runner.run(plan_of(steps, sandbox.people()))
    assert (with_outcome(executed, FAILED), with_outcome(executed, DONE)) == (steps[:1], steps[1:])
    assert open_requests(read_events(runner.folder, EVENTS)) == []
