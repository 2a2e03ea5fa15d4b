"""Guards: which of them block and which only warn, and that they count the changes that would be sent."""

import pytest
from hypothesis import given, settings

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import hold_changes
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import ON_REMOVALS, RIVAL_ROLES, Mode
from rolesync.planner.guards import judge
from tests.planner.judging import BLOCK, PASS, UNKNOWN, WARN, admins, keeping, verdict
from tests.strategies import Situation, baselines, live_of, situations


def test_every_guard_gives_a_verdict_for_every_role() -> None:
    live, policy = live_of(admins(1)), Policy(("Teacher", "Admin"))
    verdicts = judge(diff(keeping([]), live, policy), live, policy, (), UNKNOWN)
    per_role = ["max_removals", "max_removals_share", "min_holders"]
    assert [(result.rule, result.role) for result in verdicts] == [
        *(
            (rule, "")
            for rule in (
                "input_refused",
                "max_age_hours",
                "max_shrink_share",
                "live_vanished",
                "owner",
                "protected_users",
                "rival_roles",
            )
        ),
        *((rule, role) for role in ("Teacher", "Admin") for rule in per_role),
        ("repeat_runs", ""),
        ("clock_skew", ""),
    ]


@settings(max_examples=100, deadline=None)
@given(situations(), baselines())
def test_guards_count_exactly_the_changes_of_the_plan(situation: Situation, baseline: GuardBaseline) -> None:
    policy = situation.policy
    changes = hold_changes(diff(situation.desired, situation.live, policy), policy, baseline)
    verdicts = judge(changes, situation.live, policy, (), baseline)
    results = {(result.rule, result.role): result for result in verdicts}
    actions = list(changes.changes[["user_id", "action", "role"]].itertuples(index=False, name=None))
    roles_of = {user.user_id: user.roles for user in situation.users}
    losses = {(user_id, role) for user_id, action, role in actions if action == "remove"}
    rivals = {(user_id, RIVAL_ROLES.get(role, "")) for user_id, action, role in actions if action == "add"} - losses
    losses |= {(user_id, role) for user_id, role in rivals if role in roles_of[user_id]}
    for role in policy.managed_roles:
        holders = {user.user_id for user in situation.users if role in user.roles}
        lost = {user_id for user_id, of in losses if of == role}
        gained = {user_id for user_id, action, of in actions if (action, of) == ("add", role)}
        left = len((holders | gained) - lost)
        assert results["max_removals", role].value == len(lost)
        assert (results["max_removals", role].status is BLOCK) == (len(lost) > policy.max_removals)
        assert results["min_holders", role].value == left
        assert (results["min_holders", role].status is BLOCK) == (bool(lost) and left < policy.min_holders)
        too_many = len(lost) > max(policy.max_removals_share * len(holders), policy.max_removals_share > 0)
        assert (results["max_removals_share", role].status is BLOCK) == too_many
    if (policy.mode is Mode.ADDITIVE or policy.hold_removals) and not losses:
        assert not [result for result in verdicts if result.status is BLOCK and result.rule in ON_REMOVALS]
    age = baseline.age_hours or 0
    too_old = policy.max_age_hours is not None and (age > policy.max_age_hours or age < -0.25)
    assert (results["max_age_hours", ""].status is BLOCK) == too_old
    protected = [user_id for user_id, _ in losses if _is_any(user_id, situation, policy.protected_users)]
    assert results["protected_users", ""].value == len(protected)
    owned = [user_id for user_id, _ in losses if _is_any(user_id, situation, (policy.owner,))]
    assert (results["owner", ""].status is BLOCK) == bool(owned)


def _is_any(user_id: int, situation: Situation, entries: tuple[str, ...]) -> bool:
    (user,) = [user for user in situation.users if user.user_id == user_id]
    names = {str(user_id), email_key(user.email)} - {""}
    return bool(names & {entry.lower() for entry in entries})


@pytest.mark.parametrize("limit", [0, 3])
def test_changes_that_no_run_repeated_pass(limit: int) -> None:
    users = admins(4)
    result = verdict("repeat_runs", users, keeping(users[1:]), Policy(repeat_runs=limit))
    assert (result.status, result.value, result.limit) == (PASS, 0, limit or None)
    other = GuardBaseline(
        repeated={(1, "add", "Admin"): True, (1, "remove", "Teacher"): True, (2, "remove", "Admin"): True}
    )
    assert verdict("repeat_runs", users, keeping(users[1:]), Policy(), other).status is PASS


def test_repeated_changes_are_a_warning_with_the_likely_cause() -> None:
    users = admins(9)
    baseline = GuardBaseline(repeated={(1, "remove", "Admin"): True, (2, "remove", "Admin"): False})
    result = verdict("repeat_runs", users, keeping(users[2:]), Policy(max_removals_share=1), baseline)
    assert (result.status, result.value, result.limit) == (WARN, 2, 3)
    assert "remove Admin of p1@example.edu (1): done each time, and reversed since" in result.message
    assert "account admins" in result.message
    assert "remove Admin of p2@example.edu (2): Studio didn't apply the change" in result.message
    only = verdict(
        "repeat_runs", users, keeping(users[2:]), Policy(), GuardBaseline(repeated={(2, "remove", "Admin"): False})
    )
    assert "account admins" not in only.message
