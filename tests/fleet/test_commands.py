"""Runs over a fleet, with scripted accounts for the order of things, and with real ones for the whole."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.fleet.commands import apply_fleet, plan_fleet, results_to_apply, sync_fleet
from rolesync.fleet.fleet_file import Fleet, read_fleet
from rolesync.fleet.fleet_run import FleetContext
from rolesync.fleet.night_folder import approved_path, load_night
from rolesync.fleet.past_nights import find_night
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, Night, exit_code_of_night
from rolesync.planner.encode import to_json
from tests.fleet.reviewing import sealed
from tests.fleet.tools import ScriptedEngine, fleet_of, jobs_of, plan, result
from tests.report.samples import approved_plan

PLANNED, DONE, UNREACHABLE = AccountStatus.PLANNED, AccountStatus.DONE, AccountStatus.UNREACHABLE


def healthy(job: Job) -> AccountResult:
    """Plan two removals with a list of its own, and apply them."""
    planned = plan(removals=2, list_sha256=job.account * 8)
    status = PLANNED if job.kind is JobKind.PLAN else DONE
    return result(job.account, status, plan=planned, attempt=job.attempt)


def failing(*names: str, kind: JobKind = JobKind.APPLY) -> Callable[[Job], AccountResult]:
    def answer(job: Job) -> AccountResult:
        is_failing = job.account in names and job.kind is kind
        return result(job.account, UNREACHABLE, attempt=job.attempt) if is_failing else healthy(job)

    return answer


def context_of(fleet: Fleet, answer: Callable[[Job], AccountResult] = healthy) -> FleetContext:
    return FleetContext(fleet, ScriptedEngine(answer))


def statuses(night: Night) -> dict[str, str]:
    return {each.account: each.status.value for each in night.results}


def test_all_are_planned_before_any_is_applied(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b", "c"))
    night = sync_fleet(context, context.fleet.enabled)
    assert [job.kind for job in jobs_of(context)] == [JobKind.PLAN] * 3 + [JobKind.APPLY] * 3
    assert statuses(night) == {"a": "done", "b": "done", "c": "done"}
    assert exit_code_of_night(night) == 0
    assert find_night(context.fleet.folder).night("district").results == night.results


def test_one_that_fails_fails_alone(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b", "c"), failing("b"))
    night = sync_fleet(context, context.fleet.enabled)
    assert statuses(night) == {"a": "done", "b": "unreachable", "c": "done"}
    assert exit_code_of_night(night) == 5


def test_one_that_can_not_be_planned_is_not_applied(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b"), failing("b", kind=JobKind.PLAN))
    night = sync_fleet(context, context.fleet.enabled)
    assert statuses(night) == {"a": "done", "b": "unreachable"}
    assert [job.account for job in jobs_of(context) if job.kind is JobKind.APPLY] == ["a"]


def test_no_studio_reached_exits_with_6(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b"), failing("a", "b", kind=JobKind.PLAN))
    assert exit_code_of_night(sync_fleet(context, context.fleet.enabled)) == 6


def test_a_guard_of_the_fleet_blocks_everything_before_anything_is_written(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b", fleet="[fleet.stop]\nmax_removals = 3\n"))
    night = sync_fleet(context, context.fleet.enabled)
    assert statuses(night) == {"a": "planned", "b": "planned"}
    assert {job.kind for job in jobs_of(context)} == {JobKind.PLAN}
    assert exit_code_of_night(night) == 4
    folder = context.fleet.folder / "nights" / night.run
    assert results_to_apply(context.fleet, load_night(folder), folder) == []


@pytest.mark.parametrize("name", ["a", "c"])  # the first, and one after others were reached
def test_failed_plans_beyond_the_limit_block_everything(tmp_path: Path, name: str) -> None:
    context = context_of(
        fleet_of(tmp_path, "a", "b", "c", fleet="[fleet.stop]\nfailed_count = 0\n"), failing(name, kind=JobKind.PLAN)
    )
    one_worker = context.fleet.table.model_copy(update={"workers": 1})
    context = replace(context, fleet=replace(context.fleet, table=one_worker))
    night = sync_fleet(context, context.fleet.enabled)
    assert exit_code_of_night(night) == 4
    assert {job.kind for job in jobs_of(context)} == {JobKind.PLAN}
    assert [verdict.rule for verdict in night.verdicts] == ["failed_plans"]


def test_a_breaker_leaves_the_rest_not_begun(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a", "b", "c", "d", fleet="[fleet.stop]\nfailed_count = 0\n")
    fleet = replace(fleet, table=fleet.table.model_copy(update={"workers": 1}))
    context = context_of(fleet, failing("b"))
    night = sync_fleet(context, fleet.enabled)
    assert statuses(night) == {"a": "done", "b": "unreachable", "c": "not_begun", "d": "not_begun"}
    assert {(each.message, each.hint) for each in night.results[2:]} == {(night.stopped, "resume the fleet")}
    assert exit_code_of_night(night) == 5
    assert find_night(fleet.folder).night("district").results == night.results


def test_those_longest_without_a_success_come_first(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a", "b")
    fleet = replace(fleet, table=fleet.table.model_copy(update={"workers": 1}))
    sync_fleet(context_of(fleet, failing("b")), fleet.enabled)
    context = context_of(fleet)
    sync_fleet(context, fleet.enabled)
    assert [job.account for job in jobs_of(context)] == ["b", "a", "b", "a"]


def test_plan_review_and_apply_are_steps_of_their_own(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b"))
    folder = tmp_path / "night"
    planned = plan_fleet(context, context.fleet.enabled, folder)
    assert exit_code_of_night(planned) == 0
    assert exit_code_of_night(planned, detailed=True) == 2
    night = apply_fleet(context_of(context.fleet), load_night(folder), folder)
    assert statuses(night) == {"a": "done", "b": "done"}


def test_only_approved_plans_are_applied_where_an_approval_is_needed(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "a", "b").path
    text = path.read_text(encoding="utf-8").replace("[defaults]\n", "[defaults]\nrequire_approval = true\n")
    path.write_text(text, encoding="utf-8")
    fleet, approved = read_fleet(path, tmp_path), sealed(approved_plan())
    approval = approved.approval
    assert approval

    def waiting(job: Job) -> AccountResult:
        assert job.needs_approval
        planned = plan(removals=2, list_sha256=job.account * 8, digest=approval.reviewed_digest)
        return result(job.account, AccountStatus.WAITING, plan=planned)

    folder = tmp_path / "night"
    plan_fleet(context_of(fleet, waiting), fleet.enabled, folder)
    approved_path(folder, "b").parent.mkdir(exist_ok=True)
    approved_path(folder, "b").write_text(to_json(approved), encoding="ascii")
    context = context_of(fleet)
    begun = results_to_apply(fleet, load_night(folder), folder)
    assert [each.status for each in begun] == [AccountStatus.WAITING, PLANNED]
    night = apply_fleet(context, load_night(folder), folder)
    assert statuses(night) == {"a": "waiting", "b": "done"}
    assert [job.plan_path for job in jobs_of(context)] == [str(approved_path(folder, "b"))]
    assert exit_code_of_night(night) == 5


def test_a_thousand_accounts(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, *(f"n{number}" for number in range(1000))), failing("n7", "n500"))
    night = sync_fleet(context, context.fleet.enabled)
    assert night.counts == {DONE: 998, UNREACHABLE: 2}
    assert len(jobs_of(context)) == 2000


def test_an_account_more_takes_only_some_kilobytes(tmp_path: Path) -> None:
    peaks = []
    for number in (40, 160):
        (tmp_path / str(number)).mkdir()
        context = context_of(fleet_of(tmp_path / str(number), *(f"n{name}" for name in range(number))))
        tracemalloc.start()
        try:
            sync_fleet(context, context.fleet.enabled)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 120 < 20_000
