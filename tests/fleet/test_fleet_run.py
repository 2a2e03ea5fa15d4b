"""A run over a fleet: its lock and jobs, and what it does when it is interrupted or its journal can't be written."""

import signal
from dataclasses import replace
from pathlib import Path
from threading import main_thread

import pytest

from rolesync.errors import LockHeldError, RecordError
from rolesync.fleet.commands import check_fleet, plan_fleet, sync_fleet
from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.fleet_run import fleet_run
from rolesync.fleet.journal import Journal
from rolesync.fleet.past_nights import find_night
from rolesync.fleet.resume import resume_fleet
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, exit_code_of_night
from tests.fleet.test_commands import context_of, statuses
from tests.fleet.tools import fleet_of, jobs_of, result
from tests.full_disk import files_of_at_most


def test_the_rate_is_shared_out_and_an_account_may_have_less(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "a", "b", fleet="requests_per_second = 10\n").path
    path.write_text(path.read_text(encoding="utf-8") + "requests_per_second = 2\n", encoding="utf-8")
    context = context_of(read_fleet(path, tmp_path))
    check_fleet(context, context.fleet.enabled)
    assert sorted(job.values["requests_per_second"] for job in jobs_of(context)) == [2, 5]


def test_each_job_knows_which_words_of_the_account_column_are_accounts(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "a", "b").path
    text = path.read_text(encoding="utf-8").replace("[defaults]\n", '[defaults]\naccount_column = "school"\n')
    path.write_text(text, encoding="utf-8")
    context = context_of(read_fleet(path, tmp_path))
    check_fleet(context, context.fleet.enabled)
    assert {str(job.values["keep"]) for job in jobs_of(context)} == {"{'school': ['a']}", "{'school': ['b']}"}
    assert [job.values["leave_out"] for job in jobs_of(context)] == [{"school": ["a", "b"]}] * 2


def test_the_lists_that_accounts_fetch_for_one_another_are_those_of_one_run(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "a", "b", "c").path
    remote = '[accounts.c]\nlist = "https://files.example/all.csv"\n'
    path.write_text(path.read_text(encoding="utf-8").replace("[accounts.c]\n", remote), encoding="utf-8")
    fleet, seen = read_fleet(path, tmp_path), set[str]()
    left = fleet.folder / "fetched" / "of-a-killed-run"
    left.mkdir(parents=True)

    def answer(job: Job) -> AccountResult:
        if job.fetched_folder:
            Path(job.fetched_folder).mkdir(parents=True, exist_ok=True)
            seen.add(job.fetched_folder)
        return result(job.account)

    for _ in range(2):
        context = context_of(fleet, answer)
        check_fleet(context, fleet.enabled)
        assert {job.account for job in jobs_of(context) if job.fetched_folder} == {"c"}
    assert len(seen) == 2
    assert list((fleet.folder / "fetched").iterdir()) == []


def test_no_secret_is_in_a_job(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a"))
    check_fleet(context, context.fleet.enabled)
    assert "sandbox-token" not in repr(jobs_of(context))


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    context = context_of(fleet_of(tmp_path, "a"))
    with fleet_run(context, "sync"), pytest.raises(LockHeldError):
        check_fleet(context, context.fleet.enabled)


def test_an_engine_that_fails_ends_the_run_with_its_error(tmp_path: Path) -> None:
    def broken(_job: Job) -> AccountResult:
        raise ZeroDivisionError

    context = context_of(fleet_of(tmp_path, "a", "b"), broken)
    with pytest.raises(ZeroDivisionError):
        check_fleet(context, context.fleet.enabled)


def test_an_interruption_is_in_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupting(job: Job) -> AccountResult:
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        while not is_interrupted:
            pass
        return result(job.account, AccountStatus.DIED)

    is_interrupted: list[bool] = []
    context = context_of(
        fleet_of(tmp_path, "a", "b", fleet="[fleet.stop]\nstrict = true\nfailed_count = 0\n"), interrupting
    )
    monkeypatch.setattr(context.engine, "interrupt", lambda: is_interrupted.append(True))
    with pytest.raises(KeyboardInterrupt):
        sync_fleet(context, context.fleet.enabled)
    night = find_night(context.fleet.folder).night("district")
    assert night.stopped == "the fleet was interrupted"
    assert night.finished_at
    assert statuses(night) == {"a": "died", "b": "not_begun"}


def test_nothing_begins_that_the_journal_can_not_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of(fleet_of(tmp_path, "a", "b"))

    def full(*_: object) -> None:
        raise RecordError("disk full", hint="make room")

    monkeypatch.setattr(Journal, "begin", full)
    night = check_fleet(context, context.fleet.enabled)
    assert jobs_of(context) == []
    assert (night.unrecorded, exit_code_of_night(night)) == ("disk full; make room", 1)
    assert {each.message for each in night.results} == {"the journal of the fleet can't be written"}


@pytest.mark.parametrize("share", [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
def test_a_journal_on_a_full_disk_loses_nothing_and_states_nothing_untrue(tmp_path: Path, share: float) -> None:
    """The journal is cut at another length each time; two workers, so that another account is under way."""
    fleet = fleet_of(tmp_path, "a", "b", "c")
    sync_fleet(context_of(fleet), fleet.enabled)
    size = (fleet.folder / "audit.jsonl").stat().st_size
    fleet = replace(fleet, state_dir=tmp_path / "full")
    context = context_of(fleet)
    with files_of_at_most(int(size * share)):
        night = sync_fleet(context, fleet.enabled)
    assert exit_code_of_night(night) == 1
    assert "can't be written: File too large" in night.unrecorded
    applied = {job.account for job in jobs_of(context) if job.kind is JobKind.APPLY}
    assert {name for name, status in statuses(night).items() if status == "done"} == applied
    recorded = statuses(find_night(fleet.folder).night("district"))
    assert {name for name, status in recorded.items() if status == "done"} <= applied
    assert all(recorded[name] in {"done", "died"} for name in applied)
    again = context_of(fleet)
    resumed = resume_fleet(again, find_night(fleet.folder))
    assert set(statuses(resumed).values()) == {"done"}
    assert not {name for name, status in recorded.items() if status == "done"} & {job.account for job in jobs_of(again)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["plan", "sync"])
def test_a_night_whose_plans_find_no_room_is_shown_and_not_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("rolesync.fleet.fleet_run.new_run_id", lambda _now: "r1")
    context = context_of(fleet_of(tmp_path, "a", "b"))
    folder = context.fleet.folder / "nights" / "r1"
    folder.mkdir(parents=True)
    (folder / "fleet.json").symlink_to("/dev/full")
    accounts = context.fleet.enabled
    night = sync_fleet(context, accounts) if command == "sync" else plan_fleet(context, accounts, folder)
    assert exit_code_of_night(night) == 1
    assert set(statuses(night).values()) == {"planned"}
    assert f"{folder} can't be written: No space left on device; make room" in night.unrecorded
    assert {job.kind for job in jobs_of(context)} == {JobKind.PLAN}


def test_each_result_is_shown_as_it_comes(tmp_path: Path) -> None:
    ended: list[tuple[str, int]] = []
    context = context_of(fleet_of(tmp_path, "a", "b"))
    fleet = replace(context.fleet, table=context.fleet.table.model_copy(update={"workers": 1}))
    check_fleet(
        replace(context, fleet=fleet, ended=lambda each, remaining: ended.append((each.account, remaining))),
        fleet.enabled,
    )
    assert ended == [("a", 1), ("b", 0)]
