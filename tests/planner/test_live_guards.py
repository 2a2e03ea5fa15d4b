"""Guards on the read of Studio: nobody at all, most holders of the last run gone at once, or another clock."""

from dataclasses import replace

import pytest

from rolesync.model.history import ExpectedHolders, GuardBaseline
from rolesync.model.plans import Policy
from rolesync.planner.live_guards import clock_skew
from tests.planner.judging import BLOCK, PASS, WARN, admins, keeping, verdict
from tests.strategies import User, live_of

STRANGER = User(900, "stranger@example.edu", "", frozenset({"Teacher"}))


def expecting(*user_ids: int, doubtful: tuple[int, ...] = ()) -> GuardBaseline:
    return GuardBaseline(expected=ExpectedHolders("r1", {"Admin": dict.fromkeys(user_ids, "")}, frozenset(doubtful)))


@pytest.mark.parametrize("baseline", [GuardBaseline(listed={"Admin": 9}), expecting(1)])
def test_a_studio_without_any_user_blocks(baseline: GuardBaseline) -> None:
    result = verdict("live_vanished", [], keeping(admins(9)), Policy(), baseline)
    assert (result.status, result.limit, result.value, result.overridable) == (BLOCK, 1, 0, True)
    assert "no holder of a managed role, and no user of the list" in result.message
    assert "override this plan by its digest" in result.message


def test_the_first_run_on_an_account_without_holders_passes_if_it_finds_users_of_the_list() -> None:
    result = verdict("live_vanished", [STRANGER], keeping([STRANGER]), Policy(), GuardBaseline(listed={"Admin": 1}))
    assert (result.status, result.limit, result.value) == (PASS, None, None)


def test_a_list_and_an_account_without_users_pass() -> None:
    assert verdict("live_vanished", [], keeping([]), Policy(), GuardBaseline(listed={"Admin": 0})).status is PASS


@pytest.mark.parametrize(("left", "status"), [(9, PASS), (5, PASS), (4, BLOCK), (0, BLOCK)])
def test_most_holders_of_the_last_run_gone_at_once_block(left: int, status: str) -> None:
    users = [*admins(left), STRANGER]
    result = verdict("live_vanished", users, keeping(admins(10)), Policy(), expecting(*range(1, 11)))
    assert (result.status, result.role) == (status, "Admin" if status is BLOCK else "")
    if status is BLOCK:
        assert (result.limit, result.value) == (5, 10 - left)
        assert f"{10 - left} of 10 holders of Admin are gone since the last run, at most 5 allowed" in result.message


def test_unknown_holders_of_the_last_run_are_a_warning() -> None:
    result = verdict("live_vanished", admins(4), keeping(admins(4)), Policy(), GuardBaseline(lost_snapshot=True))
    assert result.status is WARN
    assert "holders.json is missing or was changed" in result.message


def test_users_in_doubt_are_not_missed() -> None:
    baseline = expecting(*range(1, 11), doubtful=tuple(range(5, 11)))
    assert verdict("live_vanished", admins(4), keeping(admins(4)), Policy(), baseline).status is PASS


@pytest.mark.parametrize(
    ("skew", "status", "value", "message"),
    [
        (None, PASS, None, "name no time"),
        (300.0, PASS, None, "within 300 s"),
        (-299.0, PASS, None, "within 300 s"),
        (7200.4, WARN, 7200, "7,200 s ahead of Studio's"),
        (-301.0, WARN, 301, "301 s behind Studio's"),
    ],
)
def test_clocks_that_differ_are_a_warning(skew: float | None, status: str, value: int | None, message: str) -> None:
    result = clock_skew(replace(live_of([STRANGER]), clock_skew=skew))
    assert (result.rule, result.status, result.limit, result.value) == ("clock_skew", status, 300, value)
    assert message in result.message
