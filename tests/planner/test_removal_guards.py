"""Guards on removals: number, share, and the holders that remain."""

import pytest

from rolesync.differ.diff import diff
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.guards import judge, judge_after_review
from tests.planner.judging import BLOCK, PASS, UNKNOWN, WARN, admins, keeping, verdict
from tests.strategies import Row, listed, live_of


@pytest.mark.parametrize(
    ("before", "lost", "limit", "status"),
    [
        (100, 29, 0.29, PASS),  # 0.29 * 100 is less than 29 in floating point
        (100, 30, 0.29, BLOCK),
        (4, 1, 0.2, PASS),  # a single removal is allowed
        (4, 2, 0.2, BLOCK),
        (4, 1, 0.0, BLOCK),  # unless no removal is allowed
        (3, 0, 0.0, PASS),
        (3, 3, 1.0, PASS),
        (0, 0, 0.25, PASS),
    ],
)
def test_share_of_removals(before: int, lost: int, limit: float, status: VerdictStatus) -> None:
    users = admins(before)
    result = verdict("max_removals_share", users, keeping(users[lost:]), Policy(max_removals_share=limit))
    assert (result.status, result.limit, result.role) == (status, limit, "Admin")
    assert result.value == (lost / before if before else 0)
    allowed = "any share is allowed" if limit == 1 else f"at most {limit:.0%} allowed"
    assert f"{lost} of {before} holders ({result.value or 0:.0%}), {allowed}" in result.message
    assert ("change max_removals_share" in result.message) == (status is BLOCK)
    assert ("a single removal is allowed" in result.message) == ((before, lost, status) == (4, 1, PASS))


@pytest.mark.parametrize(("lost", "status"), [(2, PASS), (3, BLOCK)])
def test_number_of_removals(lost: int, status: VerdictStatus) -> None:
    users = admins(9)
    result = verdict("max_removals", users, keeping(users[lost:]), Policy(max_removals=2))
    assert (result.status, result.limit, result.value, result.overridable) == (status, 2, lost, True)
    assert f"removals of Admin: {lost}, at most 2 allowed" in result.message


@pytest.mark.parametrize(
    ("before", "lost", "status"), [(4, 1, PASS), (4, 2, BLOCK), (2, 0, WARN), (3, 0, PASS), (2, 1, BLOCK)]
)
def test_holders_left(before: int, lost: int, status: VerdictStatus) -> None:
    users = admins(before)
    result = verdict("min_holders", users, keeping(users[lost:]), Policy(min_holders=3))
    assert (result.status, result.limit, result.value) == (status, 3, before - lost)
    assert f"holders of Admin afterwards: {before - lost}, at least 3 required" in result.message


def test_limits_count_the_losses_that_additions_cause() -> None:
    roles, users = ("Admin", "Subaccount admin"), admins(60)
    desired = listed(Row(2, user.email, 0, role) for user in users for role in roles)
    live, policy = live_of(users), Policy(roles)
    changes = diff(desired, live, policy)
    assert [(count.removals, count.after) for count in changes.roles] == [(0, 60), (0, 60)]
    verdicts = judge(changes, live, policy, (), UNKNOWN)
    reviewed = judge_after_review(verdicts, changes.changes, changes, policy)
    for results in (verdicts, reviewed):
        blocked = {result.rule: result for result in results if result.status is BLOCK}
        assert {rule: (result.role, result.value) for rule, result in blocked.items()} == {
            "max_removals": ("Admin", 60),
            "max_removals_share": ("Admin", 1),
            "min_holders": ("Admin", 0),
        }
        assert "60, of these 60 because of additions of Subaccount admin" in blocked["max_removals"].message
