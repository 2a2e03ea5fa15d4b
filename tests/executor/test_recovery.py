"""Killed runs: the next run finds out what they did, finishes, and the record equals Studio's own log."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rolesync.audit.verify import verify_record
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from rolesync.model.desired import Desired
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from tests.killing import apply_until

pytestmark = pytest.mark.no_cover

MOMENTS = 100
SERVERS = (
    Options(users=184, batches="atomic", redundant="refused"),
    Options(users=184, batches="partial", redundant="refused"),
    Options(users=184, batches="partial", redundant="accepted"),
)


def prepare(studio: Sandbox, folder: Path) -> tuple[dict[str, Any], Desired, Path]:
    """Plan about fifty changes; returns the settings, the list and the plan, which `state_dir` has recorded."""
    folder.mkdir()
    settings: dict[str, Any] = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": folder / "state",
        "chunk_size": 5,
        "max_removals_share": 1,
    }
    roles_of = {user["id"]: user["role_names"] for user in studio.people()}
    lacking = [user_id for user_id, roles in roles_of.items() if "Admin" not in roles]
    holding = [user_id for user_id, roles in roles_of.items() if "Admin" in roles]
    path = folder / "list.csv"
    path.write_text(
        "user_id,role\n" + "".join(f"{user_id},Admin\n" for user_id in (*lacking[:30], *holding[:3])), encoding="utf-8"
    )
    context = Context(load(**settings))
    desired, plan = read_list(path, context), folder / "plan.json"
    plan.write_text(to_json(plan_list(desired, context)), encoding="ascii")
    return settings, desired, plan


def check_record(studio: Sandbox, folder: Path) -> None:
    """Compare the record with Studio's own log, action by action."""
    events = list(read_events(folder, EVENTS))
    effective = sorted((effect.user_id, effect.action.value, effect.role) for effect in effects(events))
    assert effective == sorted((entry["user_id"], entry["action"], entry["role"]) for entry in studio.log())
    assert open_requests(events) == []
    assert load_earlier_runs(folder).unsettled == ()
    assert verify_record(folder).ok


@pytest.mark.parametrize(("at_once", "moments"), [(1, MOMENTS), (4, MOMENTS // 2)])
def test_after_a_kill_at_any_moment_the_next_run_finishes_and_the_record_is_true(
    sandboxes: Callable[[Options], Sandbox], tmp_path: Path, at_once: int, moments: int
) -> None:
    seeds = random.Random(20260301)
    kills_with_open_requests = 0
    longest: dict[tuple[int, str], int] = {}
    prepared: dict[int, tuple[dict[str, Any], Desired, Path]] = {}
    for moment in range(moments):
        server = moment % len(SERVERS)
        studio = sandboxes(SERVERS[server])
        if server not in prepared:
            prepared[server] = prepare(studio, tmp_path / f"server{server}")
        settings, desired, plan = prepared[server]
        state = shutil.copytree(settings["state_dir"], tmp_path / str(moment))
        settings = {**settings, "write_concurrency": at_once, "state_dir": state}
        # Few steps are between a request and its answer, where a kill matters most; a third of the moments are there.
        inside = "put_roles" if moment % 3 == 0 else ""
        kind = server, inside
        if kind not in longest:
            sent = apply_until(plan, settings, inside=inside)
            longest[kind] = sent if inside else int(sent * 1.1)  # a few moments are in the last read and after it
            studio.reset()
            settings["state_dir"] = tmp_path / f"{moment}-killed"
        apply_until(plan, settings, seeds.randint(1, longest[kind]), inside=inside)
        if moment % 4 == 3:  # killed again while it continues
            apply_until(plan, settings, seeds.randint(1, longest[kind]), inside=inside)
        context = Context(load(**settings), sleep=lambda _: None)
        kills_with_open_requests += bool(open_requests(read_events(context.settings.account_dir, EVENTS)))
        if moment % 2:
            run = apply_plan(from_json(plan.read_text(encoding="ascii")), context)
            assert run.complete
        else:
            synced = sync_list(desired, context)
            assert synced.refusal is None
            assert synced.run is None or synced.run.complete
        check_record(studio, context.settings.account_dir)
        assert plan_list(desired, context).status == "empty"
    assert kills_with_open_requests >= moments // 4  # otherwise the moments were too harmless to show anything
