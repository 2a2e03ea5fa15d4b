"""Resuming a run over a fleet: what is done stays done, and everything else is done from what counts now."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.commands import apply_fleet, check_fleet, plan_fleet, sync_fleet
from rolesync.fleet.fleet_file import Fleet, read_fleet
from rolesync.fleet.night_folder import load_night
from rolesync.fleet.past_nights import PastNight, find_night
from rolesync.fleet.resume import resume_fleet
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, exit_code_of_night
from tests.fleet.test_commands import context_of, failing, healthy, statuses
from tests.fleet.tools import fleet_of, jobs_of

PLAN, APPLY = JobKind.PLAN, JobKind.APPLY


def last(fleet: Fleet) -> PastNight:
    return find_night(fleet.folder)


def crashing(account: str, kind: JobKind) -> Callable[[Job], AccountResult]:
    """Fail the whole fleet, as if its process had been killed then."""

    def answer(job: Job) -> AccountResult:
        if (job.account, job.kind) == (account, kind):
            raise ZeroDivisionError
        return healthy(job)

    return answer


def one_worker(fleet: Fleet) -> Fleet:
    return replace(fleet, table=fleet.table.model_copy(update={"workers": 1}))


def test_accounts_that_are_not_done_are_planned_again_and_applied(tmp_path: Path) -> None:
    fleet = one_worker(fleet_of(tmp_path, "a", "b", "c", "d", fleet="[fleet.stop]\nfailed_count = 0\n"))
    night = sync_fleet(context_of(fleet, failing("b")), fleet.enabled)
    assert statuses(night) == {"a": "done", "b": "unreachable", "c": "not_begun", "d": "not_begun"}
    again = context_of(fleet)
    resumed = resume_fleet(again, last(fleet))
    jobs = [(job.account, job.kind) for job in jobs_of(again)]
    assert sorted(jobs) == [(name, kind) for name in "bcd" for kind in (APPLY, PLAN)]
    assert set(statuses(resumed).values()) == {"done"}
    assert (resumed.run, exit_code_of_night(resumed)) == (night.run, 0)
    assert last(fleet).night("district").results == resumed.results
    assert {each.account for each in load_night(Path(last(fleet).folder)).results} == set("abcd")


@pytest.mark.parametrize(("account", "kind"), [("a", PLAN), ("c", PLAN), ("a", APPLY), ("c", APPLY)])
def test_a_sync_is_resumed_from_wherever_it_crashed(tmp_path: Path, account: str, kind: JobKind) -> None:
    fleet = one_worker(fleet_of(tmp_path, "a", "b", "c"))
    with pytest.raises(ZeroDivisionError):
        sync_fleet(context_of(fleet, crashing(account, kind)), fleet.enabled)
    again = context_of(fleet)
    resumed = resume_fleet(again, last(fleet))
    assert statuses(resumed) == {"a": "done", "b": "done", "c": "done"}
    applied = [job.account for job in jobs_of(again) if job.kind is APPLY]
    assert sorted(applied) == (["c"] if (account, kind) == ("c", APPLY) else ["a", "b", "c"])


@pytest.mark.parametrize("account", ["a", "b"])
def test_an_apply_is_resumed_with_the_plans_of_its_night(tmp_path: Path, account: str) -> None:
    fleet = one_worker(fleet_of(tmp_path, "a", "b", "c"))
    folder = tmp_path / "night"
    plan_fleet(context_of(fleet, failing("c", kind=PLAN)), fleet.enabled, folder)
    with pytest.raises(ZeroDivisionError):
        apply_fleet(context_of(fleet, crashing(account, APPLY)), load_night(folder), folder)
    assert last(fleet).night("district").results[2].status is AccountStatus.UNREACHABLE
    again = context_of(fleet)
    resumed = resume_fleet(again, last(fleet))
    assert statuses(resumed) == {"a": "done", "b": "done", "c": "unreachable"}
    assert {job.kind for job in jobs_of(again)} == {APPLY}


def test_an_account_that_is_disabled_or_gone_since_is_left_alone(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a", "b", "c")
    sync_fleet(context_of(fleet, failing("a", "b")), fleet.enabled)
    text = fleet.path.read_text(encoding="utf-8")
    text = text.replace("[accounts.a]\n", '[accounts.a]\nenabled = false\nreason = "merged"\n')
    fleet.path.write_text(text.replace("[accounts.b]", "[accounts.new]"), encoding="utf-8")
    again = context_of(read_fleet(fleet.path, tmp_path))
    resumed = resume_fleet(again, last(fleet))
    assert jobs_of(again) == []
    assert [each.message for each in resumed.results[:2]] == [
        "is not enabled any more: merged",
        "is not in the fleet file any more",
    ]
    assert exit_code_of_night(resumed) == 5


def test_a_check_is_not_resumed(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a"))
    check_fleet(context, context.fleet.enabled)
    with pytest.raises(UsageError, match="was a check, which is not resumed"):
        resume_fleet(context, last(context.fleet))
