"""A mistyped address is connected with the user who would lose the role because of it."""

import pytest

from rolesync.differ.diff import diff
from rolesync.model.keys import email_key
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Mode
from tests.strategies import Row, User, listed, live_of


def details(address: str, *users: str, more: int = 0, mode: Mode = Mode.SYNC) -> list[str]:
    """The details of the held rows: the list names ann and an address that isn't in Studio, and nobody else."""
    rows = [Row(2, "ann@example.edu", 0, "Admin"), Row(3, email_key(address), 0, "Admin")]
    rows += [Row(at, f"new{at}x@example.edu", 0, "Admin") for at in range(4, 4 + more)]
    admins = [User(at, email, "", frozenset({"Admin"})) for at, email in enumerate(("ann@example.edu", *users), 1)]
    policy = Policy(managed_roles=("Admin",), mode=mode)
    held = diff(listed(rows), live_of(admins), policy).held
    return list(held["detail"][held["row"] == 3])


@pytest.mark.parametrize(
    "address",
    ["greg.stne@example.edu", "greg.sttone@example.edu", "greg.stane@example.edu", "gerg.stone@example.edu"],
)
def test_a_mistyped_address_names_the_user_who_loses_the_role(address: str) -> None:
    (detail,) = details(address, "Greg.Stone@example.edu")
    meant = "did you mean Greg.Stone@example.edu, in Studio and not in the list?"
    assert detail == f"not in Studio yet; the next run looks again; {meant}"


@pytest.mark.parametrize(
    ("address", "user"),
    [
        ("s1001@example.edu", "s1002@example.edu"),
        ("s1001@example.edu", "s101@example.edu"),
        ("greg@example.edu", "greta@example.edu"),
        ("greg@example.edu", ""),
    ],
)
def test_another_user_is_not_named(address: str, user: str) -> None:
    assert details(address, user) == ["not in Studio yet; the next run looks again"]


def test_each_user_who_may_be_meant_is_named() -> None:
    (detail,) = details("jo.lee@example.edu", "jon.lee@example.edu", "joe.lee@example.edu")
    assert "did you mean joe.lee@example.edu or jon.lee@example.edu, in" in detail


def test_nobody_is_named_who_loses_nothing_or_where_most_are_not_there() -> None:
    assert "did you mean" not in details("gregg@example.edu", "greg@example.edu", mode=Mode.ADDITIVE)[0]
    assert "did you mean" not in details("gregg@example.edu", "greg@example.edu", more=1_000)[0]
