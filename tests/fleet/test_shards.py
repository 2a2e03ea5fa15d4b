"""Shards of a fleet: who has which account, and what only the merge can decide."""

from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.errors import PlanRefusedError, UsageError
from rolesync.fleet.jobs import Job, JobKind
from rolesync.fleet.journal import find_night, past_nights
from rolesync.fleet.night_folder import load_night, summary_path
from rolesync.fleet.run import FleetContext, plan_fleet
from rolesync.fleet.shards import Shard, apply_share, check_shard_folder, merge_applied, merge_plans, parse_shard
from rolesync.model.fleet import AccountResult, AccountStatus, Night, exit_code_of_night
from tests.fleet.tools import ScriptedEngine, fleet_of, plan, result

NAMES = ("a", "b", "c", "d", "e", "f")
SHARDS = [Shard(number, 3) for number in (1, 2, 3)]


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
    return [apply_share(context_of(tmp_path, shard), shard, load_night(folder), folder) for shard in shards]


def jobs_of(context: FleetContext) -> list[Job]:
    assert isinstance(context.engine, ScriptedEngine)
    return context.engine.jobs


def test_each_account_is_in_one_shard_whatever_else_is_in_the_fleet() -> None:
    names = [f"n{number}" for number in range(300)]
    shares = [{name for name in names if shard.has(name)} for shard in SHARDS]
    assert set.union(*shares) == set(names)
    assert sum(map(len, shares)) == 300
    assert all(60 < len(share) < 140 for share in shares)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/3 ", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no shard"):
        parse_shard(text)
    assert parse_shard("3/20") == Shard(3, 20)


def test_shards_plan_the_merge_judges_and_shards_apply(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS)
    night = merge_plans(context_of(tmp_path), folder)
    assert [each.account for each in night.results] == list(NAMES)
    assert exit_code_of_night(night, detailed=True) == 2
    with pytest.raises(UsageError, match="merged already"):
        check_shard_folder(folder)
    applied(tmp_path, folder, *SHARDS)
    whole = context_of(tmp_path)
    merged = merge_applied(whole, folder)
    assert {each.status for each in merged.results} == {AccountStatus.DONE}
    assert (len(merged.results), exit_code_of_night(merged)) == (6, 0)
    assert find_night(past_nights(whole.fleet.folder), "").night("district").results == merged.results


def test_a_guard_of_the_whole_fleet_holds_in_every_shard(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS, fleet="[fleet.stop]\nmax_removals = 11\n")
    night = merge_plans(context_of(tmp_path), folder)
    assert exit_code_of_night(night) == 4
    for shard in SHARDS:
        context = context_of(tmp_path, shard)
        assert exit_code_of_night(apply_share(context, shard, load_night(folder), folder)) == 4
        assert jobs_of(context) == []
    assert exit_code_of_night(merge_applied(context_of(tmp_path), folder)) == 4


def test_a_shard_without_a_result_is_not_taken_for_done(tmp_path: Path) -> None:
    folder = planned(tmp_path, *SHARDS[:2], fleet="[fleet.stop]\nfailed_share = 1.0\n")
    night = merge_plans(context_of(tmp_path), folder)
    lost = {each.account: each.message for each in night.results if each.status is AccountStatus.DIED}
    assert lost == {name: "its shard 3/3 left no result" for name in NAMES if SHARDS[2].has(name)}
    assert lost
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
