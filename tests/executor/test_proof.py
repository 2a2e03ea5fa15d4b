"""The proof after a run shows differences in both directions, and roles that were lost beside the plan."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings

from rolesync.differ.diff import diff
from rolesync.executor.proof import certain_holders, prove
from rolesync.model.findings import NAMED
from rolesync.model.frames import CHANGES, OUTCOMES, frame
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.planner.build import make_plan
from tests.strategies import SOURCE, Row, Situation, User, desired_of, live_of, situations

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
DONE = OutcomeStatus.DONE.value


def user(number: int, *roles: str, email: str | None = None) -> User:
    return User(number, f"p{number}@example.edu" if email is None else email, f"P {number}", frozenset(roles))


def plan_for(live: Live, rows: Iterable[Row], policy: Policy) -> Plan:
    return make_plan(
        account="https://school.example.com",
        created_at=NOW,
        source=SOURCE,
        policy=policy,
        changes=diff(desired_of(rows), live, policy),
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


def outcomes_of(plan: Plan, answered: str = "") -> pd.DataFrame:
    """Make OUTCOMES of done changes; `answered` are the roles that Studio's answers show."""
    size = len(plan.changes)
    results = {"outcome": [DONE] * size, "after": [answered] * size, "detail": [""] * size}
    return frame(OUTCOMES, {**{name: plan.changes[name] for name in CHANGES}, **results})


BEFORE = (user(1, "Admin"), user(2, "Admin", "Teacher"), user(3), user(4))
ROWS = (Row(2, "", 1, "Admin"), Row(3, "", 3, "Admin"))  # adds 3, removes 2
PLAN = plan_for(live_of(BEFORE), ROWS, Policy())


def test_a_run_is_proven_if_live_equals_the_plan() -> None:
    after = live_of((user(1, "Admin"), user(2, "Teacher"), user(3, "Admin"), user(4)))
    proof = prove(PLAN, live_of(BEFORE), after, outcomes_of(PLAN))
    assert (proof.proven, proof.differences, proof.holders) == (True, (), {"Admin": 2})


@pytest.mark.parametrize(
    ("after", "differences"),
    [
        (
            BEFORE,
            (
                "Admin: 1 should hold it and don't: p3@example.edu (#3)",
                "Admin: 1 hold it and shouldn't: p2@example.edu (#2)",
            ),
        ),
        ((user(2, "Teacher"), user(3, "Admin"), user(1)), ("Admin: 1 should hold it and don't: p1@example.edu (#1)",)),
        ((user(2, "Teacher"), user(3, "Admin")), ("Admin: 1 should hold it and don't: p1@example.edu (#1)",)),
        (
            (user(1, "Admin"), user(3, "Admin"), user(9, "Admin", email="")),
            ("Admin: 1 hold it and shouldn't: no e-mail (#9)",),
        ),
    ],
)
def test_each_difference_becomes_a_sentence(after: tuple[User, ...], differences: tuple[str, ...]) -> None:
    proof = prove(PLAN, live_of(BEFORE), live_of(after), outcomes_of(PLAN))
    assert (proof.proven, proof.differences) == (False, differences)


def test_an_addition_that_may_cost_a_role_leaves_no_certain_holder_of_it() -> None:
    roles = ("Admin", "Subaccount admin")
    users = live_of([user(1, "Admin"), user(2, "Admin"), user(3, "Admin")])
    rows = [Row(2, "", 1, "Admin"), Row(3, "", 1, roles[1]), Row(4, "", 2, "Admin")]
    plan = plan_for(Live(users.users, roles), rows, Policy(roles))
    assert certain_holders(plan, users, outcomes_of(plan)) == {"Admin": {2}, roles[1]: {1}}


def test_a_long_difference_names_some_users_and_counts_the_rest() -> None:
    after = (user(1, "Admin"), user(3, "Admin"), *(user(number, "Admin") for number in range(20, 28)))
    (sentence,) = prove(PLAN, live_of(BEFORE), live_of(after), outcomes_of(PLAN)).differences
    assert sentence.startswith("Admin: 8 hold it and shouldn't: p20@example.edu (#20), ")
    assert sentence.endswith("(#24) and 3 more")
    assert sentence.count("#") == NAMED


def test_a_gained_role_that_is_not_managed_makes_no_difference() -> None:
    after = live_of((user(1, "Admin", "Observer"), user(2, "Teacher"), user(3, "Admin", "Teacher"), user(4, "Teacher")))
    assert prove(PLAN, live_of(BEFORE), after, outcomes_of(PLAN)).proven


@pytest.mark.parametrize(
    ("after", "answered"),
    [
        ((user(1, "Admin"), user(3, "Admin"), user(2, "Observer")), ""),  # as read
        ((user(1, "Admin"), user(3, "Admin")), '["Observer"]'),  # no longer among the holders, so as Studio answered
    ],
)
def test_a_role_that_was_lost_beside_the_plan_is_a_difference(after: tuple[User, ...], answered: str) -> None:
    (sentence,) = prove(PLAN, live_of(BEFORE), live_of(after), outcomes_of(PLAN, answered)).differences
    assert sentence == (
        "Teacher: 1 lost it beside the plan: p2@example.edu (#2); if this run cost it, `rolesync undo` gives it back"
    )


def test_roles_of_users_whom_nothing_shows_make_no_difference() -> None:
    assert prove(PLAN, live_of(BEFORE), live_of((user(1, "Admin"), user(3, "Admin"))), outcomes_of(PLAN)).proven


@given(situations())
@settings(max_examples=25)
def test_exactly_an_applied_plan_is_proven(situation: Situation) -> None:
    before = situation.live
    plan = plan_for(before, situation.rows, situation.policy)
    roles = {user.user_id: set(user.roles) for user in situation.users}
    for user_id, action, role in zip(*(plan.changes[name] for name in ("user_id", "action", "role")), strict=True):
        (roles[user_id].add if action == "add" else roles[user_id].remove)(role)
    after = live_of(user._replace(roles=frozenset(roles[user.user_id])) for user in situation.users)
    proof = prove(plan, before, after, outcomes_of(plan))
    assert proof.proven
    assert proof.holders == {role: len(after.holders(role)) for role in situation.policy.managed_roles}
    assert prove(plan, before, before, outcomes_of(plan)).proven == (len(plan.changes) == 0)
