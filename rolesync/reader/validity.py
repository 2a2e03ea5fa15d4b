"""What a row says besides who and which role: whether the role is given at all, and between which days.

The words are fixed, and any other is refused, because a column that people call `status` may hold anything: a word that
is passed over could be the one that was to take the role away.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from rolesync.model.findings import CellError, Code, Note, Tell, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_date
from rolesync.reader.header import Layout

GIVEN = ("add", "added", "active", "current", "enabled", "grant", "granted", "keep")
TAKEN = ("remove", "removed", "delete", "deleted", "inactive", "disabled", "revoke", "revoked")


class Period(NamedTuple):
    """The first and the last day of a role, both included; without a date from ever or for ever."""

    starts: date = date.min
    expires: date = date.max

    @property
    def text(self) -> str:
        """The period in words."""
        starts = "" if self.starts == date.min else f"from {self.starts}"
        expires = "" if self.expires == date.max else f"until {self.expires}"
        return " ".join(filter(None, (starts, expires))) or "without dates"


ALWAYS = Period()


class Validity(NamedTuple):
    """What a row says of its role: whether it gives it today, whether it takes it away, and its period."""

    in_force: bool = True
    removes: bool = False
    period: Period = ALWAYS


PLAIN = Validity()
"""What a row says that says nothing besides: the role is given."""


def read_action(cell: str) -> bool:
    """Read whether a cell takes the role away; a blank one doesn't.

    Raises:
        CellError: it is none of the known words.
    """
    word = cell.strip().casefold()
    if not word or word in GIVEN:
        return False
    if word in TAKEN:
        return True
    text = f"{quoted(cell)} is none of the words that say whether the role is given"
    advice = f"write one of {', '.join(GIVEN)} or {', '.join(TAKEN)}, leave it empty, or rename a column for people"
    raise CellError(Code.ACTION_UNKNOWN, f"{text}; {advice}")


class ValidityReader:
    """Reads the columns `action`, `starts` and `expires` of one table.

    Args:
        layout: where they stand.
        today: the day that the periods are held against.
        told_by: gives whoever hears of what is noticed in a column: why a role isn't given, dates in other forms.
    """

    def __init__(self, layout: Layout, today: date, told_by: Callable[[int | None], Tell]) -> None:
        self._action, self._starts, self._expires = layout.action, layout.starts, layout.expires
        self._about_action, self._about_starts, self._about_expires = (
            told_by(place) for place in (layout.action, layout.starts, layout.expires)
        )
        self._today = today

    def read(self, cells: Sequence[str]) -> Validity:
        """Read a row that fits the header.

        Raises:
            CellError: a cell can't be read, or the dates contradict each other.
        """
        taken = self._action is not None and read_action(cells[self._action])
        starts = None if self._starts is None else read_date(cells[self._starts], self._about_starts)
        expires = None if self._expires is None else read_date(cells[self._expires], self._about_expires)
        if not taken and starts is None and expires is None:
            return PLAIN
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires:
            text = f"the role would begin on {period.starts} and end before that, on {period.expires}"
            raise CellError(Code.DATES_REVERSED, f"{text}; correct one of the two dates")
        return Validity(self._is_given(taken, period), taken, period)

    def checks(self) -> Iterator[tuple[int, Callable[[str], object]]]:
        """Yield the place of each column, and what refuses a cell in it."""
        if self._action is not None:
            yield self._action, read_action
        if self._starts is not None:
            yield self._starts, lambda cell: read_date(cell, self._about_starts)
        if self._expires is not None:
            yield self._expires, lambda cell: read_date(cell, self._about_expires)

    def _is_given(self, taken: bool, period: Period) -> bool:  # noqa: FBT001  # it is what the row says
        if taken:
            text = "the row says that the role is not held, so it gives none"
            self._about_action(Note(Level.INFO, Code.ROLE_TAKEN, text))
        elif self._today < period.starts:
            text = f"the role begins on {period.starts}, and today is {self._today} (UTC): not given yet"
            self._about_starts(Note(Level.INFO, Code.ROLE_NOT_YET, text))
        elif self._today > period.expires:
            text = f"the role ended with {period.expires}, and today is {self._today} (UTC): no longer given"
            self._about_expires(Note(Level.INFO, Code.ROLE_ENDED, text))
        else:
            return True
        return False
