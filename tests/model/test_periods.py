"""Days: of a role, of the rows that give it one after the other, and between them."""

from datetime import date

import pytest

from rolesync.model.periods import ALWAYS, Period, describe_gap, gap_of, join_periods

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
SPRING = Period(FIRST, LAST)
SUMMER = Period(date(2026, 7, 1), date(2026, 8, 31))
WINTER = Period(date(2026, 12, 1))
DAY = date(2026, 3, 1)


def test_both_days_of_a_period_are_in_it() -> None:
    assert SPRING.has(FIRST)
    assert SPRING.has(LAST)
    assert not SPRING.has(date(2026, 7, 1))
    assert not SPRING.has(date(2025, 12, 31))
    assert ALWAYS.has(date.max)


@pytest.mark.parametrize(
    ("periods", "joined"),
    [
        ([SPRING], SPRING),
        ([SUMMER, SPRING], Period(FIRST, SUMMER.expires)),
        ([SPRING, Period(LAST, SUMMER.expires), WINTER], Period(FIRST, SUMMER.expires)),
        ([SPRING, Period(expires=date(2025, 12, 31))], Period(expires=LAST)),
        ([SPRING, Period(expires=date(2025, 12, 30)), WINTER], SPRING),
        ([SPRING, Period(date(2026, 7, 1))], Period(FIRST)),
        ([ALWAYS, SPRING], ALWAYS),
    ],
)
def test_periods_without_a_gap_are_one(periods: list[Period], joined: Period) -> None:
    assert join_periods(periods, DAY) == joined


def test_a_gap_lies_between_the_periods_around_a_day() -> None:
    day = date(2026, 10, 1)
    gap = gap_of([WINTER, SPRING, SUMMER], day)
    assert gap == Period(date(2026, 9, 1), date(2026, 11, 30))
    assert describe_gap(gap) == "ended on 2026-08-31 and begins on 2026-12-01"
    assert describe_gap(gap_of([SPRING], day)) == "ended on 2026-06-30"
    assert describe_gap(gap_of([WINTER], day)) == "begins on 2026-12-01"
