"""Whether the dates of a table begin with the month or the day, as far as its other dates show it.

`6/11/2027` alone may be two days. Beside `8/24/2026` it can only be the 11th of June, because one program wrote both.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum

from rolesync.model.findings import CellError, Code, Note, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_date

_DATE = re.compile(r"\s*([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})\s*")
_MONTHS = 12
_MAX_SECONDS = 2**37  # the year 6325


class DateOrder(Enum):
    """Which part of a date comes first."""

    UNKNOWN = "unknown"
    MONTH_FIRST = "the month"
    DAY_FIRST = "the day"


def find_order(cells: Iterable[str]) -> DateOrder:
    """Find the order that all dates of a table share; unknown if none shows it, or if they contradict each other."""
    pairs = [(int(match[1]), int(match[3])) for cell in cells if (match := _DATE.fullmatch(cell))]
    month_first = any(second > _MONTHS for _, second in pairs)
    day_first = any(first > _MONTHS for first, _ in pairs)
    if month_first == day_first:
        return DateOrder.UNKNOWN
    return DateOrder.MONTH_FIRST if month_first else DateOrder.DAY_FIRST


def read_in_order(cell: str, order: DateOrder) -> date | None:
    """Read a date whose day and month could be exchanged; None if the order is unknown, or for another text."""
    match = _DATE.fullmatch(cell)
    if match is None or order is DateOrder.UNKNOWN:
        return None
    month, day = (match[1], match[3]) if order is DateOrder.MONTH_FIRST else (match[3], match[1])
    try:
        return date(int(match[4]), int(month), int(day))
    except ValueError:
        return None


class DateReader:
    """Reads the dates of a table.

    Args:
        unix: whether dates are seconds since 1970.
    """

    def __init__(self, *, unix: bool) -> None:
        self._unix, self._order = unix, DateOrder.UNKNOWN

    def learn(self, cells: Iterable[str]) -> None:
        """Find out from all dates of the table which part of a date comes first."""
        self._order = find_order(cells)

    def read(self, cell: str, on_note: OnNote) -> date | None:
        """Read a date; None for a blank cell.

        Raises:
            CellError: the cell is no date, or may be two.
        """
        if self._unix and cell.strip().isdecimal():
            day = datetime.fromtimestamp(int(cell) % _MAX_SECONDS, UTC).date()
            on_note(
                Note(Level.WARNING, Code.DATE_NORMALISED, f"{quoted(cell)} is the time of a program, read as {day}")
            )
            return day
        try:
            return read_date(cell, on_note)
        except CellError as problem:
            likely = read_in_order(cell, self._order) if problem.code is Code.DATE_AMBIGUOUS else None
            if likely is None:
                raise
        text = f"{quoted(cell)} is read as {likely}, because the dates of this table begin with {self._order.value}"
        on_note(Note(Level.WARNING, Code.DATE_NORMALISED, text))
        return likely
