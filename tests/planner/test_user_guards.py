"""Guards on the owner and on protected users."""

import pytest

from rolesync.model.plans import Policy
from rolesync.model.vocabulary import VerdictStatus
from tests.planner.judging import BLOCK, PASS, WARN, admins, keeping, verdict
from tests.strategies import BIGGEST_ID, User


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
