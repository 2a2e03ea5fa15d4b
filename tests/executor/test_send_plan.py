"""Applying a plan: each change ends with its true outcome, whatever Studio does, and the record agrees."""

from itertools import count
from pathlib import Path
from threading import Barrier, Event, Lock

import pytest

from rolesync.audit.record import open_record
from rolesync.errors import (
    ForbiddenError,
    RecordBrokenError,
    RecordError,
    UnreachableError,
)
from rolesync.executor.send_plan import execute
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events
from rolesync.history.request_journal import Journal
from rolesync.history.run_effects import open_requests
from rolesync.model.keys import format_roles
from rolesync.studio.users import StudioWriter
from tests.executor.writing import (
    DONE,
    FAILED,
    GHOST,
    NOT_SENT,
    NOW,
    PARALLEL,
    STEPS,
    UNKNOWN,
    Script,
    Start,
    accepting,
    check_record,
    plan_of,
    steps_for,
    studio_user,
    with_outcome,
)
from tests.full_disk import files_of_at_most
from tests.servers import ReceivedRequest, ScriptedAnswer

FAULTS = (
    "lost=0.4",
    "lost5xx=0.4",
    "cut=0.4",
    "500=0.4",
    "503=0.4",
    "reset=0.4",
    "html200=0.4",
    "html=0.4",
    "429=0.4",
    "403=0.4",
)


@pytest.mark.parametrize(
    ("faults", "batches", "redundant"),
    [
        *((f"{fault},on=writes" if fault else "", "atomic", "refused") for fault in ("", *FAULTS)),
        *((f"{fault},on=writes", "partial", "refused") for fault in ("lost=0.4", "cut=0.4", "reset=0.4")),
        *((f"{fault},on=writes", "partial", "accepted") for fault in ("lost5xx=0.4", "500=0.4")),
    ],
)
@pytest.mark.parametrize("parallel", PARALLEL)
def test_all_changes_are_done_except_those_of_a_missing_user(
    start: Start, faults: str, batches: str, redundant: str, parallel: int
) -> None:
    runner, sandbox = start(faults, batches=batches, redundant=redundant)
    steps = [*steps_for(sandbox, 60), (GHOST, "add", "Admin")]
    executed = runner.run(plan_of(steps, sandbox.people(), chunk=20), parallel)
    assert executed.stopped is None
    assert with_outcome(executed, FAILED) == [(GHOST, "add", "Admin")]
    assert len(with_outcome(executed, DONE)) == 65
    check_record(runner, sandbox, executed)
    ended = [done for stage, done, total in runner.progress if stage == "applying" and total == 66]
    assert (ended[-1], max(ended)) == (66, 66)
    faults_served = sum(number for name, number in sandbox.fault_counts().items() if name not in {"429", "403"})
    assert (faults_served > 0) == (faults != "" and not faults.startswith("4"))
    assert runner.statuses.count("unknown") == faults_served


@pytest.mark.parametrize("parallel", PARALLEL)
def test_all_changes_are_done_despite_faults_of_all_kinds(start: Start, parallel: int) -> None:
    runner, sandbox = start(
        "lost=0.1,lost5xx=0.1,cut=0.1,500=0.05,reset=0.05,429=0.1,403=0.05",
        client={"attempts": 30, "retry_seconds": 1e6},
    )
    steps = steps_for(sandbox, 150)
    executed = runner.run(plan_of(steps, sandbox.people(), chunk=10), parallel)
    assert (len(with_outcome(executed, DONE)), executed.stopped) == (155, None)
    check_record(runner, sandbox, executed)


def test_without_faults_each_chunk_takes_one_request(start: Start) -> None:
    runner, sandbox = start()
    executed = runner.run(plan_of(steps_for(sandbox, 95), sandbox.people()))
    check_record(runner, sandbox, executed)
    assert runner.client.counts == {"put_roles": 2}
    assert set(executed.outcomes["detail"]) == {""}
    assert runner.statuses == [200, 200]
    intent, outcome = runner.records("intent")[0], runner.records("outcome")[0]
    assert (intent["run"], intent["chunk"], len(intent["actions"])) == ("r1", 1, 50)
    assert intent["actions"][0].keys() == {"user_id", "action", "role", "email", "row"}
    assert len(outcome["after"]) == 50
    assert (outcome["error"], outcome["seconds"] >= 0) == ("", True)
    assert executed.outcomes["after"].iloc[0] == format_roles(
        sandbox.person(executed.outcomes["user_id"].iloc[0])["role_names"]
    )


# Several chunks in parallel


def test_no_more_chunks_are_under_way_than_allowed(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 13)}
    meeting = Barrier(3, timeout=10)  # each request is answered once three are there

    def meet(_asked: ReceivedRequest) -> None:
        with lock:
            inside.append(1)
            most.append(len(inside))
        meeting.wait()
        with lock:
            inside.pop()

    lock, inside, most = Lock(), list[int](), list[int]()
    runner, server = script(accepting(users, meet))
    plan = plan_of([(number, "add", "Admin") for number in users], list(users.values()), chunk=1)
    executed = runner.run(plan, parallel=3)
    assert (len(with_outcome(executed, DONE)), len(server.requests), max(most)) == (12, 12, 3)
    assert [done for _, done, _ in runner.progress] == list(range(1, 13))


def test_removals_start_after_all_additions_have_ended(script: Script) -> None:
    users = {number: studio_user(number, *(["Admin"] if number > 20 else [])) for number in range(1, 41)}
    others_done = Event()

    def delay_first(request: ReceivedRequest) -> None:
        # The first request is answered after the other chunks of its wave, or after a timeout.
        numbers = [entry["user_id"] for entry in request.json["actions"]]
        if 1 in numbers:
            others_done.wait(10)
        with lock:
            answered.append(numbers)
        if len(answered) == 5:
            others_done.set()

    lock, answered = Lock(), list[list[int]]()
    runner, server = script(accepting(users, delay_first))
    steps = [(number, "add" if number <= 20 else "remove", "Admin") for number in users]
    executed = runner.run(plan_of(steps, list(users.values()), chunk=3), parallel=4)
    assert len(with_outcome(executed, DONE)) == 40
    sent_ids = [[entry["user_id"] for entry in request.json["actions"]] for request in server.requests]
    assert sorted(sent_ids[:6]) == [list(range(at, at + 3)) for at in range(1, 19, 3)]  # additions
    assert (answered[5], sent_ids[6]) == (
        [1, 2, 3],
        [19, 20, 21],
    )  # the chunk with both additions and removals is alone
    assert sorted(sent_ids[7:]) == [list(range(at, min(at + 3, 41))) for at in range(22, 41, 3)]


def test_a_final_error_ends_the_run_and_requests_under_way_are_recorded(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 41)}

    def answer(request: ReceivedRequest) -> ScriptedAnswer | None:
        if next(turns) < 3:
            barrier.wait()
        return ScriptedAnswer(403, {"error": "no"}) if request.json["actions"][0]["user_id"] == 1 else None

    # Only the first three requests wait for each other; later ones may start before the refusal is known.
    barrier, turns = Barrier(3, timeout=10), count()
    runner, server = script(accepting(users, answer))
    plan = plan_of([(number, "add", "Admin") for number in users], list(users.values()), chunk=2)
    executed = runner.run(plan, parallel=3)
    assert isinstance(executed.stopped, ForbiddenError)
    assert with_outcome(executed, FAILED) == [(1, "add", "Admin"), (2, "add", "Admin")]
    begun = len(server.requests)
    assert 3 <= begun <= 9
    assert len(runner.records("intent")) == begun
    assert sorted(runner.statuses, key=str) == [200] * (begun - 1) + [403]
    assert (len(with_outcome(executed, DONE)), len(with_outcome(executed, NOT_SENT))) == (2 * begun - 2, 40 - 2 * begun)
    assert open_requests(read_events(runner.folder, EVENTS)) == []


def test_changes_under_way_are_unknown_if_studio_becomes_unreachable(script: Script) -> None:
    users = [studio_user(number) for number in range(1, 21)]
    runner, _ = script(lambda _asked: ScriptedAnswer(end="reset"))
    executed = runner.run(plan_of([(user["id"], "add", "Admin") for user in users], users, chunk=1), parallel=3)
    assert isinstance(executed.stopped, UnreachableError)
    begun = runner.records("intent")
    assert 1 <= len(begun) < 20
    unknown = [(entry["actions"][0]["user_id"], "add", "Admin") for entry in begun]
    assert sorted(unknown) == with_outcome(executed, UNKNOWN)
    assert len(with_outcome(executed, NOT_SENT)) == 20 - len(begun)
    assert sorted(doubt.request.number for doubt in executed.doubts.open) == list(range(1, len(begun) + 1))


def test_an_interruption_waits_for_requests_under_way(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 41)}
    interrupted = Event()

    def answer(request: ReceivedRequest) -> None:
        if request.json["actions"][0]["user_id"] != 1:
            interrupted.wait(10)

    def interrupt() -> None:
        interrupted.set()
        raise KeyboardInterrupt

    runner, server = script(accepting(users, answer))
    runner.on_progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan_of([(number, "add", "Admin") for number in users], list(users.values()), chunk=1), parallel=3)
    assert len(server.requests) < 40
    assert runner.statuses == [200] * len(server.requests)
    assert len(runner.records("intent")) == len(server.requests)
    assert len(runner.progress) == 1


def test_an_interruption_does_not_wait_for_requests_not_started(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 41)}
    resting, interrupted = Event(), Event()
    accept = accepting(users)

    def interrupt() -> None:
        resting.wait(10)
        interrupted.set()
        raise KeyboardInterrupt

    runner, server = script(
        lambda request: (
            accept(request)
            if request.json["actions"][0]["user_id"] == 1
            else ScriptedAnswer(429, headers={"retry-after": "9"})
        )
    )

    def rest() -> None:
        resting.set()
        interrupted.wait(10)

    runner.fake_sleep.during_first = rest
    runner.on_progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan_of([(number, "add", "Admin") for number in users], list(users.values()), chunk=1), parallel=3)
    assert len(server.requests) == len({request.body for request in server.requests})  # none was sent again
    assert len(server.requests) <= len(runner.records("intent"))
    assert sorted(set(runner.statuses), key=str) == [200, "unknown"]
    assert len(runner.records("intent")) == len(runner.statuses)


# The record


def test_an_interruption_is_recorded_as_an_outcome(start: Start) -> None:
    runner, sandbox = start("429=1,429-retry-after=1,on=writes,after=1")

    def interrupt() -> None:
        raise KeyboardInterrupt

    runner.fake_sleep.during_first = interrupt
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan_of(steps_for(sandbox, 60), sandbox.people(), chunk=20))
    assert runner.statuses == [200, "unknown"]
    assert runner.records("outcome")[1]["error"] == "interrupted (KeyboardInterrupt)"
    assert len(runner.records("intent")) == 2
    assert len(sandbox.log()) == 20


@pytest.mark.parametrize("parallel", PARALLEL)
def test_a_request_that_cannot_be_recorded_is_not_sent(start: Start, parallel: int) -> None:
    runner, sandbox = start()
    plan = plan_of(steps_for(sandbox, 60), sandbox.people())
    with open_record(runner.folder, now=lambda: NOW) as record:
        record.append("run.start", run="r1")
        journal = Journal(record, "r1", runner.fake_sleep.clock)
        size = (runner.folder / "audit.jsonl").stat().st_size
        with files_of_at_most(size + 8), pytest.raises(RecordError, match="can't be written"):
            execute(plan, StudioWriter(runner.client), journal, lambda *_: None, parallel=parallel)
    assert (runner.client.counts, sandbox.counts()["roles"]) == ({}, 0)


@pytest.mark.parametrize("parallel", PARALLEL)
def test_a_record_that_breaks_during_the_run_ends_it(script: Script, tmp_path: Path, parallel: int) -> None:
    lock = Lock()

    def answer(_asked: ReceivedRequest) -> ScriptedAnswer:
        with lock:
            if not (tmp_path / "elsewhere.jsonl").exists():
                (tmp_path / "audit.jsonl").rename(tmp_path / "elsewhere.jsonl")
                (tmp_path / "audit.jsonl").touch()
        return ScriptedAnswer(body={"users": [studio_user(1, "Admin")]})

    runner, server = script(answer)
    with pytest.raises(RecordBrokenError):
        runner.run(plan_of(STEPS, [studio_user(1), studio_user(2)], chunk=1), parallel)
    assert 1 <= len(server.requests) <= parallel


def test_a_plan_without_changes_sends_nothing(start: Start) -> None:
    runner, sandbox = start()
    executed = runner.run(plan_of([], sandbox.people()))
    assert (len(executed.outcomes), executed.stopped, runner.client.counts, runner.progress) == (0, None, {}, [])
