"""Reads that lag behind writes, lost answers and kills together: the record is true, and a run that went well says so.

Time is virtual: every wait moves the clock that rolesync, its killed processes and the sandbox share.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rolesync.audit.verify import verify_record
from rolesync.history.event_reader import EVENTS
from rolesync.history.events import Intent, RunEvent
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.killing import apply_until, virtual_time
from tests.virtual_time import VirtualTime

SEEDS = 100 if settings.get_current_profile_name() == "soak" else 20


def faults_of(dice: random.Random) -> str:
    share = dice.choice([1, 0.5, 0.2])
    lost = dice.choice(["", ",lost=0.3", ",cut=0.3", ",lost5xx=0.2,500=0.1", ",applied-204=0.3,applied-409=0.3"])
    return f"lag={dice.uniform(0, 30)},lag-share={share},lag-answers={dice.choice([0, 0, 1])}{lost},on=writes"


def write_list(studio: Sandbox, path: Path, dice: random.Random) -> None:
    people = studio.people()
    holders = [person["id"] for person in people if "Admin" in person["role_names"]]
    others = [person["id"] for person in people if "Admin" not in person["role_names"]]
    listed = [*dice.sample(holders, max(1, len(holders) - 3)), *dice.sample(others, 3)]
    path.write_text("user_id,role\n" + "".join(f"{user_id},Admin\n" for user_id in listed), encoding="utf-8")


def check(studio: Sandbox, folder: Path) -> None:
    """Compare the record with Studio's log; check that no change was sent again after it had been applied."""
    assert verify_record(folder).ok
    events = list(read_events(folder, EVENTS))
    log = [(entry["user_id"], entry["action"], entry["role"]) for entry in studio.log()]
    assert open_requests(events) == []
    assert sorted((effect.user_id, effect.action.value, effect.role) for effect in effects(events)) == sorted(log)
    assert resent(events, studio) == []


def resent(events: list[RunEvent], studio: Sandbox) -> list[tuple[int, str, str]]:
    """List the actions that were sent while they were in effect already."""
    applied = [(_time(entry["time"]), entry["user_id"], entry["role"], entry["action"]) for entry in studio.log()]
    twice = []
    for intent in (event for event in events if isinstance(event, Intent)):
        for user_id, action, role, _, _ in intent.actions:
            before = [
                applied_action
                for at, *user_and_role, applied_action in applied
                if user_and_role == [user_id, role] and at < _time(intent.time)
            ]
            if before and before[-1] == action:
                twice.append((user_id, action, role))
    return twice


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Sandbox, VirtualTime]]:
    clock = virtual_time()
    with Sandbox(Options(users=60), clock=clock.time) as studio:
        yield studio, clock


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_reads_hide_the_record_is_true_and_a_run_that_went_well_says_so(
    account: tuple[Sandbox, VirtualTime], tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    studio, clock = account
    studio.reset()
    configured: dict[str, Any] = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": tmp_path / "state",
        "chunk_size": dice.choice([1, 2, 50]),
        "write_concurrency": dice.choice([1, 3]),
        "max_removals_share": 1,
        "retry_seconds": 1e6,
        "attempts": 30,
    }
    path, folder = tmp_path / "list.csv", load(**configured).account_dir
    for _night in range(2):
        write_list(studio, path, dice)
        studio.set_faults(faults_of(dice))
        if dice.random() < 0.5:
            context = clock.context(configured)
            plan_path = tmp_path / "plan.json"
            plan_path.write_text(to_json(plan_list(read_list(path, context), context)), encoding="ascii")
            apply_until(plan_path, configured, dice.randint(1, 12_000), clock=clock)
        context = clock.context(configured)
        result = sync_list(read_list(path, context), context)
        assert result.refusal is None
        assert len(result.plan.drift.changes) == 0
        if result.run:
            outcomes = result.run.outcomes
            assert (set(outcomes["outcome"]), result.run.proof and result.run.proof.differences) == ({"done"}, ())
            assert (result.run.complete, result.run.stopped) == (True, "")
        check(studio, folder)
        wanted = {int(line.partition(",")[0]) for line in path.read_text(encoding="utf-8").splitlines()[1:]}
        assert {person["id"] for person in studio.people(role="Admin")} == wanted
        if result.run:
            undone = plan_undo(result.run.run_id, clock.context(configured))
            assert len(undone.changes) == sum(result.run.outcomes["outcome"] == "done")


def test_the_read_after_a_run_must_show_what_the_run_before_changed(
    account: tuple[Sandbox, VirtualTime], tmp_path: Path
) -> None:
    studio, clock = account
    studio.reset()
    account_settings = {"base_url": studio.base_url, "token": studio.token, "state_dir": tmp_path / "state"}
    context = clock.context(account_settings)
    path = tmp_path / "list.csv"
    holders = "".join(f"{person['id']},Admin\n" for person in studio.people(role="Admin"))
    path.write_text(f"user_id,role\n{holders}1052,Admin\n", encoding="utf-8")
    plan = plan_list(read_list(path, context), context)
    assert apply_plan(plan, context).complete

    def lag(_stage: str, done: int, total: int) -> None:
        if done == total:  # the reads after the first show what was before the first run
            studio.set_faults("lag=30")

    assert apply_plan(plan, clock.context(account_settings, progress=lag)).complete
    studio.set_faults("")
    assert plan_list(read_list(path, context), context).drift.changes.empty
