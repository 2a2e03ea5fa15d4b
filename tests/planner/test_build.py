"""Plans that are built: their status, their order, and their time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings

from rolesync.differ.diff import diff
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import RIVAL_ROLES
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.planner.order import chunks
from tests.planner.test_order import actions_of
from tests.strategies import (
    CREATED_AT,
    SOURCE,
    Row,
    Situation,
    User,
    desired_of,
    live_of,
    situations,
)

USERS = (
    User(1, "ann@example.edu", "Ann", frozenset({"Admin"})),
    User(2, "bo@example.edu", "Bo", frozenset()),
    User(3, "", "Cy", frozenset({"Admin"})),
)
ROWS = (Row(2, "bo@example.edu", 0, "Admin"), Row(3, "new@example.edu", 0, "Admin"), Row(4, "", 3, "Admin"))


POLICY = Policy(max_removals_share=0.5)
UNKNOWN = GuardBaseline()


def planned(
    rows: Iterable[Row] = ROWS,
    users: Iterable[User] = USERS,
    policy: Policy = POLICY,
    baseline: GuardBaseline = UNKNOWN,
    **changed: object,
) -> Plan:
    """The plan of a situation, some of its parts replaced."""
    live = live_of(users)
    changes = diff(desired_of(rows), live, policy)
    parts: dict[str, Any] = {
        "account": "https://school.example.com",
        "created_at": CREATED_AT,
        "source": SOURCE,
        "policy": policy,
        "changes": changes,
        "verdicts": judge(changes, live, policy, (), baseline),
        "findings": (),
        "requests": Requests({"search": 2}, 2),
    }
    return make_plan(**{**parts, **changed})


def test_a_plan_is_ready_blocked_or_empty() -> None:
    assert planned().status == "ready"
    assert planned(policy=Policy(max_removals=0)).status == "blocked"
    assert planned([Row(2, "ann@example.edu", 0, "Admin"), Row(4, "", 3, "Admin")]).status == "empty"


def test_a_plan_holds_its_changes_in_order_and_its_time_in_utc() -> None:
    created_at = datetime(2026, 3, 1, 3, 30, tzinfo=timezone(timedelta(hours=1)))
    plan = planned(created_at=created_at)
    assert actions_of(plan.changes) == [(2, "Admin", "add"), (1, "Admin", "remove")]
    assert plan.created_at == created_at
    assert plan.created_at.tzinfo is UTC
    with pytest.raises(ValueError, match="no time zone"):
        planned(created_at=created_at.replace(tzinfo=None))


@settings(max_examples=60, deadline=None)
@given(situations())
def test_in_every_plan_nobody_loses_before_gaining(situation: Situation) -> None:
    plan = planned(situation.rows, situation.users, situation.policy)
    actions = actions_of(plan.changes)
    for user_id, _, _ in actions:
        steps = [(role, action) for other, role, action in actions if other == user_id]
        others = [action for role, action in steps if (RIVAL_ROLES.get(role), "add") not in steps]
        assert others == sorted(others)  # only a role whose rival the user gains is removed first
    assert len({user_id for user_id, _, _ in actions}) == len(list(groupby(user_id for user_id, _, _ in actions)))
    assert sum(map(len, chunks(plan.changes, situation.policy.chunk_size))) == len(actions)
