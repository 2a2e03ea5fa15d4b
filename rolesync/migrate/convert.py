"""The rows of a table → assignments, and the outcome of every cell.

A row gives all its roles or none: a single cell that can't be read refuses the row, and the ledger names that cell.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from rolesync.migrate.join import JoinTable
from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.roles import RowRoles
from rolesync.model.findings import CellError, Code, OnNote, quoted
from rolesync.model.periods import Period
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_date
from rolesync.reader.identity import read_email, read_user_id
from rolesync.reader.ignored_rows import find_ignored_row, find_total
from rolesync.reader.validity import read_action
from rolesync.tables.grid import find_non_text, is_blank
from rolesync.tables.table import Table


class MigratedAssignment(NamedTuple):
    """A user's role with its source row; unlike `write.Assignment`, it may remove the role or have expired.

    Attributes:
        place: the source table.
        row: the row number.
        role: the role.
        email: the user's address; "" if only the id is known.
        user_id: the user's id; 0 if only the address is known.
        name: the user's name; "" if unknown.
        period: the days of the role.
        removes: whether the row removes the role.
        not_in_force: why the row gives no role, for messages; "" if it gives one.
    """

    place: Place
    row: int
    role: str
    email: str
    user_id: int
    name: str
    period: Period
    removes: bool = False
    not_in_force: str = ""


class Converter:
    """Reads the rows of a table by a recipe; `rows` and `assignments` hold the result.

    Args:
        recipe: which columns mean what.
        layout: where these columns are.
        place: the source of the table.
        managed: the managed roles; the list gets no other roles.
        fixed: the role of every row; "" if the rows name it.
        users: the joined file; None without one.
        today: the day that decides whether a role has expired.
    """

    def __init__(  # noqa: PLR0913  # each is a separate input of the conversion
        self,
        recipe: Recipe,
        layout: SourceLayout,
        place: Place,
        *,
        managed: Collection[str],
        fixed: str,
        users: JoinTable | None,
        today: date,
    ) -> None:
        self._recipe, self._layout, self._place, self._users = recipe, layout, place, users
        self._today, self._used, self._min_cells = today, layout.used, layout.min_cells
        self._roles = RowRoles(recipe, layout, managed=managed, fixed=fixed)
        self.rows: list[RowLedger] = []
        self.assignments: list[MigratedAssignment] = []

    def read_table(self, table: Table) -> TableLedger:
        """Read all rows of a table.

        Returns:
            The ledger of the rows above the header, the header, and the rows without cells. The ledgers of all other
            rows are in `rows`; merging may still change them.
        """
        ledger = TableLedger(self._place, self._layout.header)
        ledger.add_header(table)
        for number, cells in table.rows:
            if isinstance(cells, tuple):
                ledger.add_unreadable(number, cells)
            elif not is_blank(cells):
                self.rows.append(self._read_row(number, cells))
        last = self.rows[-1] if self.rows else None
        if last and last.refused is not None and (note := find_total(last.cells)):
            self.rows[-1] = _uniform(last.number, last.cells, CellOutcome.IGNORED, note.code, note.message)
        return ledger

    def _read_row(self, number: int, cells: Sequence[str]) -> RowLedger:
        layout = self._layout
        row = RowLedger(number, [*cells, *[""] * (len(layout.header) - len(cells))])
        try:
            if note := find_ignored_row(row.cells, layout):
                return _uniform(number, cells, CellOutcome.IGNORED, note.code, note.message)
        except CellError as problem:
            return _uniform(number, cells, CellOutcome.REFUSED, problem.code, problem.message)
        if len(cells) < self._min_cells:
            text = f"the row has {len(cells)} cells, the header has {len(layout.header)}"
            return _uniform(
                number, cells, CellOutcome.REFUSED, Code.ROW_TOO_SHORT, f"{text}; put each cell under its header"
            )
        if reason := self._drop_reason(row):
            return _uniform(number, cells, CellOutcome.IGNORED, CellReason.ROW_DROPPED, reason)
        self._check_text(row)
        period, removes = self._read_period(row)
        roles = self._roles.read(row)
        if not roles and row.refused is None:  # the user doesn't matter then, even if unreadable
            row.override(CellOutcome.IGNORED, CellReason.NO_ROLE, "the row gives no managed role")
            return row
        user = self._read_user(row)
        refused = row.refused
        if refused is not None:
            header = layout.header[refused] if refused < len(layout.header) else "beyond the header"
            text = f"the row is refused because of its cell {quoted(header)}"
            row.override(CellOutcome.REFUSED, CellReason.ROW_REFUSED, text)
        else:
            common = (*user, period, removes, self._not_in_force(period, removes=removes))
            self.assignments += [MigratedAssignment(self._place, number, role, *common) for role in roles]
        return row

    def _not_in_force(self, period: Period, *, removes: bool) -> str:
        if removes:
            return "the row removes the role"
        return f"the role expired: its last day was {period.expires}" if self._today > period.expires else ""

    def _drop_reason(self, row: RowLedger) -> str:
        """The reason why a condition drops the row, "" if none does; an unknown word refuses the row."""
        for place, condition in self._layout.keep:
            cell = row.cells[place]
            word = cell.strip().casefold()
            if word in condition.keep:
                row.set_outcome(place, CellOutcome.ASSIGNMENT, CellReason.USED)
            elif condition.drop is None or word in condition.drop:
                return f"{quoted(cell)} in {quoted(self._layout.header[place])}: {condition.why}"
            else:
                text = f"{quoted(cell)} {condition.unclear}, so it is unclear whether the row counts"
                row.set_outcome(place, CellOutcome.REFUSED, CellReason.WORD_UNKNOWN, text)
        return ""

    def _check_text(self, row: RowLedger) -> None:
        """Refuse used cells that are not text, and cells beyond the header."""
        header, used = self._layout.header, self._used
        if find_non_text(row.number, row.cells, header, used):
            for place, cell in enumerate(row.cells):
                for finding in find_non_text(row.number, [cell], ("",), {0} if place in used else ()):
                    if finding.level is Level.ERROR:
                        row.set_outcome(place, CellOutcome.REFUSED, finding.code, finding.message)
        for place in range(len(header), len(row.cells)):
            if row.cells[place].strip():
                text = "the row has more cells than the header"
                row.set_outcome(place, CellOutcome.REFUSED, Code.ROW_TOO_LONG, text)

    def _read_period(self, row: RowLedger) -> tuple[Period, bool]:
        """Read the days of the role, and whether the row removes it."""
        layout = self._layout
        starts = row.read(layout.starts, read_date, None)
        expires = row.read(layout.expires, read_date, None)
        removes = row.read(layout.action, lambda cell, _on_note: read_action(cell), blank=False)
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires and layout.expires is not None:
            text = f"the role starts on {period.starts} but expires earlier, on {period.expires}"
            row.set_outcome(layout.expires, CellOutcome.REFUSED, Code.DATES_REVERSED, text)
        return period, removes

    def _read_user(self, row: RowLedger) -> tuple[str, int, str]:
        """Read address, id and name of the user; refuse a row without address and id."""
        layout = self._layout
        email = row.read(layout.email, self._read_email, "")
        user_id = row.read(layout.user_id, read_user_id, 0)
        parts = (row.read(place, lambda cell, _on_note: cell.strip(), "") for place in layout.names)
        name = " ".join(filter(None, parts))
        if self._users is not None and layout.key is not None and not email and row.cells[layout.key].strip():
            email, joined_name = row.read(layout.key, self._users.find, ("", ""))
            name = name or joined_name
        if not email and not user_id and row.refused is None:
            place = next(place for place in (layout.email, layout.key, layout.user_id) if place is not None)
            if not row.cells[place].strip():
                place = next(place for place, cell in enumerate(row.cells) if cell.strip())
            text = "the row gives a role but names no user"
            row.set_outcome(place, CellOutcome.REFUSED, Code.IDENTITY_MISSING, text)
        return email, user_id, name

    def _read_email(self, cell: str, on_note: OnNote) -> str:
        pattern = self._recipe.no_address
        if pattern and pattern.fullmatch(cell.strip()):
            text = f"{quoted(cell)} is a guest's login name, not an address"
            raise CellError(Code.EMAIL_INVALID, f"{text}; add a column with the address")
        return read_email(cell, on_note)


def _uniform(number: int, cells: Sequence[str], outcome: CellOutcome, code: str, detail: str) -> RowLedger:
    """The ledger of a row whose cells all have the same outcome."""
    return RowLedger(number, cells, dict.fromkeys(range(len(cells)), (outcome, code, detail)))
