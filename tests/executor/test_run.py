"""A run records its start and its end, proves what it did, and keeps the holders that it left."""

from pathlib import Path

import pytest

from rolesync.audit.record import open_record
from rolesync.executor.recheck import recheck
from rolesync.executor.run import carry_out
from rolesync.executor.run_context import RunContext
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events
from rolesync.history.run_effects import open_requests
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.studio.users import StudioWriter
from tests.executor.writing import GREG, MARIA, NOW, OMAR, Runner, Script, Start, answering_reads, plan_of, studio_user
from tests.servers import ScriptedAnswer

STEPS = [(OMAR, "add", "Admin"), (GREG, "remove", "Admin")]


def apply(runner: Runner, plan: Plan) -> Run:
    """Carry out a plan, with every user of it read before."""
    studio, user_ids = StudioWriter(runner.client), plan.changes["user_id"].tolist()
    cells = {"row": range(2, 2 + len(user_ids)), "email": [""] * len(user_ids), "user_id": user_ids}
    rows = ListRows.of(frame(DESIRED, {**cells, "role": ["Admin"] * len(user_ids)}))
    before = read_live(studio, ("Admin",), rows, lambda *_: None)
    with open_record(runner.folder, now=lambda: NOW) as record:
        context = RunContext(
            run="r1",
            command="apply",
            studio=studio,
            record=record,
            folder=runner.folder,
            now=lambda: NOW,
            seconds=runner.fake_sleep.clock,
            progress=runner.report,
        )
        return carry_out(plan, recheck(plan.changes, before, {}), before, context, load_earlier_runs(runner.folder))


def test_a_run_is_recorded_from_start_to_proof(start: Start) -> None:
    runner, sandbox = start()
    run = apply(runner, plan_of(STEPS, sandbox.people()))
    assert (run.complete, run.stopped) == (True, "")
    (started,), (ended,) = runner.records("run.start"), runner.records("run.end")
    assert (started["additions"], started["removals"]) == (1, 1)
    assert (ended["status"], ended["counts"]["done"], ended["proof"]["differences"]) == ("complete", 2, [])
    assert ended["proof"]["holders"] == {"Admin": len(sandbox.people(role="Admin"))}


def test_a_drifted_user_is_not_touched_and_makes_the_run_incomplete(start: Start) -> None:
    runner, sandbox = start()
    plan = plan_of([*STEPS, (MARIA, "remove", "Admin")], sandbox.people())
    sandbox.edit_person(MARIA, email="other@example.edu")
    run = apply(runner, plan)
    outcomes = dict(zip(run.outcomes["user_id"].tolist(), run.outcomes["outcome"].tolist(), strict=True))
    assert outcomes == {OMAR: "done", GREG: "done", MARIA: "drifted"}
    (ended,) = runner.records("run.end")
    assert (ended["status"], [change["user_id"] for change in ended["drifted"]]) == ("incomplete", [MARIA])


def test_refused_additions_are_not_taken_for_holders_who_are_gone(script: Script) -> None:
    users = {number: studio_user(number) for number in (1, 2, 3)}
    runner, _ = script(answering_reads(users, lambda _: ScriptedAnswer(422, {"error": "no"})))
    run = apply(runner, plan_of([(number, "add", "Admin") for number in users], [*users.values()]))
    assert (set(run.outcomes["outcome"]), run.stopped) == ({"failed"}, "")
    assert run.proof is not None
    assert run.proof.holders == {"Admin": 0}


def test_an_interrupted_run_ends_as_unsettled(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, sandbox = start()
    plan = plan_of(STEPS, sandbox.people())

    def interrupt(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    monkeypatch.setattr(runner, "report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        apply(runner, plan)
    (ended,) = runner.records("run.end")
    assert (ended["status"], ended["unsettled"], ended["proof"]) == ("interrupted", True, None)
    assert sorted(path.name for path in Path(runner.folder).glob("*.jsonl")) == ["audit.jsonl"]


def test_a_run_with_an_open_request_is_unsettled(script: Script) -> None:
    users = {number: studio_user(number) for number in range(1, 9)}
    answers = iter([ScriptedAnswer(422, {"error": "no"})] * 2)
    runner, _ = script(answering_reads(users, lambda _request: next(answers, ScriptedAnswer(500))))
    steps = [(number, "add", "Admin") for number in users]
    run = apply(runner, plan_of(steps, list(users.values())))
    (ended,) = runner.records("run.end")
    assert ended["counts"]["unknown"] > 0
    assert open_requests(read_events(runner.folder, EVENTS)) != []
    assert (ended["unsettled"], run.complete, bool(run.stopped)) == (True, False, True)
