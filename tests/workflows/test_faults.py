"""The whole job against a Studio that fails all the time, or for good."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.effects import effects, open_requests
from rolesync.history.runs import read_records
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list, read_list
from rolesync.workflows.sync import sync_list
from tests.servers import Naps

MIXED = "429=0.03,403=0.02,500=0.02,503=0.02,reset=0.02,html=0.02,html200=0.02,lost=0.02,lost5xx=0.01,cut=0.02"
"""A fifth of all requests."""


def context_for(studio: Sandbox, folder: Path, naps: Naps, **more: Any) -> Context:
    own = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": folder / "state",
        "max_removals_share": 1,
        "max_removals": 10_000,
        **more,
    }
    return Context(load(**own), sleep=naps.sleep)


def list_for(studio: Sandbox, folder: Path, additions: int, keep: int) -> Path:
    """Give Admin to so many people who lack it, and let so many of those who have it keep it."""
    people = studio.people()
    lacking = [person["id"] for person in people if "Admin" not in person["role_names"]][:additions]
    having = [person["id"] for person in people if "Admin" in person["role_names"]][:keep]
    path = folder / "list.csv"
    path.write_text("user_id,role\n" + "".join(f"{one},Admin\n" for one in (*lacking, *having)), encoding="utf-8")
    return path


def agree(studio: Sandbox, context: Context) -> None:
    """Hold the record against Studio's own log, action for action."""
    records = list(read_records(context.settings.account_dir))
    told = Counter((one.user_id, one.action.value, one.role) for one in effects(records))
    assert told == Counter((one["user_id"], one["action"], one["role"]) for one in studio.log())
    assert open_requests(records) == []


def test_two_thousand_changes_get_done_though_a_fifth_of_all_requests_fails(tmp_path: Path) -> None:
    with Sandbox(Options(users=2_300)) as studio:
        path = list_for(studio, tmp_path, additions=2_000, keep=1)
        context = context_for(studio, tmp_path, Naps(), chunk_size=5)
        studio.set_faults(f"{MIXED},seed=3")
        done = sync_list(read_list(path, context), context)
        struck = studio.fault_counts()
        studio.set_faults("")
        assert done.run is not None
        assert done.run.complete
        assert len(done.plan.changes) >= 2_000
        assert not done.run.stopped
        assert len([name for name, number in struck.items() if number]) >= 9
        assert sum(struck.values()) > 0.15 * sum(studio.counts().values())
        agree(studio, context)
        assert plan_list(read_list(path, context), context).status == "empty"


def test_a_studio_that_goes_down_for_good_ends_the_run_soon_and_the_next_one_finishes(
    sandboxes: Callable[[Options], Sandbox], tmp_path: Path
) -> None:
    studio = sandboxes(Options(users=184))
    path = list_for(studio, tmp_path, additions=90, keep=5)
    naps = Naps()
    context = context_for(studio, tmp_path, naps, chunk_size=10, retry_seconds=60)

    def go_down(stage: str, sent: int, _total: int) -> None:
        if (stage, sent) == ("applying", 40):
            studio.set_faults("reset=0.5,503=0.5,seed=1")

    failing = Context(context.settings, sleep=naps.sleep, progress=go_down)
    done = sync_list(read_list(path, failing), failing)
    assert done.run is not None
    numbers = done.run.outcomes["outcome"].value_counts()
    assert numbers["done"] == len(studio.log()) == 40
    assert numbers["done"] + numbers["unknown"] + numbers["not_sent"] == len(done.plan.changes)
    assert 0 < numbers["unknown"] <= 10
    assert done.run.stopped
    assert sum(naps.taken) < 3 * 8 * 60  # a handful of reads, each given up after a minute
    assert load_earlier_runs(context.settings.account_dir).unsettled == (done.run.run_id,)

    studio.set_faults("")
    again = sync_list(read_list(path, context), context)
    assert again.run is not None
    assert again.run.complete
    agree(studio, context)
