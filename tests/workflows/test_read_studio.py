"""Commands don't believe a read that hides what a run changed a moment ago."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rolesync.model.desired import ListRows
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect, earlier_runs_of
from rolesync.workflows.context import Context
from rolesync.workflows.export import read_holders
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.read_studio import read_studio
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.killing import virtual_time
from tests.virtual_time import VirtualTime
from tests.workflows.tools import list_of

KEPT = ("admin@example.edu", "Maria.Fernandes@example.edu")


@pytest.fixture(scope="module")
def lagging() -> Iterator[tuple[Sandbox, VirtualTime]]:
    clock = virtual_time()
    with Sandbox(Options(), clock=clock.time) as studio:
        yield studio, clock


@pytest.fixture
def synced(lagging: tuple[Sandbox, VirtualTime], tmp_path: Path) -> tuple[Sandbox, VirtualTime, dict[str, Any], str]:
    """Sync a list of two holders, and let all reads lag by 20 seconds from then on; returns also the run's id."""
    studio, clock = lagging
    studio.reset()
    configured = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": tmp_path / "state",
        "max_removals_share": 1,
    }
    context = clock.context(configured)
    run = sync_list(read_list(list_of(tmp_path, *KEPT), context), context).run
    assert run is not None
    assert run.complete
    studio.set_faults("lag=20")
    return studio, clock, configured, run.run_id


Synced = tuple[Sandbox, VirtualTime, dict[str, Any], str]


def test_a_read_waits_until_the_changes_of_a_recent_run_show(synced: Synced) -> None:
    _, clock, configured, _ = synced
    context, waited = clock.context(configured), clock.waited.value
    with connect(context) as client:
        live = read_studio(StudioReader(client), ListRows.of(), context, earlier_runs_of(context))
    assert len(live.users) == 2
    assert 15 < clock.waited.value - waited < 60


def test_without_a_record_or_with_no_settling_time_the_first_read_counts(synced: Synced) -> None:
    _, clock, configured, _ = synced
    context, waited = clock.context({**configured, "settle_seconds": 0}), clock.waited.value
    with connect(context) as client:
        assert len(read_studio(StudioReader(client), ListRows.of(), context, earlier_runs_of(context)).users) == 10
    context = clock.context(configured)
    with connect(context) as client:
        assert len(read_studio(StudioReader(client), ListRows.of(), context, None).users) == 10
    assert clock.waited.value == waited


def test_export_plan_and_undo_see_the_changes_of_a_recent_run(synced: Synced, tmp_path: Path) -> None:
    studio, clock, configured, run_id = synced
    assert len(read_holders(clock.context(configured)).users) == 2
    studio.set_faults("lag=40")
    context = clock.context(configured)
    plan = plan_list(read_list(list_of(tmp_path, *KEPT), context), context)
    assert (plan.status, len(plan.drift.changes)) == ("empty", 0)
    studio.set_faults("lag=50")
    assert len(plan_undo(run_id, clock.context(configured)).changes) == 8


def test_a_run_of_long_ago_causes_no_wait(synced: Synced) -> None:
    _, clock, configured, _ = synced
    clock.sleep(3600)
    waited = clock.waited.value
    assert len(read_holders(Context(clock.context(configured).settings, sleep=clock.sleep)).users) == 2
    assert clock.waited.value == waited
