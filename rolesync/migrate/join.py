"""The joined file, which gives the addresses of the keys (such as a school's ids) in the other files.

Only rows whose key is used count, so an unreadable address in any other row does no harm.
"""

from typing import NamedTuple

from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import CellError, Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.identity import read_email
from rolesync.tables.grid import find_non_text, is_blank
from rolesync.tables.table import Table


class _Entry(NamedTuple):
    """A row of the joined file; `unusable` is why it doesn't count or can't be read, "" for a usable row."""

    ledger: RowLedger
    email: str
    name: str
    unusable: str


class JoinTable:
    """The users of the joined file, by key.

    Args:
        recipe: which of its rows count.
        layout: the columns of `key`, `email` and `names`.
        place: the source of the table.
        table: its rows.
    """

    def __init__(self, recipe: Recipe, layout: SourceLayout, place: Place, table: Table) -> None:
        self._recipe, self._layout, self._place = recipe, layout, place
        self._entries: dict[str, list[_Entry]] = {}
        self._rows: list[RowLedger] = []
        self._ledger = TableLedger(place, layout.header)
        self._ledger.add_header(table)
        for number, cells in table.rows:
            if isinstance(cells, tuple):
                self._ledger.add_unreadable(number, cells)
            elif not is_blank(cells):
                self._add_row(number, [*cells, *[""] * (len(layout.header) - len(cells))])

    def _add_row(self, number: int, cells: list[str]) -> None:
        layout = self._layout
        key = cells[layout.key].strip() if layout.key is not None else ""
        email = cells[layout.email] if layout.email is not None else ""
        name = " ".join(filter(None, (cells[place].strip() for place in layout.names)))
        unusable = ""
        for place, condition in layout.keep:
            word = cells[place].strip().casefold()
            if word not in condition.keep:
                unusable = f"{quoted(cells[place])} in {quoted(layout.header[place])}: {condition.why}"
        unusable = unusable or self._unreadable(number, cells)
        row = RowLedger(number, cells)
        self._rows.append(row)
        if key:
            self._entries.setdefault(key, []).append(_Entry(row, email, name, unusable))

    def _unreadable(self, number: int, cells: list[str]) -> str:
        """The reason why a row can't be read; "" for a readable row."""
        if not is_blank(cells[len(self._layout.header) :]):
            return "it has more cells than the header"
        findings = find_non_text(number, cells, self._layout.header, self._layout.used)
        return next((finding.message for finding in findings if finding.level is Level.ERROR), "")

    def find(self, cell: str, on_note: OnNote) -> tuple[str, str]:
        """Find the address and the name of a key's user.

        Raises:
            CellError: the key is missing, has several addresses, or its row doesn't count or can't be read.
        """
        entries = self._entries.get(cell.strip(), [])
        file, row = self._place.file, self._place.row
        if not entries:
            raise CellError(CellReason.KEY_UNKNOWN, f"{quoted(cell)} is not in {file}, so its user is unknown")
        usable = [entry for entry in entries if not entry.unusable]
        if not usable:
            text = f"{quoted(cell)}: {row(entries[0].ledger.number)} doesn't count: {entries[0].unusable}"
            raise CellError(CellReason.KEY_UNKNOWN, text)
        if len({entry.email.strip().casefold() for entry in usable}) > 1:
            rows = " and ".join(str(entry.ledger.number) for entry in usable[:2])
            raise CellError(CellReason.KEY_UNCLEAR, f"{quoted(cell)} has different addresses in {file} (rows {rows})")
        entry = usable[0]
        where = f"{quoted(cell)}: {row(entry.ledger.number)}"
        try:
            email = read_email(entry.email, on_note)
        except CellError as problem:
            raise CellError(problem.code, f"{where}: {problem.message}") from problem
        if not email:
            raise CellError(Code.IDENTITY_MISSING, f"{where} has no address")
        for place in (self._layout.key, self._layout.email, *self._layout.names):
            if place is not None:
                entry.ledger.set_outcome(place, CellOutcome.ASSIGNMENT, CellReason.USED)
        return email, entry.name

    def finish(self) -> TableLedger:
        """Return the ledger of all rows, after every used key was looked up."""
        for row in self._rows:
            if not row.outcomes:
                for place in range(len(row.cells)):
                    text = "no row of the other files refers to this row"
                    row.set_outcome(place, CellOutcome.IGNORED, CellReason.NOT_REFERRED_TO, text)
            self._ledger.cells.extend(row.accounted_cells())
        return self._ledger
