"""Reads in which most holders of a role are missing are recognised; everyday changes are not."""

import pytest

from rolesync.differ.vanished import Vanished, vanished_holders
from tests.strategies import User, live_of


@pytest.mark.parametrize(
    ("before", "gone", "is_vanished"),
    [
        (0, 0, False),
        (1, 1, False),
        (2, 2, False),
        (3, 2, False),
        (3, 3, True),
        (5, 2, False),
        (5, 3, True),
        (10, 5, False),
        (10, 6, True),
        (10, 10, True),
    ],
)
def test_most_holders_of_a_role_never_leave_at_once(before: int, gone: int, is_vanished: bool) -> None:  # noqa: FBT001  # parametrized
    live = live_of([User(at, "", "", frozenset({"Admin"})) for at in (*range(gone, before), 99)])
    vanished = vanished_holders({"Admin": range(before), "Other": range(9)}, live)
    assert vanished == (Vanished("Admin", gone, before, max(2, before // 2)) if is_vanished else None)


def test_the_role_and_the_numbers_are_named() -> None:
    assert (
        str(vanished_holders({"Admin": range(1000, 3000)}, live_of([]))) == "2,000 of 2,000 holders of Admin are gone"
    )
