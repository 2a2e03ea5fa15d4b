"""Guards: which of them block and which only warn, and that they count the changes that would be sent."""

import pytest
from hypothesis import given, settings

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import hold_changes
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import ON_REMOVALS, RIVAL_ROLES, Mode, VerdictStatus
from rolesync.planner.guards import judge, judge_after_review
from tests.planner.judging import BLOCK, PASS, UNKNOWN, WARN, admins, keeping, verdict
from tests.strategies import BIGGEST_ID, Row, Situation, User, histories, listed, live_of, situations


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


@pytest.mark.parametrize("entry", ["1", "P1@Example.edu", " p1@example.edu "])
def test_a_protected_user_blocks_without_override(entry: str) -> None:
    users = admins(9)
    result = verdict("protected_users", users, keeping(users[1:]), Policy(protected_users=(entry, "p2@example.edu")))
    assert (result.status, result.value, result.limit, result.overridable) == (BLOCK, 1, 0, False)
    assert "Admin of p1@example.edu (1)" in result.message


def test_protected_users_who_keep_their_roles_pass() -> None:
    users = admins(9)
    assert verdict("protected_users", users, keeping(users[1:]), Policy(protected_users=("2",))).status is PASS
    assert verdict("protected_users", users, keeping(users[1:]), Policy()).message == "no user is protected"


def test_all_users_of_a_domain_can_be_protected() -> None:
    users = [*admins(3), User(4, "Support@Vendor.example", "S", frozenset({"Admin"}))]
    result = verdict("protected_users", users, keeping(users[:3]), Policy(protected_users=("*@vendor.example",)))
    assert (result.status, result.value) == (BLOCK, 1)
    assert "Admin of Support@Vendor.example (4)" in result.message


def test_a_protected_user_whom_nobody_is_is_a_warning() -> None:
    users, protected = admins(9), ("p1@example.edu", "p1@exmaple.edu", "*@vendor.example", "77")
    result = verdict("protected_users", users, keeping(users), Policy(protected_users=protected))
    assert (result.status, result.value) == (WARN, 0)
    assert "p1@exmaple.edu, *@vendor.example, 77" in result.message
    assert "p1@example.edu" not in result.message
    blocked = verdict("protected_users", users, keeping(users[1:]), Policy(protected_users=protected))
    assert blocked.status is BLOCK


def test_a_protected_user_without_an_address_is_named_by_id() -> None:
    users = [*admins(3), User(BIGGEST_ID, "", "No address", frozenset({"Admin"}))]
    result = verdict("protected_users", users, keeping(users[:3]), Policy(protected_users=(str(BIGGEST_ID), "9" * 30)))
    assert result.status is BLOCK
    assert f"Admin of the user ({BIGGEST_ID})" in result.message


def test_a_message_names_only_a_few_of_many_protected_users() -> None:
    users = admins(9)
    result = verdict("protected_users", users, keeping([]), Policy(protected_users=tuple("1234567")))
    assert result.value == 7
    assert "p5@example.edu (5) and 2 more" in result.message


@pytest.mark.parametrize(
    ("owner", "status", "message"),
    [
        ("P1@example.edu", BLOCK, "Admin of p1@example.edu (1)"),
        ("1", BLOCK, "Admin of p1@example.edu (1)"),
        ("2", PASS, "loses no managed role"),
        ("P2@Example.edu", PASS, "loses no managed role"),
        ("", WARN, "set owner"),
        (" ", WARN, "set owner"),
        ("nobody@example.edu", WARN, "check owner"),
        ("4", WARN, "check owner"),  # a user, but without a managed role
    ],
)
def test_the_owner_never_loses_a_role(owner: str, status: VerdictStatus, message: str) -> None:
    users = [*admins(3), User(4, "p4@example.edu", "P 4", frozenset({"Teacher"}))]
    result = verdict("owner", users, keeping(users[1:3]), Policy(owner=owner))
    assert (result.status, result.overridable, result.value) == (status, False, int(status is BLOCK))
    assert message in result.message


def test_the_owner_is_found_by_another_unicode_form_among_many() -> None:
    users = [*admins(10_001), User(20_000, "Jose\u0301@example.edu", "J", frozenset({"Admin"}))]
    assert verdict("owner", users, keeping(users), Policy(owner="jos\u00e9@example.edu")).status is PASS


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
@given(situations(), histories())
def test_guards_count_exactly_the_changes_of_the_plan(situation: Situation, history: GuardBaseline) -> None:
    policy = situation.policy
    changes = hold_changes(diff(situation.desired, situation.live, policy), policy, history)
    verdicts = judge(changes, situation.live, policy, (), history)
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
    age = history.age_hours or 0
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
    history = GuardBaseline(repeated={(1, "remove", "Admin"): True, (2, "remove", "Admin"): False})
    result = verdict("repeat_runs", users, keeping(users[2:]), Policy(max_removals_share=1), history)
    assert (result.status, result.value, result.limit) == (WARN, 2, 3)
    assert "remove Admin of p1@example.edu (1): done each time, and reversed since" in result.message
    assert "account admins" in result.message
    assert "remove Admin of p2@example.edu (2): Studio didn't apply the change" in result.message
    only = verdict(
        "repeat_runs", users, keeping(users[2:]), Policy(), GuardBaseline(repeated={(2, "remove", "Admin"): False})
    )
    assert "account admins" not in only.message
