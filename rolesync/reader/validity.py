"""The columns that take roles away or limit them → whether a row's role is in force today.

An unknown word in such a column is refused. A column called `status` may hold anything, and an ignored word could be
the word that removes the role.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from rolesync.model.findings import NAMED, CellError, Code, Finding, Note, OnNote, quoted, quoted_or_blank
from rolesync.model.periods import ALWAYS, Period
from rolesync.model.vocabulary import Level
from rolesync.reader.column_words import CellMeaning, ColumnKind, cell_meaning
from rolesync.reader.dates import read_date, read_last_day
from rolesync.reader.header import Layout
from rolesync.reader.header_findings import option
from rolesync.reader.word_tables import fold_word

ADD_WORDS = ("add", "added", "active", "current", "enabled", "grant", "granted", "keep")
REMOVE_WORDS = ("remove", "removed", "delete", "deleted", "inactive", "disabled", "revoke", "revoked")

_OR_NAME = "; or name all words of the rows that count"
_OR_IGNORE = "; or ignore the column: "


class Validity(NamedTuple):
    """Whether a row's role is in force today.

    Attributes:
        in_force: whether it is.
        removes: whether the row removes the role.
        period: the days of the role.
        is_kept: False if the row has none of the kept words; then it claims nothing about the role.
    """

    in_force: bool = True
    removes: bool = False
    period: Period = ALWAYS
    is_kept: bool = True


LEFT_OUT = Validity(in_force=False, is_kept=False)
"""The validity of a row with a word of `leave_out`: it is another list's, so it is only counted."""

UNLIMITED = Validity()
"""The validity of a row without action and dates: the role is in force."""


def read_action(cell: str, kind: ColumnKind = ColumnKind.ACTION, column: str = "COLUMN") -> bool:
    """Read whether a cell removes the role; a blank cell doesn't.

    Args:
        cell: the cell.
        kind: ACTION, or REMOVE for a column of yes and no.
        column: its header, for advice.

    Raises:
        CellError: the word is unknown, or says neither.
    """
    meaning = cell_meaning(kind, cell)
    if meaning not in {CellMeaning.ASK, CellMeaning.UNKNOWN}:
        return meaning is CellMeaning.AGAINST
    unclear = "is not a known action" if meaning is CellMeaning.UNKNOWN else "doesn't say whether the user counts"
    text = f"{quoted(cell)} {unclear}, so it is unclear whether the row gives or removes the role"
    words = f"{', '.join(ADD_WORDS)} or {', '.join(REMOVE_WORDS)}"
    words = "yes or no" if kind is ColumnKind.REMOVE else f"one of {words}"
    advice = f"write {words}; or leave the cell empty"
    if "=" not in cell:  # `--keep` ends the name of the column at the last one
        advice += f"{_OR_NAME}, such as {option('keep', f'{column}={cell.strip()}')}"
    raise CellError(Code.ACTION_UNKNOWN, f"{text}; {advice}{_OR_IGNORE}{option('ignore-column', column)}")


def _check_errors(cell: str) -> None:
    """Refuse a row with a note in the column `errors`.

    Raises:
        CellError: the cell isn't blank.
    """
    if cell.strip():
        text = f"the row has the note of an error: {quoted(cell)}"
        raise CellError(Code.ERROR_NOTED, f"{text}; correct the row, and empty this cell")


class ValidityReader:
    """Reads the columns of a table that take roles away or limit them.

    Args:
        layout: the columns of the list.
        today: the day that is compared with the periods.
        on_note_of: returns, for a column, the function that is called with each note on it: why a role is not in force,
            and dates in other forms.
    """

    def __init__(self, layout: Layout, today: date, on_note_of: Callable[[int | None], OnNote]) -> None:
        self._header, self._kept_words, self._on_note_of = layout.header, layout.kept_words, on_note_of
        self._left_out_words = dict(layout.left_out_words)
        self._other_words = [
            (place, self._left_out_words[place] - words)
            for place, words in layout.kept_words
            if place in self._left_out_words
        ]
        self._rows_left_out = {place: 0 for place, _ in self._other_words}
        self._actions = [
            (place, kind)
            for place, kind in ((layout.action, ColumnKind.ACTION), (layout.remove, ColumnKind.REMOVE))
            if place is not None
        ]
        self._starts, self._expires, self._errors = layout.starts, layout.expires, layout.errors
        self._read_starts = self._date_reader(layout.starts, read_date)
        self._read_expires = self._date_reader(layout.expires, read_last_day)
        self._on_starts_note, self._on_expires_note = on_note_of(layout.starts), on_note_of(layout.expires)
        self._today = today
        self._words: dict[str, dict[str, bool]] = {layout.header[place]: {} for place, _ in self._actions}
        self._seen_words = {place: set[str]() for place, _ in layout.kept_words}  # the kept words that rows have

    def leaves_out(self, cells: Sequence[str]) -> bool:
        """Whether a row that fits the header has a word of `leave_out`."""
        return any(fold_word(cells[place]) in words for place, words in self._other_words)

    @property
    def rows_left_out(self) -> int:
        """The number of rows that were counted as left out."""
        return sum(self._rows_left_out.values())

    def count_left_out(self, cells: Sequence[str]) -> None:
        """Count a row that is left out."""
        place = next(place for place, words in self._other_words if fold_word(cells[place]) in words)
        self._rows_left_out[place] += 1

    def read(self, cells: Sequence[str]) -> Validity:
        """Read a row that fits the header.

        Raises:
            CellError: a cell can't be read, or the role expires before it starts.
        """
        if self._errors is not None:
            _check_errors(cells[self._errors])
        if not self._is_kept(cells):
            return Validity(in_force=False, is_kept=False)
        for place, kind in self._actions:
            self._note_word(self._header[place], kind, cells[place].strip())
        remover = next(
            (place for place, kind in self._actions if read_action(cells[place], kind, self._header[place])), None
        )
        starts = None if self._starts is None else self._read_starts(cells[self._starts])
        expires = None if self._expires is None else self._read_expires(cells[self._expires])
        if remover is None and starts is None and expires is None:
            return UNLIMITED
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires:
            text = f"the role starts on {period.starts} but expires earlier, on {period.expires}"
            raise CellError(Code.DATES_REVERSED, f"{text}; correct one of the two dates")
        return Validity(self._is_in_force(period, remover), remover is not None, period)

    def checks(self) -> Iterator[tuple[int, Callable[[str], object]]]:
        """Yield each column and the function that refuses a bad cell in it."""
        if self._errors is not None:
            yield self._errors, _check_errors
        for place in self._left_out_words:
            yield place, partial(self._check_word, place=place)
        for place, kind in self._actions:
            yield place, partial(read_action, kind=kind, column=self._header[place])
        if self._starts is not None:
            yield self._starts, self._read_starts
        if self._expires is not None:
            yield self._expires, self._read_expires

    def column_findings(self) -> Iterator[Finding]:
        """Count the rows that are left out, and warn of kept words that no row has: probably they are misspelt."""
        for place, number in self._rows_left_out.items():
            if number:
                column = self._header[place]
                text = f"rows that are left out by their word in {quoted(column)}: {number:,}"
                yield Finding(Level.INFO, Code.ROWS_LEFT_OUT.value, text, None, column)
        for place, words in self._kept_words:
            for word in sorted(words - self._seen_words[place]):
                text = f"{quoted_or_blank(word)} is to be kept, but no row has it here; check the spelling"
                yield Finding(Level.WARNING, Code.KEPT_WORD_MISSING.value, text, None, self._header[place])

    def name_all_words(self, finding: Finding) -> Finding:
        """Name in the advice about an unclear action all words of its column that count, not its own alone."""
        before, advises, ending = finding.message.partition(_OR_NAME)
        if finding.code != Code.ACTION_UNKNOWN or not advises or finding.column is None:
            return finding
        column, words = finding.column, self._words[finding.column]
        counting = [option("keep", f"{column}={word}") for word, counts in words.items() if counts]
        unclear = [option("keep", f"{column}={word}") for word, counts in words.items() if not counts]
        advice = ""
        if len(words) <= NAMED and not any("=" in word for word in words):
            advice = f"; or read only the rows that count: {' '.join(counting)}" if counting else ""
            advice += f"; or count all such rows, too: {' '.join([*counting, *unclear])}"
        return replace(finding, message=f"{before}{advice}{ending[ending.rindex(_OR_IGNORE) :]}")

    def _note_word(self, column: str, kind: ColumnKind, word: str) -> None:
        """Note a word of an action, and whether its rows count; a word that removes the role needs no option."""
        words = self._words[column]
        if word not in words and len(words) <= NAMED:
            meaning = cell_meaning(kind, word)
            if meaning is not CellMeaning.AGAINST:
                words[word] = meaning not in {CellMeaning.ASK, CellMeaning.UNKNOWN}

    def _date_reader(
        self, place: int | None, read_cell: Callable[[str, OnNote], date | None]
    ) -> Callable[[str], date | None]:
        """A function that reads a date of a column; a refusal also shows how to do without the column."""
        on_note = self._on_note_of(place)

        def read(cell: str) -> date | None:
            try:
                return read_cell(cell, on_note)
            except CellError as problem:
                ignores = option("ignore-column", self._header[place or 0])
                raise CellError(problem.code, f"{problem.message}; or ignore the column: {ignores}") from None

        return read

    def _is_kept(self, cells: Sequence[str]) -> bool:
        """Whether each kept column has one of its words; a note gives the reason if not.

        Raises:
            CellError: a word is neither kept nor left out.
        """
        for place, words in self._kept_words:
            word = fold_word(cells[place])
            if word not in words:
                if place in self._left_out_words:
                    self._check_word(cells[place], place)
                cell = quoted_or_blank(cells[place])
                text = f"{cell} is none of the words that are kept, so the row doesn't give the role"
                self._on_note_of(place)(Note(Level.INFO, Code.ROLE_TAKEN, text))
                return False
            self._seen_words[place].add(word)
        return True

    def _check_word(self, cell: str, place: int) -> None:
        """Refuse a word that is neither kept nor left out; it is probably misspelt.

        Raises:
            CellError: it is such a word.
        """
        if fold_word(cell) not in dict(self._kept_words)[place] | self._left_out_words[place]:
            text = f"{quoted_or_blank(cell)} is none of the words that {quoted(self._header[place])} may have"
            raise CellError(Code.WORD_UNKNOWN, f"{text}; correct the spelling")

    def _is_in_force(self, period: Period, remover: int | None) -> bool:
        """Whether the role is in force today; a note gives the reason if it isn't."""
        if remover is not None:
            text = "the row removes the role, so it doesn't give it"
            self._on_note_of(remover)(Note(Level.INFO, Code.ROLE_TAKEN, text))
        elif self._today < period.starts:
            text = f"the role is not in force yet: it starts on {period.starts}, today is {self._today} (UTC)"
            self._on_starts_note(Note(Level.INFO, Code.ROLE_NOT_YET, text))
        elif self._today > period.expires:
            text = f"the role is no longer in force: its last day was {period.expires}, today is {self._today} (UTC)"
            self._on_expires_note(Note(Level.INFO, Code.ROLE_ENDED, text))
        else:
            return True
        return False
