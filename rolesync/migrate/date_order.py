"""Whether the dates of a table begin with the month or the day, as far as its other dates show it.

`6/11/2027` alone may be two days. Beside `8/24/2026` it can only be the 11th of June, because one program wrote both.
A date with another separator may be of another program. With dots, the day is always first.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum

from rolesync.model.findings import CellError, Code, Note, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import ADVICE, read_date

_DATE = re.compile(r"\s*([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})\s*")
_MONTHS = 12
_LAST_SECOND = "253402300799"  # of the year 9999


class DateOrder(Enum):
    """Which part of a date comes first."""

    UNKNOWN = "unknown"
    MONTH_FIRST = "the month"
    DAY_FIRST = "the day"


def find_orders(cells: Iterable[str]) -> Mapping[str, DateOrder]:
    """Find the order that all dates with the same separator share, by separator.

    It is missing or unknown if no date shows it, or if they contradict each other.
    """
    orders: dict[str, set[DateOrder]] = {}
    for match in filter(None, map(_DATE.fullmatch, cells)):
        if int(match[3]) > _MONTHS:
            orders.setdefault(match[2], set()).add(DateOrder.MONTH_FIRST)
        if int(match[1]) > _MONTHS:
            orders.setdefault(match[2], set()).add(DateOrder.DAY_FIRST)
    return {sign: seen.pop() if len(seen) == 1 else DateOrder.UNKNOWN for sign, seen in orders.items()}


def read_in_order(cell: str, orders: Mapping[str, DateOrder]) -> date | None:
    """Read a date whose day and month could be exchanged; None if the order is unknown, or for another text."""
    match = _DATE.fullmatch(cell)
    order = orders.get(match[2], DateOrder.UNKNOWN) if match else DateOrder.UNKNOWN
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
        self._unix = unix
        self._orders: Mapping[str, DateOrder] = {}

    def learn(self, cells: Iterable[str]) -> None:
        """Find out from all dates of the table which part of a date comes first."""
        self._orders = find_orders(cells)

    def read(self, cell: str, on_note: OnNote) -> date | None:
        """Read a date; None for a blank cell.

        Raises:
            CellError: the cell is not a date, or may be two.
        """
        digits = cell.strip()
        if self._unix and digits.isascii() and digits.isdigit():
            if len(digits) > len(_LAST_SECOND) or int(digits) > int(_LAST_SECOND):
                text = f"{quoted(cell)} is too large for seconds since 1970; milliseconds must be divided by 1000"
                raise CellError(Code.DATE_INVALID, f"{text}; {ADVICE}")
            day = datetime.fromtimestamp(int(digits), UTC).date()
            on_note(
                Note(Level.WARNING, Code.DATE_NORMALISED, f"{quoted(cell)} is the time of a program, read as {day}")
            )
            return day
        try:
            return read_date(cell, on_note)
        except CellError as problem:
            likely = read_in_order(cell, self._orders) if problem.code is Code.DATE_AMBIGUOUS else None
            if likely is None:
                raise
        order = next(order for sign, order in self._orders.items() if sign in cell)
        text = f"{quoted(cell)} is read as {likely}, because such dates of this table begin with {order.value}"
        on_note(Note(Level.WARNING, Code.DATE_NORMALISED, text))
        return likely
