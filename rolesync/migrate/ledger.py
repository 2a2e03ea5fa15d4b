"""The ledger: the outcome of every cell of the sources, which proves that a migration loses nothing.

Every cell with text has exactly one outcome. Blank cells are not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from rolesync.model.findings import CellError, Finding, Note, OnNote
from rolesync.tables.column_letters import column_letters
from rolesync.tables.table import Table

T = TypeVar("T")


class CellOutcome(StrEnum):
    """The outcome of a cell."""

    ASSIGNMENT = "assignment"  # used for an assignment, unchanged
    NORMALISED = "normalised"  # used for an assignment, in another form
    IGNORED = "ignored"
    REFUSED = "refused"


_REPLACES = {
    CellOutcome.REFUSED: (CellOutcome.ASSIGNMENT, CellOutcome.NORMALISED, CellOutcome.IGNORED),
    CellOutcome.NORMALISED: (CellOutcome.ASSIGNMENT,),
}
"""The earlier outcomes that an outcome replaces."""


class CellReason(StrEnum):
    """Why a cell is ignored or refused, if no finding code of the reader says it."""

    USED = "used"
    TITLE = "title"
    HEADER = "header"
    SHEET_UNREAD = "sheet_unread"
    COLUMN_UNUSED = "column_unused"
    ROW_DROPPED = "row_dropped"  # a condition, an action or a date drops the row
    EXAMPLE_ROW = "example_row"  # the example of a template
    DECISION_NEEDED = "decision_needed"  # a word that may mean that the user is not there: --keep decides
    LOGIN_USED = "login_used"  # a login name that is used as the address
    NO_ADDRESS = "no_address"  # a login name that is not an address
    ROLE_TAKEN = "role_taken"  # a role that the row takes away
    ROW_REFUSED = "row_refused"  # another cell of the row is refused
    ROLE_NOT_MAPPED = "role_not_mapped"
    ROLE_NOT_MANAGED = "role_not_managed"
    NOT_YES = "not_yes"  # a cell of a matrix that doesn't give its role
    NEITHER_YES_NOR_NO = "neither_yes_nor_no"
    WORD_UNKNOWN = "word_unknown"  # in the column of a condition: --keep decides
    NO_ROLE = "no_role"  # the row gives no managed role
    KEY_UNKNOWN = "key_unknown"  # not in the joined file
    KEY_UNCLEAR = "key_unclear"  # with several addresses in the joined file
    NOT_REFERRED_TO = "not_referred_to"  # a row of the joined file whose key is not used
    DUPLICATE = "duplicate"
    CONFLICT = "identity_conflict"
    CONTRADICTION = "contradiction"


_Entry = tuple[CellOutcome, str, str]


@lru_cache(maxsize=4096)
def _shared(entry: _Entry) -> _Entry:
    """An outcome that equals an earlier one, as the same object, because most cells share a few."""
    return entry


class Place(NamedTuple):
    """The source of a table: the file as the command names it, and the sheet; "" for text."""

    file: str
    sheet: str = ""

    @property
    def described(self) -> str:
        """The source for a message."""
        return self.file + (f", sheet {self.sheet}" if self.sheet else "")

    def row(self, number: int) -> str:
        """Name a row of the table for a message."""
        return f"row {number} of {self.file}" + (f", sheet {self.sheet}" if self.sheet else "")


class Cell(NamedTuple):
    """A cell with its outcome; `code` and `detail` give the reason."""

    row: int
    column: int  # from 0
    text: str
    outcome: CellOutcome
    code: str
    detail: str

    @property
    def address(self) -> str:
        """The cell as spreadsheets name it, as in `B2`."""
        return f"{column_letters(self.column)}{self.row}"


@dataclass(slots=True)
class TableLedger:
    """The cells of a table, in the order of rows and columns.

    Attributes:
        place: the source of the table.
        header: its header.
        guess: the name of its encoding if it is a guess.
        named_only: the columns in which, once options name words, no other word counts.
        cells: its cells with text.
        refused_blanks: blank cells that refuse their rows, but are not counted.
    """

    place: Place
    header: tuple[str, ...]
    guess: str = ""
    named_only: frozenset[int] = frozenset()
    cells: list[Cell] = field(default_factory=list)
    refused_blanks: list[Cell] = field(default_factory=list)

    def add(self, number: int, cells: Sequence[str], outcome: CellOutcome, code: str, detail: str) -> None:
        """Add all cells of a row with the same outcome."""
        self.cells.extend(
            Cell(number, place, text, outcome, code, detail) for place, text in enumerate(cells) if text.strip()
        )

    def add_header(self, table: Table) -> None:
        """Add the header and the rows above it, which are ignored."""
        for number, cells in table.rows_above:
            self.add(number, cells, CellOutcome.IGNORED, CellReason.TITLE, "is above the header")
        if table.header_row:  # else the columns are numbered
            self.add(table.header_row, table.header, CellOutcome.IGNORED, CellReason.HEADER, "is the header")

    def count_merged_once(self, merged: Iterable[tuple[int, int, int]]) -> None:
        """Count the text of merged cells once, at their first row, and refused if it is refused in any of their rows.

        Args:
            merged: the first row, the last row and the column of each area.
        """
        tops = {(row, column): top for top, bottom, column in merged for row in range(top + 1, bottom + 1)}
        if not tops:
            return
        cells = {(cell.row, cell.column): cell for cell in self.cells}
        for (row, column), top in tops.items():
            cell, first = cells.get((row, column)), cells.get((top, column))
            if cell is None or first is None:
                continue
            del cells[row, column]
            if cell.outcome is CellOutcome.REFUSED and first.outcome is not CellOutcome.REFUSED:
                detail = f"in row {row}: {cell.detail}"
                cells[top, column] = first._replace(outcome=cell.outcome, code=cell.code, detail=detail)
        self.cells = list(cells.values())

    def add_unreadable(self, number: int, findings: Sequence[Finding]) -> None:
        """Add a row without cells, refused; the messages of its findings take the place of its text."""
        for finding in findings:
            self.add(number, [finding.message], CellOutcome.REFUSED, finding.code, finding.message)


@dataclass(slots=True)
class RowLedger:
    """The outcomes of a row's cells while the row is read. A single refused cell refuses the row."""

    number: int
    cells: Sequence[str]
    outcomes: dict[int, tuple[CellOutcome, str, str]] = field(default_factory=dict)

    def set_outcome(self, column: int, outcome: CellOutcome, code: str, detail: str = "") -> None:
        """Set the outcome of a cell; an earlier outcome stays unless the new one replaces it, see `_REPLACES`."""
        earlier = self.outcomes.get(column)
        if earlier is None or earlier[0] in _REPLACES.get(outcome, ()):
            self.outcomes[column] = _shared((outcome, code, detail))

    def read(self, column: int | None, read: Callable[[str, OnNote], T], blank: T) -> T:
        """Read a cell and set its outcome.

        Args:
            column: its column; None if the table has no such column.
            read: reads the text; notes go to its second argument, and CellError refuses the cell.
            blank: returned without a column and for a refused cell.
        """
        if column is None:
            return blank
        notes: list[Note] = []
        try:
            value = read(self.cells[column], notes.append)
        except CellError as problem:
            self.set_outcome(column, CellOutcome.REFUSED, problem.code, problem.message)
            return blank
        if notes:
            self.set_outcome(column, CellOutcome.NORMALISED, notes[0].code, notes[0].message)
        else:
            self.set_outcome(column, CellOutcome.ASSIGNMENT, CellReason.USED)
        return value

    @property
    def refused(self) -> int | None:
        """The column of the first refused cell; None if the row is not refused."""
        return next((column for column, entry in self.outcomes.items() if entry[0] is CellOutcome.REFUSED), None)

    def override(self, outcome: CellOutcome, code: str, detail: str) -> None:
        """Replace the outcome of all cells that were used for an assignment."""
        for column, (earlier, _, _) in self.outcomes.items():
            if earlier in {CellOutcome.ASSIGNMENT, CellOutcome.NORMALISED}:
                self.outcomes[column] = (outcome, code, detail)

    def refused_blanks(self) -> Iterator[Cell]:
        """Yield the blank cells that refuse the row."""
        for column, text in enumerate(self.cells):
            if not text.strip() and column in self.outcomes and self.outcomes[column][0] is CellOutcome.REFUSED:
                yield Cell(self.number, column, text, *self.outcomes[column])

    def accounted_cells(self) -> Iterator[Cell]:
        """Yield the cells with text, each with its outcome."""
        unused = (CellOutcome.IGNORED, CellReason.COLUMN_UNUSED, "this column is not read")
        for column, text in enumerate(self.cells):
            if text.strip():
                yield Cell(self.number, column, text, *self.outcomes.get(column, unused))


class CellTotal(NamedTuple):
    """The number of cells with the same outcome and reason, with an example."""

    outcome: CellOutcome
    code: str
    cells: int
    example: str
    detail: str


@dataclass(frozen=True)
class CellLedger:
    """The outcome of every cell, by table."""

    tables: tuple[TableLedger, ...]

    def __len__(self) -> int:
        return sum(len(table.cells) for table in self.tables)

    def count_outcomes(self) -> dict[CellOutcome, int]:
        """Count the cells by outcome; every outcome is there, and the counts add up to all cells."""
        counts = Counter(cell.outcome for table in self.tables for cell in table.cells)
        return {outcome: counts[outcome] for outcome in CellOutcome}

    def totals(self) -> list[CellTotal]:
        """Count the cells by outcome and reason: refused cells first, then the most frequent reason first."""
        counts: Counter[tuple[CellOutcome, str]] = Counter()
        examples: dict[tuple[CellOutcome, str], tuple[str, str]] = {}
        for table in self.tables:
            for cell in table.cells:
                counts[cell.outcome, cell.code] += 1
                if counts[cell.outcome, cell.code] == 1:
                    examples[cell.outcome, cell.code] = (_address(table.place, cell), cell.detail)
        order = [CellOutcome.REFUSED, CellOutcome.NORMALISED, CellOutcome.IGNORED, CellOutcome.ASSIGNMENT]
        ranked = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1], item[0][1]))
        return [CellTotal(*key, count, *examples[key]) for key, count in ranked]

    def refused(self) -> Iterator[tuple[TableLedger, Cell]]:
        """Yield the cells that cause a refusal, not the other cells of their rows.

        If a row is refused as a whole, only its first cell is yielded.
        """
        for table in self.tables:
            previous: tuple[int, str, str] | None = None
            for cell in sorted([*table.cells, *table.refused_blanks], key=lambda cell: (cell.row, cell.column)):
                if cell.outcome is CellOutcome.REFUSED and cell.code != CellReason.ROW_REFUSED:
                    reason = (cell.row, cell.code, cell.detail)
                    if reason != previous:
                        yield table, cell
                    previous = reason


def _address(place: Place, cell: Cell) -> str:
    return f"{place.file}{f' [{place.sheet}]' if place.sheet else ''} {cell.address}"
