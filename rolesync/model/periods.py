"""The days of a role, and of a change that is right only on some days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

_DAY = timedelta(days=1)


class Period(NamedTuple):
    """The first and the last day, both included; `date.min` and `date.max` mean no limit."""

    starts: date = date.min
    expires: date = date.max

    @property
    def text(self) -> str:
        """The period in words."""
        starts = "" if self.starts == date.min else f"from {self.starts}"
        expires = "" if self.expires == date.max else f"until {self.expires}"
        return " ".join(filter(None, (starts, expires))) or "without dates"

    def has(self, day: date) -> bool:
        """Whether a day is in the period."""
        return self.starts <= day <= self.expires


ALWAYS = Period()

Periods = Mapping[tuple[int, str], Period]
"""The days on which the list asks for a change, by user id and role. Other changes don't depend on the day."""


def join_periods(periods: list[Period], day: date) -> Period:
    """Return the period of a day, together with the periods that follow it or come before it without a gap.

    Args:
        periods: at least one of them has the day.
        day: the day.
    """
    starts = expires = day
    for period in sorted(periods):
        if period.expires >= expires and period.starts <= _after(expires):
            expires = period.expires
    for period in sorted(periods, key=lambda period: period.expires, reverse=True):
        if period.starts <= starts and period.expires >= _before(starts):
            starts = period.starts
    return Period(starts, expires)


def gap_of(periods: list[Period], day: date) -> Period:
    """Return the days around a day that is in none of the periods, from the last period before it to the next."""
    ends = [period.expires for period in periods if period.expires < day]
    starts = [period.starts for period in periods if period.starts > day]
    return Period(_after(max(ends)) if ends else date.min, _before(min(starts)) if starts else date.max)


def describe_gap(period: Period) -> str:
    """Describe by the days of a removal why the list doesn't give the role then, as in `ended on 2026-06-30`."""
    ended = "" if period.starts == date.min else f"ended on {_before(period.starts)}"
    begins = "" if period.expires == date.max else f"begins on {_after(period.expires)}"
    return " and ".join(filter(None, (ended, begins)))


def _after(day: date) -> date:
    return day + _DAY if day < date.max else day


def _before(day: date) -> date:
    return day - _DAY if day > date.min else day
