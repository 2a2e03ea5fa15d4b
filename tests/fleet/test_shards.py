"""Shards of a fleet: who has which account, and what only the merge can decide."""

from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.errors import PlanRefusedError, UsageError
from rolesync.fleet.commands import plan_fleet
from rolesync.fleet.fleet_run import FleetContext
from rolesync.fleet.night_folder import load_night, summary_path
from rolesync.fleet.past_nights import find_night
from rolesync.fleet.shards import (
    Shard,
    apply_shard,
    check_shard_folder,
    merge_applied,
    merge_plans,
    parse_shard,
    resume_shard,
)
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, Night, exit_code_of_night
from tests.fleet.tools import ScriptedEngine, fleet_of, jobs_of, plan, result

NAMES = ("a", "b", "c", "d", "e", "f")
SHARDS = [Shard(number, 3) for number in (1, 2, 3)]
LARGEST = max(SHARDS, key=lambda shard: sum(map(shard.has, NAMES)))


def healthy(job: Job) -> AccountResult:
    status = AccountStatus.PLANNED if job.kind is JobKind.PLAN else AccountStatus.DONE
    return result(job.account, status, plan=plan(removals=2, list_sha256=job.account * 8))


def context_of(tmp_path: Path, shard: Shard | None = None, *, fleet: str = "") -> FleetContext:
    if not (tmp_path / "fleet.toml").exists():
        fleet_of(tmp_path, *NAMES, fleet=fleet)
    from rolesync.fleet.fleet_file import read_fleet  # noqa: PLC0415  # the file is there now

    read = read_fleet(tmp_path / "fleet.toml", tmp_path)
    return FleetContext(replace(read, shard=str(shard or "")), ScriptedEngine(healthy))


def planned(tmp_path: Path, *shards: Shard, fleet: str = "") -> Path:
    folder = tmp_path / "night"
    for shard in shards:
        context = context_of(tmp_path, shard, fleet=fleet)
        plan_fleet(context, [each for each in context.fleet.enabled if shard.has(each.name)], folder)
    return folder


def applied(tmp_path: Path, folder: Path, *shards: Shard) -> list[Night]:
    return [apply_shard(context_of(tmp_path, shard), shard, load_night(folder), folder) for shard in shards]


def test_each_account_is_in_one_shard_whatever_else_is_in_the_fleet() -> None:
    names = [f"n{number}" for number in range(300)]
    shares = [{name for name in names if shard.has(name)} for shard in SHARDS]
    assert set.union(*shares) == set(names)
    assert sum(map(len, shares)) == 300
    assert all(60 < len(share) < 140 for share in shares)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/3 ", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a shard"):
        parse_shard(text)
    assert parse_shard("3/20") == Shard(3, 20)


def test_shards_plan_the_merge_judges_and_shards_apply(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS)
    night = merge_plans(context_of(tmp_path), folder)
    assert [each.account for each in night.results] == list(NAMES)
    assert exit_code_of_night(night, detailed=True) == 2
    with pytest.raises(UsageError, match="merged already") as refusal:
        check_shard_folder(folder)
    assert f"rolesync fleet apply {folder} --shard N/COUNT" in refusal.value.hint
    assert f"rm {folder / 'fleet.json'}" in refusal.value.hint
    applied(tmp_path, folder, *SHARDS)
    with pytest.raises(UsageError, match="shards have applied it"):
        check_shard_folder(folder)
    whole = context_of(tmp_path)
    merged = merge_applied(whole, folder)
    assert {each.status for each in merged.results} == {AccountStatus.DONE}
    assert (len(merged.results), exit_code_of_night(merged)) == (6, 0)
    assert find_night(whole.fleet.folder).night("district").results == merged.results


def test_a_guard_of_the_whole_fleet_holds_in_every_shard(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS, fleet="[fleet.stop]\nmax_removals = 11\n")
    night = merge_plans(context_of(tmp_path), folder)
    assert exit_code_of_night(night) == 4
    for shard in SHARDS:
        context = context_of(tmp_path, shard)
        assert exit_code_of_night(apply_shard(context, shard, load_night(folder), folder)) == 4
        assert jobs_of(context) == []
    assert exit_code_of_night(merge_applied(context_of(tmp_path), folder)) == 4


def test_a_shard_without_a_result_is_not_taken_for_done(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS[:2], fleet="[fleet.stop]\nfailed_share = 1.0\n")
    night = merge_plans(context_of(tmp_path), folder)
    lost = {each.account: each.message for each in night.results if each.status is AccountStatus.DIED}
    assert lost == {name: "its shard 3/3 left no result" for name in NAMES if SHARDS[2].has(name)}
    assert lost
    again = f"rolesync fleet plan {tmp_path / 'fleet.toml'} -o {folder} --shard 3/3"
    assert {each.hint for each in night.results if each.account in lost} == {f"run that shard again: {again}"}
    assert exit_code_of_night(night) == 5
    applied(tmp_path, folder, *SHARDS[:1])
    merged = merge_applied(context_of(tmp_path), folder)
    assert {each.account for each in merged.results if each.status is AccountStatus.DONE} == {
        name for name in NAMES if SHARDS[0].has(name)
    }
    assert exit_code_of_night(merged) == 5


def test_too_many_lost_accounts_block_all(tmp_path: Path) -> None:
    folder = planned(tmp_path, SHARDS[0])
    night = merge_plans(context_of(tmp_path), folder)
    assert [verdict.rule for verdict in night.verdicts] == ["failed_plans"]
    (first,) = applied(tmp_path, folder, SHARDS[0])
    assert exit_code_of_night(first) == 4


def test_shards_that_are_not_merged_yet_are_named(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS)
    with pytest.raises(UsageError, match="are not merged yet") as caught:
        load_night(folder)
    assert caught.value.hint == f"merge them: rolesync fleet merge {folder} -f FLEETFILE"


def test_a_night_of_another_fleet_file_names_that_file(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS)
    (tmp_path / "other").mkdir()
    other = fleet_of(tmp_path / "other", *NAMES, more="\n")
    with pytest.raises(PlanRefusedError, match="planned from the fleet file") as caught:
        merge_plans(replace(context_of(tmp_path), fleet=other), folder)
    assert caught.value.hint == f"name that file: -f {tmp_path / 'fleet.toml'}"


def test_shards_of_different_counts_or_files_are_not_merged(tmp_path: Path) -> None:
    folder = planned(tmp_path, SHARDS[0], Shard(1, 2))
    with pytest.raises(UsageError, match=r"shards of \[2, 3\]"):
        merge_plans(context_of(tmp_path), folder)
    summary_path(folder, "1-of-2").unlink()
    text = (tmp_path / "fleet.toml").read_text(encoding="utf-8")
    (tmp_path / "fleet.toml").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(PlanRefusedError, match="has changed"):
        merge_plans(context_of(tmp_path), folder)
    with pytest.raises(UsageError, match="has no shard"):
        merge_plans(context_of(tmp_path), tmp_path / "none")


def test_a_share_is_planned_again_and_merged_again_before_any_is_applied(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS[:2], fleet="[fleet.stop]\nfailed_share = 1.0\n")
    assert exit_code_of_night(merge_plans(context_of(tmp_path), folder)) == 5
    summary_path(folder).unlink()  # as the refusal advises
    check_shard_folder(folder)
    planned(tmp_path, SHARDS[2])
    assert exit_code_of_night(merge_plans(context_of(tmp_path), folder)) == 0


def test_a_share_is_resumed_and_what_is_done_stays_done(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS, fleet="[fleet.stop]\nfailed_share = 1.0\n")
    merge_plans(context_of(tmp_path), folder)
    shard = LARGEST
    first, *others = [name for name in NAMES if shard.has(name)]

    def failing(job: Job) -> AccountResult:
        return healthy(job) if job.account == first else result(job.account, AccountStatus.UNREACHABLE)

    context = context_of(tmp_path, shard)
    apply_shard(replace(context, engine=ScriptedEngine(failing)), shard, load_night(folder), folder)
    past = find_night(context.fleet.folder)
    assert exit_code_of_night(past.night("district")) == 5
    resumed = resume_shard(context, shard, past)
    assert {each.account: each.status for each in resumed.results} == dict.fromkeys(
        [first, *others], AccountStatus.DONE
    )
    assert sorted(job.account for job in jobs_of(context)) == others
    saved = load_night(folder, str(shard), applied=True)
    assert (saved.run, saved.results) == (past.run, resumed.results)


def test_only_applying_a_share_is_resumed(tmp_path: Path) -> None:
    planned(tmp_path, SHARDS[0])
    context = context_of(tmp_path, SHARDS[0])
    with pytest.raises(UsageError, match="was a plan, which is not resumed"):
        resume_shard(context, SHARDS[0], find_night(context.fleet.folder))


def test_what_a_shard_applied_is_shown_though_its_summary_can_not_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = planned(tmp_path, *SHARDS)
    merge_plans(context_of(tmp_path), folder)

    def full(*_: object, **__: object) -> None:
        raise UsageError("NIGHT can't be written: No space left on device")

    monkeypatch.setattr("rolesync.fleet.shards.save_night", full)
    (night,) = applied(tmp_path, folder, LARGEST)
    assert {each.status for each in night.results} == {AccountStatus.DONE}
    assert "the merge will lack this shard" in night.unrecorded
    assert exit_code_of_night(night) == 1
