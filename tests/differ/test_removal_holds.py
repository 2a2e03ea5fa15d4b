"""Removals wait: all of them, or those of users in their grace period; nothing else changes."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import absent_holders, hold_changes
from rolesync.model.frames import CHANGES, HELD, require
from rolesync.model.history import GuardBaseline
from rolesync.model.lists import Source
from rolesync.model.plans import Changes, Plan, Policy, RoleCount
from rolesync.model.vocabulary import Level, Mode
from tests.strategies import ROLES, Row, Situation, User, baselines, desired_of, live_of, plans, situations

USERS = (
    User(1, "ann@example.edu", "Ann", frozenset({"Admin", "Teacher"})),
    User(2, "bo@example.edu", "Bo", frozenset({"Admin"})),
    User(3, "cy@example.edu", "Cy", frozenset({"Admin"})),
    User(4, "di@example.edu", "Di", frozenset()),
)
ROWS = (
    Row(2, "di@example.edu", 0, "Admin"),
    Row(3, "cy@example.edu", 0, "Admin"),
    Row(4, "ann@example.edu", 0, "Teacher"),
)
MANAGED = ("Teacher", "Admin")


def held_by(policy: Policy, baseline: GuardBaseline) -> Changes:
    return hold_changes(diff(desired_of(ROWS), live_of(USERS), policy), policy, baseline)


def actions(changes: Changes) -> list[tuple[int, str, str]]:
    return list(changes.changes[["user_id", "action", "role"]].itertuples(index=False, name=None))


def held(changes: Changes) -> list[tuple[int, int, str, str, str]]:
    columns = ["row", "user_id", "action", "role", "reason"]
    return list(changes.held[columns].itertuples(index=False, name=None))


def test_held_removals_keep_their_reason() -> None:
    changes = held_by(Policy(MANAGED, hold_removals=True), GuardBaseline())
    assert actions(changes) == [(4, "add", "Admin")]
    assert held(changes) == [(0, 2, "remove", "Admin", "removals_held"), (4, 1, "remove", "Admin", "removals_held")]
    assert changes.roles == (RoleCount("Teacher", 1, 0, 0), RoleCount("Admin", 3, 1, 0))
    assert "is not in the list; keeps the role while hold_removals is set" in changes.held["detail"].iloc[0]
    assert "not for this role; keeps" in changes.held["detail"].iloc[1]
    assert changes.changes["action"].cat.categories.tolist() == ["add"]


@pytest.mark.parametrize(
    ("earlier", "detail"),
    [(0, "absent in run 1 of 3,"), (1, "absent in run 2 of 3,"), (2, "absent in run 3 of 3,"), (3, "")],
)
def test_a_removal_waits_until_the_grace_period_is_over(earlier: int, detail: str) -> None:
    changes = held_by(Policy(grace_runs=3), GuardBaseline(absent={"Admin": {2: earlier, 1: 99}, "Teacher": {2: 99}}))
    if not detail:
        assert actions(changes) == [(1, "remove", "Admin"), (2, "remove", "Admin"), (4, "add", "Admin")]
        assert held(changes) == []
        return
    assert actions(changes) == [(1, "remove", "Admin"), (4, "add", "Admin")]
    assert held(changes) == [(0, 2, "remove", "Admin", "grace")]
    assert changes.roles == (RoleCount("Admin", 3, 1, 1),)
    assert changes.held["detail"].iloc[0].startswith(detail)


def test_hold_removals_takes_precedence_over_a_grace_period() -> None:
    changes = held_by(Policy(hold_removals=True, grace_runs=1), GuardBaseline(absent={"Admin": {2: 9}}))
    assert {reason for *_, reason in held(changes)} == {"removals_held"}


@settings(max_examples=100, deadline=None)
@given(situations(), baselines())
def test_no_change_is_lost_and_only_removals_wait(situation: Situation, baseline: GuardBaseline) -> None:
    policy = situation.policy
    before = diff(situation.desired, situation.live, policy)
    after = hold_changes(before, policy, baseline)
    require(after.changes, CHANGES)
    require(after.held, HELD)
    waiting = [row for row in held(after) if row[4] in {"removals_held", "grace"}]
    held_back = {(user_id, action, role) for _, user_id, action, role, _ in waiting}
    assert {action for _, action, _ in held_back} <= {"remove"}
    assert sorted(actions(after) + list(held_back)) == sorted(actions(before))
    assert [row for row in held(after) if row not in waiting] == held(before)
    for _, action, role in set(actions(after)):
        assert role in policy.managed_roles
        assert not (action == "remove" and policy.hold_removals)
    for count, whole in zip(after.roles, before.roles, strict=True):
        removals = [change for change in actions(after) if change[1:] == ("remove", count.role)]
        assert (count.removals, count.additions, count.before) == (len(removals), whole.additions, whole.before)
    for user_id, _, role in held_back:
        earlier = baseline.absent.get(role, {}).get(user_id, 0)
        assert policy.hold_removals or earlier < policy.grace_runs
    for user_id, action, role in actions(after):
        if action == "remove":
            assert baseline.absent.get(role, {}).get(user_id, 0) >= policy.grace_runs
    rank = {role: at for at, role in enumerate(policy.managed_roles)}
    order = [(row, rank[role], action, user_id) for row, user_id, action, role, _ in held(after)]
    assert order == sorted(order)
    pd.testing.assert_frame_equal(hold_changes(after, policy, baseline).changes, after.changes)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_absent_holders_cover_every_managed_role_or_are_unknown(plan: Plan) -> None:
    absent = absent_holders(plan)
    has_unreadable_rows = any(finding.level is Level.HELD for finding in plan.findings)
    if plan.policy.grace_runs == 0 or plan.policy.mode is Mode.ADDITIVE or has_unreadable_rows:
        assert absent is None
        return
    assert absent is not None
    assert tuple(absent) == plan.policy.managed_roles
    lost = plan.changes[plan.changes["action"] == "remove"]
    waiting = plan.held[plan.held["reason"].isin(["removals_held", "grace"])]
    assert sorted((role, user_id) for role, ids in absent.items() for user_id in ids) == sorted(
        (role, user_id)
        for table in (lost, waiting)
        for role, user_id in zip(table["role"].tolist(), table["user_id"].tolist(), strict=True)
    )
    assert set(absent) <= set(ROLES)
    assert absent_holders(replace(plan, source=Source("", "", 0))) is None
