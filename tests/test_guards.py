"""The guards: what blocks, what only warns, and that they count the very changes that would be sent."""

import pytest
from hypothesis import given, settings

from rolesync.differ import diff
from rolesync.guards import judge
from rolesync.model import Desired, Finding, Level, Mode, Policy, Verdict, VerdictStatus, email_key
from tests.strategies import BIGGEST_ID, SOURCE, Row, Situation, User, listed, live_of, situations

BLOCK, WARN, PASS = VerdictStatus.BLOCK, VerdictStatus.WARN, VerdictStatus.PASS


def admins(count: int) -> list[User]:
    return [User(at, f"p{at}@example.edu", f"P {at}", frozenset({"Admin"})) for at in range(1, count + 1)]


def keeping(users: list[User]) -> Desired:
    return listed(Row(at, email_key(user.email), 0, "Admin") for at, user in enumerate(users, start=2))


def verdict(rule: str, users: list[User], desired: Desired, policy: Policy) -> Verdict:
    live = live_of(users)
    (found,) = [one for one in judge(diff(desired, live, policy), live, policy, desired.findings) if one.rule == rule]
    return found


@pytest.mark.parametrize(
    ("before", "lost", "limit", "status"),
    [
        (100, 29, 0.29, PASS),  # 0.29 * 100 is less than 29 in floating point
        (100, 30, 0.29, BLOCK),
        (3, 1, 0.25, PASS),  # one may always go
        (3, 2, 0.25, BLOCK),
        (3, 1, 0.0, BLOCK),  # unless nobody may
        (3, 0, 0.0, PASS),
        (3, 3, 1.0, PASS),
        (0, 0, 0.25, PASS),
    ],
)
def test_share_of_removals(before: int, lost: int, limit: float, status: VerdictStatus) -> None:
    users = admins(before)
    found = verdict("max_removals_share", users, keeping(users[lost:]), Policy(max_removals_share=limit))
    assert (found.status, found.limit, found.role) == (status, limit, "Admin")
    assert found.value == (lost / before if before else 0)
    assert f"{lost} of {before} holders" in found.message
    assert f"at most {limit:.2%}" in found.message
    assert ("change max_removals_share" in found.message) == (status is BLOCK)
    assert ("a single removal is allowed" in found.message) == ((before, lost, status) == (3, 1, PASS))


@pytest.mark.parametrize(("lost", "status"), [(2, PASS), (3, BLOCK)])
def test_number_of_removals(lost: int, status: VerdictStatus) -> None:
    users = admins(9)
    found = verdict("max_removals", users, keeping(users[lost:]), Policy(max_removals=2))
    assert (found.status, found.limit, found.value, found.overridable) == (status, 2, lost, True)
    assert f"removals of Admin: {lost}, at most 2 allowed" in found.message


@pytest.mark.parametrize(
    ("before", "lost", "status"), [(4, 1, PASS), (4, 2, BLOCK), (2, 0, WARN), (3, 0, PASS), (2, 1, BLOCK)]
)
def test_holders_left(before: int, lost: int, status: VerdictStatus) -> None:
    users = admins(before)
    found = verdict("min_holders", users, keeping(users[lost:]), Policy(min_holders=3))
    assert (found.status, found.limit, found.value) == (status, 3, before - lost)
    assert f"holders of Admin afterwards: {before - lost}, at least 3 required" in found.message


@pytest.mark.parametrize("entry", ["1", "P1@Example.edu", " p1@example.edu "])
def test_a_protected_user_blocks_for_good(entry: str) -> None:
    users = admins(9)
    found = verdict("protected_users", users, keeping(users[1:]), Policy(protected_users=(entry, "p2@example.edu")))
    assert (found.status, found.value, found.limit, found.overridable) == (BLOCK, 1, 0, False)
    assert "Admin of p1@example.edu (1)" in found.message


def test_protected_users_who_keep_their_roles_pass() -> None:
    users = admins(9)
    assert verdict("protected_users", users, keeping(users[1:]), Policy(protected_users=("2",))).status is PASS
    assert verdict("protected_users", users, keeping(users[1:]), Policy()).message == "no user is protected"


def test_a_protected_user_without_an_address_is_named_by_id() -> None:
    users = [*admins(3), User(BIGGEST_ID, "", "No address", frozenset({"Admin"}))]
    found = verdict("protected_users", users, keeping(users[:3]), Policy(protected_users=(str(BIGGEST_ID), "9" * 30)))
    assert found.status is BLOCK
    assert f"Admin of the user ({BIGGEST_ID})" in found.message


def test_names_a_few_of_many_protected_users() -> None:
    users = admins(9)
    found = verdict("protected_users", users, keeping([]), Policy(protected_users=tuple("1234567")))
    assert found.value == 7
    assert "p5@example.edu (5) and 2 more" in found.message


@pytest.mark.parametrize(
    ("owner", "status", "said"),
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
def test_the_owner_never_loses_a_role(owner: str, status: VerdictStatus, said: str) -> None:
    users = [*admins(3), User(4, "p4@example.edu", "P 4", frozenset({"Teacher"}))]
    found = verdict("owner", users, keeping(users[1:3]), Policy(owner=owner))
    assert (found.status, found.overridable, found.value) == (status, False, int(status is BLOCK))
    assert said in found.message


def test_the_owner_is_found_by_another_unicode_form_among_many() -> None:
    users = [*admins(10_001), User(20_000, "Jose\u0301@example.edu", "J", frozenset({"Admin"}))]
    assert verdict("owner", users, keeping(users), Policy(owner="jos\u00e9@example.edu")).status is PASS


def test_errors_in_the_list_block_for_good() -> None:
    users = admins(1)
    noticed = [Finding(Level.ERROR, "bad", "a bad cell", row) for row in (9, None, 4)]
    desired = Desired(keeping(users).assignments, (*noticed, Finding(Level.WARNING, "odd", "", 5)), SOURCE)
    found = verdict("input_refused", users, desired, Policy())
    assert (found.status, found.value, found.limit, found.overridable) == (BLOCK, 3, 0, False)
    assert "errors in the list: 3 (row 4, 9)" in found.message
    assert verdict("input_refused", users, keeping(users), Policy()).status is PASS


def test_every_guard_speaks_for_every_role() -> None:
    live, policy = live_of(admins(1)), Policy(("Teacher", "Admin"))
    found = judge(diff(keeping([]), live, policy), live, policy, ())
    per_role = ["max_removals", "max_removals_share", "min_holders"]
    assert [(one.rule, one.role) for one in found] == [
        *((rule, "") for rule in ("input_refused", "owner", "protected_users")),
        *((rule, role) for role in ("Teacher", "Admin") for rule in per_role),
    ]


@settings(max_examples=100, deadline=None)
@given(situations())
def test_counts_exactly_what_the_plan_contains(situation: Situation) -> None:
    policy = situation.policy
    changes = diff(situation.desired, situation.live, policy)
    found = {(one.rule, one.role): one for one in judge(changes, situation.live, policy, ())}
    actions = list(changes.changes[["user_id", "action", "role"]].itertuples(index=False, name=None))
    for role in policy.managed_roles:
        holders = {user.user_id for user in situation.users if role in user.roles}
        lost = {user_id for user_id, action, of in actions if (action, of) == ("remove", role)}
        gained = {user_id for user_id, action, of in actions if (action, of) == ("add", role)}
        left = len((holders | gained) - lost)
        assert found["max_removals", role].value == len(lost)
        assert (found["max_removals", role].status is BLOCK) == (len(lost) > policy.max_removals)
        assert found["min_holders", role].value == left
        assert (found["min_holders", role].status is BLOCK) == (bool(lost) and left < policy.min_holders)
        too_many = len(lost) > max(policy.max_removals_share * len(holders), policy.max_removals_share > 0)
        assert (found["max_removals_share", role].status is BLOCK) == too_many
    if policy.mode is Mode.ADDITIVE:
        assert not [one for one in found.values() if one.status is BLOCK]
    protected = [one for one in actions if one[1] == "remove" and _is_any(one[0], situation, policy.protected_users)]
    assert found["protected_users", ""].value == len(protected)
    owned = [one for one in actions if one[1] == "remove" and _is_any(one[0], situation, (policy.owner,))]
    assert (found["owner", ""].status is BLOCK) == bool(owned)


def _is_any(user_id: int, situation: Situation, entries: tuple[str, ...]) -> bool:
    (user,) = [user for user in situation.users if user.user_id == user_id]
    names = {str(user_id), user.email.strip().lower().replace("\u212a", "k")} - {""}
    return bool(names & {entry.lower() for entry in entries})
