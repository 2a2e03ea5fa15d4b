"""The days of a change are those of the rows of its user and role, however the rows name the user."""

from datetime import date

from rolesync.differ.dates import days_of_changes
from rolesync.differ.diff import diff
from rolesync.model.desired import Desired, ListRows
from rolesync.model.periods import Period
from rolesync.model.plans import Policy
from tests.strategies import SOURCE, Row, User, desired_of, live_of

DAY, END, NEXT = date(2026, 6, 30), date(2026, 6, 30), date(2026, 7, 1)
ADMIN = frozenset({"Admin"})
USERS = [User(1, "Ann@example.edu", "Ann", frozenset()), User(2, "bo@example.edu", "Bo", ADMIN)]
Days = dict[tuple[int, str], Period]


def days_of(in_force: list[Row], others: list[Row], periods: dict[int, Period]) -> Days:
    desired = Desired(ListRows.of(desired_of(in_force)), (), SOURCE, desired_of(others), periods, DAY)
    return dict(days_of_changes(diff(desired, live_of(USERS), Policy()).changes, desired))


def test_a_role_is_given_until_it_ends() -> None:
    ann, bo = Row(2, "ann@example.edu", 0, "Admin"), Row(3, "", 2, "Admin")
    assert days_of([ann, bo], [], {2: Period(expires=END)}) == {(1, "Admin"): Period(expires=END)}
    assert days_of([ann, bo], [], {}) == {}


def test_a_row_that_follows_prolongs_the_role() -> None:
    ann, later = Row(2, "ann@example.edu", 0, "Admin"), Row(4, "", 1, "Admin")
    days = days_of([ann], [later], {2: Period(expires=END), 4: Period(NEXT, date(2026, 8, 1))})
    assert days[1, "Admin"] == Period(expires=date(2026, 8, 1))


def test_a_role_is_taken_until_it_begins_again() -> None:
    ended, later = Row(2, "bo@example.edu", 0, "Admin"), Row(3, "", 2, "Admin")
    days = days_of([], [ended, later], {2: Period(expires=date(2026, 6, 1)), 3: Period(NEXT)})
    assert days == {(2, "Admin"): Period(date(2026, 6, 2), DAY)}


def test_a_removal_without_dated_rows_depends_on_no_day() -> None:
    removing = Row(2, "bo@example.edu", 0, "Admin")
    assert days_of([], [removing], {}) == {}
    assert days_of([], [removing], {9: Period(NEXT)}) == {}
