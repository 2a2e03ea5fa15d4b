"""The optional columns `action`, `starts` and `expires` → whether a row's role is in force today.

The words of `action` are fixed and any other word is refused: a column called `status` may hold anything, and an
ignored word could be the one that removes the role.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from rolesync.model.findings import CellError, Code, Note, OnNote, quoted
from rolesync.model.periods import ALWAYS, Period
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_date
from rolesync.reader.header import Layout

ADD_WORDS = ("add", "added", "active", "current", "enabled", "grant", "granted", "keep")
REMOVE_WORDS = ("remove", "removed", "delete", "deleted", "inactive", "disabled", "revoke", "revoked")


class Validity(NamedTuple):
    """Whether a row's role is in force today, whether the row removes it, and its period."""

    in_force: bool = True
    removes: bool = False
    period: Period = ALWAYS


UNLIMITED = Validity()
"""The validity of a row without action and dates: the role is in force."""


def read_action(cell: str) -> bool:
    """Read whether a cell removes the role; a blank cell doesn't.

    Raises:
        CellError: the word is unknown.
    """
    word = cell.strip().casefold()
    if not word or word in ADD_WORDS:
        return False
    if word in REMOVE_WORDS:
        return True
    text = f"{quoted(cell)} is not a known action, so it is unclear whether the row gives or removes the role"
    words = f"{', '.join(ADD_WORDS)} or {', '.join(REMOVE_WORDS)}"
    advice = f"write one of {words}; or leave the cell empty; or rename the column if it means something else"
    raise CellError(Code.ACTION_UNKNOWN, f"{text}; {advice}")


class ValidityReader:
    """Reads the columns `action`, `starts` and `expires` of a table.

    Args:
        layout: the columns of the list.
        today: the day that is compared with the periods.
        on_note_of: returns, for a column, the function that is called with each note on it: why a role is not in force,
            and dates in other forms.
    """

    def __init__(self, layout: Layout, today: date, on_note_of: Callable[[int | None], OnNote]) -> None:
        self._action, self._starts, self._expires = layout.action, layout.starts, layout.expires
        self._on_action_note, self._on_starts_note, self._on_expires_note = (
            on_note_of(place) for place in (layout.action, layout.starts, layout.expires)
        )
        self._today = today

    def read(self, cells: Sequence[str]) -> Validity:
        """Read a row that fits the header.

        Raises:
            CellError: a cell can't be read, or the role expires before it starts.
        """
        removes = self._action is not None and read_action(cells[self._action])
        starts = None if self._starts is None else read_date(cells[self._starts], self._on_starts_note)
        expires = None if self._expires is None else read_date(cells[self._expires], self._on_expires_note)
        if not removes and starts is None and expires is None:
            return UNLIMITED
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires:
            text = f"the role starts on {period.starts} but expires earlier, on {period.expires}"
            raise CellError(Code.DATES_REVERSED, f"{text}; correct one of the two dates")
        return Validity(self._is_in_force(period, removes=removes), removes, period)

    def checks(self) -> Iterator[tuple[int, Callable[[str], object]]]:
        """Yield each column and the function that refuses a bad cell in it."""
        if self._action is not None:
            yield self._action, read_action
        if self._starts is not None:
            yield self._starts, lambda cell: read_date(cell, self._on_starts_note)
        if self._expires is not None:
            yield self._expires, lambda cell: read_date(cell, self._on_expires_note)

    def _is_in_force(self, period: Period, *, removes: bool) -> bool:
        """Whether the role is in force today; a note gives the reason if it isn't."""
        if removes:
            text = "the row removes the role, so it doesn't give it"
            self._on_action_note(Note(Level.INFO, Code.ROLE_TAKEN, text))
        elif self._today < period.starts:
            text = f"the role is not in force yet: it starts on {period.starts}, today is {self._today} (UTC)"
            self._on_starts_note(Note(Level.INFO, Code.ROLE_NOT_YET, text))
        elif self._today > period.expires:
            text = f"the role is no longer in force: its last day was {period.expires}, today is {self._today} (UTC)"
            self._on_expires_note(Note(Level.INFO, Code.ROLE_ENDED, text))
        else:
            return True
        return False
