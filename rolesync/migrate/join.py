"""A second file that names the people of the first: keys (a school's ids) → addresses.

Only rows that somebody refers to count, so an unreadable address of anybody else is no matter.
"""

from typing import NamedTuple

from rolesync.migrate.account import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.columns import Columns
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import CellError, Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.identity import read_email
from rolesync.tables.grid import find_non_text, is_blank
from rolesync.tables.table import Table


class _Entry(NamedTuple):
    row: int
    email: str
    name: str
    dropped: str  # why the row doesn't count or can't be read, "" if it can


class JoinTable:
    """The people of the joined file, by key.

    Args:
        recipe: which of its rows count.
        columns: where `key`, `email` and `names` stand in it.
        place: where it comes from.
        table: its rows.
    """

    def __init__(self, recipe: Recipe, columns: Columns, place: Place, table: Table) -> None:
        self._recipe, self._columns, self._place = recipe, columns, place
        self._by_key: dict[str, list[_Entry]] = {}
        self._rows: list[RowLedger] = []
        self._entries: dict[int, list[RowLedger]] = {}
        self.account = TableLedger(place, columns.header)
        for number, cells in table.rows_above:
            self.account.add(number, cells, CellOutcome.IGNORED, CellReason.TITLE, "stands above the header")
        self.account.add(table.header_row, table.header, CellOutcome.IGNORED, CellReason.HEADER, "a header")
        for number, read in table.rows:
            if isinstance(read, tuple):
                for finding in read:
                    self.account.add(number, [finding.message], CellOutcome.REFUSED, finding.code, finding.message)
            elif not is_blank(read):
                self._take(number, [*read, *[""] * (len(columns.header) - len(read))])

    def _take(self, number: int, cells: list[str]) -> None:
        columns = self._columns
        key = cells[columns.key].strip() if columns.key is not None else ""
        email = cells[columns.email] if columns.email is not None else ""
        name = " ".join(filter(None, (cells[place].strip() for place in columns.names)))
        dropped = ""
        for place, condition in columns.keep:
            word = cells[place].strip().casefold()
            if word not in condition.keep:
                dropped = f"{quoted(cells[place])} in {quoted(columns.header[place])}: {condition.why}"
        dropped = dropped or self._unreadable(number, cells)
        row = RowLedger(number, cells)
        self._rows.append(row)
        if key:
            self._by_key.setdefault(key, []).append(_Entry(number, email, name, dropped))
            self._entries.setdefault(number, []).append(row)

    def _unreadable(self, number: int, cells: list[str]) -> str:
        if not is_blank(cells[len(self._columns.header) :]):
            return "it has more cells than the header"
        found = find_non_text(number, cells, self._columns.header, self._columns.used)
        return next((finding.message for finding in found if finding.level is Level.ERROR), "")

    def find(self, cell: str, on_note: OnNote) -> tuple[str, str]:
        """Give the address and the name of whom a key names.

        Raises:
            CellError: the key is not there, is there with several addresses, or its row doesn't count or can't be read.
        """
        found = self._by_key.get(cell.strip(), [])
        where, row = self._place.file, self._place.row
        if not found:
            raise CellError(CellReason.KEY_UNKNOWN, f"{quoted(cell)} is not in {where}, so nobody knows whom it names")
        counting = [entry for entry in found if not entry.dropped]
        if not counting:
            raise CellError(
                CellReason.KEY_UNKNOWN,
                f"{quoted(cell)}: {self._place.row(found[0].row)} doesn't count: {found[0].dropped}",
            )
        if len({entry.email.strip().casefold() for entry in counting}) > 1:
            rows = " and ".join(str(entry.row) for entry in counting[:2])
            raise CellError(
                CellReason.KEY_UNCLEAR, f"{quoted(cell)} stands in {where} with different addresses (rows {rows})"
            )
        entry = counting[0]
        try:
            email = read_email(entry.email, on_note)
        except CellError as problem:
            raise CellError(
                problem.code, f"{quoted(cell)}: {self._place.row(entry.row)}: {problem.message}"
            ) from problem
        if not email:
            raise CellError(Code.IDENTITY_MISSING, f"{quoted(cell)}: {row(entry.row)} has no address")
        for used in self._entries[entry.row]:
            for place in (self._columns.key, self._columns.email, *self._columns.names):
                if place is not None:
                    used.end(place, CellOutcome.ASSIGNMENT, CellReason.USED)
        return email, entry.name

    def close(self) -> TableLedger:
        """Account for all rows, when everybody who is referred to has been found."""
        for row in self._rows:
            if not row.ends:
                for place in range(len(row.cells)):
                    row.end(
                        place, CellOutcome.IGNORED, CellReason.NOT_REFERRED_TO, "nobody in the list refers to this row"
                    )
            self.account.cells.extend(row.settled())
        return self.account
