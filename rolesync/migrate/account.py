"""What became of every cell of the sources: the proof that a migration has lost nothing.

A cell with text ends in exactly one way. Blank cells say nothing and are not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from rolesync.model.findings import CellError, Note, OnNote

T = TypeVar("T")


class CellOutcome(StrEnum):
    """How a cell ends."""

    ASSIGNMENT = "assignment"  # part of who gets which role, as it stands
    NORMALISED = "normalised"  # likewise, but written differently
    IGNORED = "ignored"
    REFUSED = "refused"


_LESS = {
    CellOutcome.REFUSED: (CellOutcome.ASSIGNMENT, CellOutcome.NORMALISED, CellOutcome.IGNORED),
    CellOutcome.NORMALISED: (CellOutcome.ASSIGNMENT,),
}


class CellReason(StrEnum):
    """Why a cell is ignored or refused, where no code of the reader says it."""

    USED = "used"
    TITLE = "title"
    HEADER = "header"
    SHEET_UNREAD = "sheet_unread"
    COLUMN_UNUSED = "column_unused"
    ROW_DROPPED = "row_dropped"  # the row says that it doesn't count
    ROW_REFUSED = "row_refused"  # another cell of the row is
    ROLE_NOT_MAPPED = "role_not_mapped"
    ROLE_NOT_MANAGED = "role_not_managed"
    NOT_YES = "not_yes"  # a cell of a matrix that doesn't give its role
    NEITHER_YES_NOR_NO = "neither_yes_nor_no"
    WORD_UNKNOWN = "word_unknown"  # in a column that says which rows count
    NO_ROLE = "no_role"  # the row gives none that is managed
    KEY_UNKNOWN = "key_unknown"  # not in the joined file
    KEY_UNCLEAR = "key_unclear"  # there with several people
    NOT_REFERRED_TO = "not_referred_to"  # a row of the joined file that nobody needs
    DUPLICATE = "duplicate"
    CONFLICT = "identity_conflict"
    CONTRADICTION = "contradiction"


class Place(NamedTuple):
    """Where a table comes from: the file as it was named, and the sheet, "" for text."""

    file: str
    sheet: str = ""

    def row(self, number: int) -> str:
        """Name a row of it for people."""
        return f"row {number} of {self.file}" + (f", sheet {self.sheet}" if self.sheet else "")


class Cell(NamedTuple):
    """One cell and what became of it."""

    row: int
    column: int  # from 0
    text: str
    fate: CellOutcome
    code: str
    detail: str


@dataclass(slots=True)
class TableLedger:
    """The cells of one table, in the order of rows and columns."""

    place: Place
    header: tuple[str, ...]
    cells: list[Cell] = field(default_factory=list)

    def add(self, number: int, cells: Sequence[str], fate: CellOutcome, code: str, detail: str) -> None:
        """Account for a whole row in one way."""
        self.cells.extend(
            Cell(number, place, text, fate, code, detail) for place, text in enumerate(cells) if text.strip()
        )


@dataclass(slots=True)
class RowLedger:
    """How the cells of one row end, while it is read. One refused cell refuses the row."""

    number: int
    cells: Sequence[str]
    ends: dict[int, tuple[CellOutcome, str, str]] = field(default_factory=dict)

    def end(self, column: int, fate: CellOutcome, code: str, detail: str = "") -> None:
        """Say how a cell ends; the first word counts, but a refusal before all, and a change before none."""
        known = self.ends.get(column)
        if known is None or known[0] in _LESS.get(fate, ()):
            self.ends[column] = (fate, code, detail)

    def read(self, column: int | None, read: Callable[[str, OnNote], T], blank: T) -> T:
        """Read one cell, and say how it ends; `blank` where there is no such column or the cell can't be read."""
        if column is None:
            return blank
        notes: list[Note] = []
        try:
            value = read(self.cells[column], notes.append)
        except CellError as problem:
            self.end(column, CellOutcome.REFUSED, problem.code, problem.message)
            return blank
        if notes:
            self.end(column, CellOutcome.NORMALISED, notes[0].code, notes[0].message)
        else:
            self.end(column, CellOutcome.ASSIGNMENT, CellReason.USED)
        return value

    @property
    def refused(self) -> int | None:
        """The first cell that refuses the row."""
        return next((column for column, end in self.ends.items() if end[0] is CellOutcome.REFUSED), None)

    def drop(self, fate: CellOutcome, code: str, detail: str) -> None:
        """End all cells that were to give something in one other way."""
        for column, (old, _, _) in self.ends.items():
            if old in {CellOutcome.ASSIGNMENT, CellOutcome.NORMALISED}:
                self.ends[column] = (fate, code, detail)

    def settled(self) -> Iterator[Cell]:
        """Yield the cells that have text, each with its end."""
        unused = (CellOutcome.IGNORED, CellReason.COLUMN_UNUSED, "nothing is read from this column")
        for column, text in enumerate(self.cells):
            if text.strip():
                yield Cell(self.number, column, text, *self.ends.get(column, unused))


class CellTotal(NamedTuple):
    """How many cells ended in one way, for one reason; with an example."""

    fate: CellOutcome
    code: str
    cells: int
    example: str
    detail: str


@dataclass(frozen=True)
class CellLedger:
    """What became of every cell, table by table."""

    tables: tuple[TableLedger, ...]

    def __len__(self) -> int:
        return sum(len(table.cells) for table in self.tables)

    def fates(self) -> dict[CellOutcome, int]:
        """Count the cells by how they end; every way named, and together they are all cells."""
        found = Counter(cell.fate for table in self.tables for cell in table.cells)
        return {fate: found[fate] for fate in CellOutcome}

    def totals(self) -> list[CellTotal]:
        """Count the cells by how they end and why, refused ones first and the most frequent first among each."""
        counts: Counter[tuple[CellOutcome, str]] = Counter()
        examples: dict[tuple[CellOutcome, str], tuple[str, str]] = {}
        for table in self.tables:
            for cell in table.cells:
                counts[cell.fate, cell.code] += 1
                if counts[cell.fate, cell.code] == 1:
                    examples[cell.fate, cell.code] = (_address(table.place, cell), cell.detail)
        order = [CellOutcome.REFUSED, CellOutcome.NORMALISED, CellOutcome.IGNORED, CellOutcome.ASSIGNMENT]
        ranked = sorted(counts.items(), key=lambda one: (order.index(one[0][0]), -one[1], one[0][1]))
        return [CellTotal(*key, count, *examples[key]) for key, count in ranked]

    def refused(self) -> Iterator[tuple[TableLedger, Cell]]:
        """Yield the cells that are refused for their own sake, not for another's of their row.

        Of those that are refused together, for what their row says as a whole, only the first.
        """
        for table in self.tables:
            before: tuple[int, str, str] | None = None
            for cell in table.cells:
                if cell.fate is CellOutcome.REFUSED and cell.code != CellReason.ROW_REFUSED:
                    reason = (cell.row, cell.code, cell.detail)
                    if reason != before:
                        yield table, cell
                    before = reason


def _address(place: Place, cell: Cell) -> str:
    return f"{place.file}{f' [{place.sheet}]' if place.sheet else ''} {column_name(cell.column)}{cell.row}"


def column_name(column: int) -> str:
    """The name that a spreadsheet gives a column, counted from 0: A, B, … Z, AA."""
    name = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
