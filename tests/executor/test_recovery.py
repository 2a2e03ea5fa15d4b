"""Runs that were killed: the next one finds out what they did, finishes, and the record equals Studio's own log."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rolesync.audit.verify import verify_record
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.effects import effects, open_requests
from rolesync.history.runs import read_records
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list, read_list
from rolesync.workflows.sync import sync_list
from tests.killing import apply_until

MOMENTS = 100
SERVERS = (
    Options(users=184, batches="atomic", redundant="refused"),
    Options(users=184, batches="partial", redundant="refused"),
    Options(users=184, batches="partial", redundant="accepted"),
)


def prepared(studio: Sandbox, folder: Path) -> tuple[dict[str, Any], Path, Path]:
    """Plan some fifty changes; returns the settings, the list and the plan."""
    own: dict[str, Any] = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": folder / "state",
        "chunk_size": 5,
        "max_removals_share": 1,
    }
    people = {person["id"]: person["role_names"] for person in studio.people()}
    lacking = [user_id for user_id, roles in people.items() if "Admin" not in roles]
    having = [user_id for user_id, roles in people.items() if "Admin" in roles]
    path = folder / "list.csv"
    path.write_text(
        "user_id,role\n" + "".join(f"{one},Admin\n" for one in (*lacking[:30], *having[:3])), encoding="utf-8"
    )
    context = Context(load(**own))
    plan = folder / "plan.json"
    plan.write_text(to_json(plan_list(read_list(path, context), context)), encoding="ascii")
    return own, path, plan


def check(studio: Sandbox, folder: Path) -> None:
    """Hold record and Studio's own log against each other, action for action."""
    records = list(read_records(folder))
    told = sorted((one.user_id, one.action.value, one.role) for one in effects(records))
    assert told == sorted((one["user_id"], one["action"], one["role"]) for one in studio.log())
    assert open_requests(records) == []
    assert load_earlier_runs(folder).unsettled == ()
    assert verify_record(folder).ok


@pytest.mark.parametrize(("at_once", "moments"), [(1, MOMENTS), (4, MOMENTS // 2)])
def test_whenever_a_run_is_killed_the_next_one_finishes_and_the_record_is_true(
    sandboxes: Callable[[Options], Sandbox], tmp_path: Path, at_once: int, moments: int
) -> None:
    seeds = random.Random(20260301)
    left_open = 0
    longest: dict[tuple[int, str], int] = {}
    for moment in range(moments):
        studio = sandboxes(SERVERS[moment % len(SERVERS)])
        folder = tmp_path / str(moment)
        folder.mkdir()
        own, path, plan = prepared(studio, folder)
        own["write_concurrency"] = at_once
        # Of all steps few lie between a request and its answer, where it matters most: a third of the moments do.
        inside = "put_roles" if moment % 3 == 0 else ""
        kind = moment % len(SERVERS), inside
        if kind not in longest:
            sent = apply_until(plan, own, inside=inside)
            longest[kind] = sent if inside else int(sent * 1.1)  # a few moments lie in the last read and after it
            studio.reset()
            own["state_dir"] = folder / "killed"
        apply_until(plan, own, seeds.randint(1, longest[kind]), inside=inside)
        if moment % 4 == 3:  # killed again while it goes on
            apply_until(plan, own, seeds.randint(1, longest[kind]), inside=inside)
        context = Context(load(**own), sleep=lambda _: None)
        left_open += bool(open_requests(read_records(context.settings.account_dir)))
        if moment % 2:
            run = apply_plan(from_json(plan.read_text(encoding="ascii")), context)
            assert run.complete
        else:
            done = sync_list(read_list(path, context), context)
            assert done.refusal is None
            assert done.run is None or done.run.complete
        check(studio, context.settings.account_dir)
        assert plan_list(read_list(path, context), context).status == "empty"
    assert left_open >= moments // 4  # else the moments were too tame to show anything
