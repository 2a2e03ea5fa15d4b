"""Users named by address or id, also at the borders of the blocks of a search."""

import pytest

from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.planner.named_users import entries_without_user, is_holder, users_named

MANY = 20_001
USERS = frame(
    LIVE,
    {
        "user_id": list(range(1, MANY + 1)),
        "email": [f"P{number}@example.edu" for number in range(1, MANY + 1)],
        "name": [""] * MANY,
        "roles": [format_roles(["Admin"] if number % 2 else []) for number in range(1, MANY + 1)],
    },
)


@pytest.mark.parametrize("number", [1, 10_000, 10_001, 20_000, MANY])
def test_users_are_named_by_address_or_id(number: int) -> None:
    for entry in (f" p{number}@EXAMPLE.edu", str(number)):
        assert users_named(USERS, [entry])["user_id"].tolist() == [number]
        assert is_holder(USERS, entry, ["Admin"]) == bool(number % 2)
        assert not is_holder(USERS, entry, ["Teacher"])


@pytest.mark.parametrize("entry", ["", " ", "p1@example.ed", "0", "-1", str(1 << 63), "\N{ARABIC-INDIC DIGIT ONE}"])
def test_an_unknown_entry_names_no_user(entry: str) -> None:
    assert users_named(USERS, [entry]).empty
    assert not is_holder(USERS, entry, ["Admin"])


def test_several_entries_may_name_the_same_user() -> None:
    assert users_named(USERS, ["7", "p7@example.edu", "nobody@example.edu", "9"])["user_id"].tolist() == [7, 9]


def test_a_pattern_names_all_users_of_its_domain_only() -> None:
    users = USERS.assign(
        email=["Ann@Vendor.example", "bo@sub.vendor.example", "cy@vendor.example.edu", *USERS["email"][3:]]
    )
    assert users_named(users, ["*@vendor.example"])["user_id"].tolist() == [1]
    assert users_named(users, ["*@vendor.example", "3"])["user_id"].tolist() == [1, 3]


def test_entries_that_name_no_user_are_found() -> None:
    entries = ["p7@example.edu", "7", "nobody@example.edu", str(MANY + 1), "*@example.edu", "*@vendor.example"]
    assert entries_without_user(USERS, entries) == ("nobody@example.edu", str(MANY + 1), "*@vendor.example")
    assert entries_without_user(USERS, []) == ()
