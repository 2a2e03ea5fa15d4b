"""The days of a change are those of the rows of its user and role, however the rows name the user."""

from dataclasses import replace
from datetime import date

import pytest

from rolesync.differ.dates import days_of_changes, hold_dated_changes
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


@pytest.mark.parametrize(
    ("skew", "waiting"),
    [(None, []), (300.0, []), (-300.0, []), (301.0, [("add", 1), ("remove", 2)]), (-1e9, [("add", 1), ("remove", 2)])],
)
def test_changes_that_follow_from_a_date_wait_while_the_clocks_differ(
    skew: float | None, waiting: list[tuple[str, int]]
) -> None:
    live = replace(
        live_of([*USERS, User(3, "", "Cy", ADMIN), User(4, "dan@example.edu", "Dan", frozenset())]), clock_skew=skew
    )
    rows = [Row(2, "ann@example.edu", 0, "Admin"), Row(3, "dan@example.edu", 0, "Admin")]
    ended, periods = (
        [Row(4, "bo@example.edu", 0, "Admin")],
        {2: Period(expires=END), 4: Period(expires=date(2026, 6, 1))},
    )
    desired = Desired(ListRows.of(desired_of(rows)), (), SOURCE, desired_of(ended), periods, DAY)
    changes = diff(desired, live, Policy())
    changes = hold_dated_changes(replace(changes, periods=days_of_changes(changes.changes, desired)), live)
    held, remaining = (
        sorted(zip(table["action"].tolist(), table["user_id"].tolist(), strict=True))
        for table in (changes.held, changes.changes)
    )
    assert held == waiting
    assert set(changes.held["reason"]) <= {"clock"}
    assert sorted([*held, *remaining]) == [("add", 1), ("add", 4), ("remove", 2), ("remove", 3)]
    (count,) = changes.roles
    assert count.additions + count.removals == len(remaining)
