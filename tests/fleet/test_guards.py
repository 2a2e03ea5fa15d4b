"""The guards between planning all accounts and writing to any."""

from pathlib import Path

from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.guards import judge_fleet, mark_blocked
from rolesync.model.fleet import AccountResult, AccountStatus
from tests.fleet.tools import fleet_of, plan, result

PLANNED = AccountStatus.PLANNED


def planned(name: str, **numbers: object) -> AccountResult:
    return result(name, PLANNED, plan=plan(**{"list_sha256": name * 8, **numbers}))


def rules(folder: Path, *results: AccountResult, fleet: str = "", stopped: str = "", first: bool = False) -> list[str]:
    """The rules that block, for accounts `a`, `b` and `c`, which have succeeded before unless it is their first run."""
    verdicts = judge_fleet(fleet_of(folder, "a", "b", "c", fleet=fleet), results, stopped, () if first else "abc")
    return [f"{verdict.rule} {' '.join(verdict.accounts)}".strip() for verdict in verdicts]


def test_plans_of_different_lists_pass(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a", removals=3), planned("b", additions=4)) == []


def test_the_removals_of_all_accounts_may_reach_their_limit(tmp_path: Path) -> None:
    limit = "[fleet.stop]\nmax_removals = 5\n"
    (tmp_path / "at").mkdir()
    (tmp_path / "over").mkdir()
    assert rules(tmp_path / "at", planned("a", removals=2), planned("b", removals=3), fleet=limit) == []
    over = rules(tmp_path / "over", planned("a", removals=3), planned("b", removals=3), fleet=limit)
    assert over == ["fleet_max_removals"]


def test_removals_of_a_blocked_plan_are_not_counted(tmp_path: Path) -> None:
    blocked = result("a", AccountStatus.BLOCKED, plan=plan(removals=9, list_sha256="a"))
    assert rules(tmp_path, blocked, planned("b"), fleet="[fleet.stop]\nmax_removals = 5\n") == []


def test_a_breaker_that_tripped_while_planning_blocks_all(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a"), stopped="3 of 5 accounts failed") == ["failed_plans"]


def test_one_list_for_two_accounts_blocks_both(tmp_path: Path) -> None:
    same = [planned(name, list_sha256="same") for name in "ab"]
    assert rules(tmp_path, *same, planned("c")) == ["same_list a b"]


def test_accounts_may_share_a_list_on_purpose(tmp_path: Path) -> None:
    same = [planned(name, list_sha256="same") for name in "ab"]
    fleet = fleet_of(tmp_path, "a", "b")
    text = fleet.path.read_text(encoding="utf-8").replace("[defaults]\n", "[defaults]\nshared_list = true\n")
    fleet.path.write_text(text, encoding="utf-8")
    assert judge_fleet(read_fleet(fleet.path, tmp_path), same, "", "") == ()


def test_a_list_of_strangers_blocks_its_account(tmp_path: Path) -> None:
    verdicts = judge_fleet(fleet_of(tmp_path, "a"), [planned("a", listed=20, absent=11)], "", "")
    sentence = "a: 11 of 20 assignments in the list name users who are not in Studio"
    assert verdicts[0].message == f"{sentence}, as if it were the list of another account."
    (blocked,) = mark_blocked([planned("a")], verdicts)
    assert (blocked.status, blocked.message) == (AccountStatus.BLOCKED, verdicts[0].message)


def test_half_of_a_list_may_be_unknown_and_short_lists_show_nothing(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a", listed=20, absent=10), planned("b", listed=9, absent=9)) == []


def test_a_list_that_replaces_most_holders_blocks_its_account(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a", holders=20, removals=11, additions=12)) == ["swapped_list a"]


def test_the_first_list_of_an_account_may_replace_its_holders(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a", holders=20, removals=12, additions=12), first=True) == []


def test_the_limits_of_a_swapped_list_are_settings(tmp_path: Path) -> None:
    limits = "[fleet.stop]\nmax_absent_share = 1\nmin_kept_share = 0\n"
    replaced = planned("b", holders=20, removals=20, additions=20)
    assert rules(tmp_path, planned("a", listed=20, absent=20), replaced, fleet=limits) == []


def test_a_list_that_only_shrinks_is_left_to_the_guards_of_the_account(tmp_path: Path) -> None:
    assert rules(tmp_path, planned("a", holders=20, removals=11, additions=0)) == []
