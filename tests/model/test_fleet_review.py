import pytest

from rolesync.model.fleet import AccountStatus
from rolesync.model.fleet_review import ReviewedAccount, ReviewState, UsualNumbers
from tests.fleet.tools import plan, result


@pytest.mark.parametrize(
    ("removals", "additions", "unusual"),
    [
        (5, 0, ()),  # few are never unusual
        (6, 0, ("removals",)),
        (0, 30, ()),  # three times the most
        (0, 31, ("additions",)),
        (7, 31, ("removals", "additions")),
    ],
)
def test_far_above_the_last_nights_is_unusual(removals: int, additions: int, unusual: tuple[str, ...]) -> None:
    planned = result("a", AccountStatus.WAITING, plan=plan(removals=removals, additions=additions))
    account = ReviewedAccount(planned, ReviewState.WAITING, UsualNumbers(4, 10, 1))
    assert account.unusual == unusual
    assert ReviewedAccount(planned, ReviewState.WAITING).unusual == ()
    assert ReviewedAccount(result("a"), ReviewState.NO_PLAN, UsualNumbers(4, 0, 0)).unusual == ()
