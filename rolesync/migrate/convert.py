"""The rows of one table → who gets which role, and what became of each cell.

A row gives all its roles or none: one cell that can't be read refuses the row, and the account names that cell.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from rolesync.migrate.account import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.columns import Columns
from rolesync.migrate.join import JoinTable
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.roles import RolesOfRow
from rolesync.model.findings import CellError, Code, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_date
from rolesync.reader.identity import read_email, read_user_id
from rolesync.reader.ignored_rows import find_ignored_row, find_total
from rolesync.reader.validity import Period, read_action
from rolesync.tables.grid import find_non_text, is_blank
from rolesync.tables.table import Table


class MigratedAssignment(NamedTuple):
    """One role of one person, and the row that says so; `email` is "" or `user_id` 0 where only the other is known.

    `removes` tells that the row takes the role away, `withheld` for people why the role isn't given, "" if it is.
    """

    place: Place
    row: int
    role: str
    email: str
    user_id: int
    name: str
    period: Period
    removes: bool = False
    withheld: str = ""


class Converter:
    """Reads the rows of one table by a recipe.

    Args:
        recipe: which columns mean what.
        columns: where they stand.
        place: where the table comes from.
        managed: the managed roles: only they are given.
        fixed: the role of every row, "" where the rows say it.
        people: the file that is joined, None without one.
        today: the day on which a role may have ended.
    """

    def __init__(  # noqa: PLR0913  # a table is read by that many things
        self,
        recipe: Recipe,
        columns: Columns,
        place: Place,
        *,
        managed: Collection[str],
        fixed: str,
        people: JoinTable | None,
        today: date,
    ) -> None:
        self._recipe, self._columns, self._place, self._people = recipe, columns, place, people
        self._today, self._used, self._fewest = today, columns.used, columns.min_cells
        self._roles = RolesOfRow(recipe, columns, managed=managed, fixed=fixed)
        self.rows: list[RowLedger] = []
        self.said: list[MigratedAssignment] = []

    def take(self, table: Table) -> TableLedger:
        """Read all rows of a table; what became of them can be settled when all tables are read, with `close`."""
        account = TableLedger(self._place, self._columns.header)
        for number, cells in table.rows_above:
            account.add(number, cells, CellOutcome.IGNORED, CellReason.TITLE, "stands above the header")
        account.add(table.header_row, table.header, CellOutcome.IGNORED, CellReason.HEADER, "a header")
        for number, read in table.rows:
            if isinstance(read, tuple):
                for finding in read:
                    account.add(number, [finding.message], CellOutcome.REFUSED, finding.code, finding.message)
            elif not is_blank(read):
                self.rows.append(self._row(number, read))
        last = self.rows[-1] if self.rows else None
        if last and last.refused is not None and (note := find_total(last.cells)):
            self.rows[-1] = _whole(last.number, last.cells, CellOutcome.IGNORED, note.code, note.message)
        return account

    def _row(self, number: int, cells: Sequence[str]) -> RowLedger:
        columns = self._columns
        row = RowLedger(number, [*cells, *[""] * (len(columns.header) - len(cells))])
        try:
            if note := find_ignored_row(row.cells, columns):
                return _whole(number, cells, CellOutcome.IGNORED, note.code, note.message)
        except CellError as problem:
            return _whole(number, cells, CellOutcome.REFUSED, problem.code, problem.message)
        if len(cells) < self._fewest:
            text = f"the row has {len(cells)} cells, the header has {len(columns.header)}; put each under its header"
            return _whole(number, cells, CellOutcome.REFUSED, Code.ROW_TOO_SHORT, text)
        if dropped := self._dropped(row):
            return _whole(number, cells, CellOutcome.IGNORED, CellReason.ROW_DROPPED, dropped)
        self._check_text(row)
        period, removes = self._period(row)
        roles = self._roles.given(row)
        if not roles and row.refused is None:  # then it is no matter who it is
            row.drop(CellOutcome.IGNORED, CellReason.NO_ROLE, "the row gives no managed role")
            return row
        person = self._person(row)
        refused = row.refused
        if refused is not None:
            header = columns.header[refused] if refused < len(columns.header) else "beyond the header"
            row.drop(CellOutcome.REFUSED, CellReason.ROW_REFUSED, f"the row is refused for its cell {quoted(header)}")
        else:
            said = (*person, period, removes, self._withheld(period, removes=removes))
            self.said += [MigratedAssignment(self._place, number, role, *said) for role in roles]
        return row

    def _withheld(self, period: Period, *, removes: bool) -> str:
        if removes:
            return "the row takes the role away"
        return f"the role ended with {period.expires}" if self._today > period.expires else ""

    def _dropped(self, row: RowLedger) -> str:
        """Say why a row doesn't count, by the words that say so; refuse it where a word isn't known."""
        for place, condition in self._columns.keep:
            cell = row.cells[place]
            word = cell.strip().casefold()
            if word in condition.keep:
                row.end(place, CellOutcome.ASSIGNMENT, CellReason.USED)
            elif condition.drop is None or word in condition.drop:
                return f"{quoted(cell)} in {quoted(self._columns.header[place])}: {condition.why}"
            else:
                text = f"{quoted(cell)} {condition.unclear}, so it isn't clear whether the row counts"
                row.end(place, CellOutcome.REFUSED, CellReason.WORD_UNKNOWN, text)
        return ""

    def _check_text(self, row: RowLedger) -> None:
        header, used = self._columns.header, self._used
        if find_non_text(row.number, row.cells, header, used):
            for place, cell in enumerate(row.cells):
                for finding in find_non_text(row.number, [cell], ("",), {0} if place in used else ()):
                    if finding.level is Level.ERROR:
                        row.end(place, CellOutcome.REFUSED, finding.code, finding.message)
        for place in range(len(header), len(row.cells)):
            if row.cells[place].strip():
                row.end(place, CellOutcome.REFUSED, Code.ROW_TOO_LONG, "the row has more cells than the header")

    def _period(self, row: RowLedger) -> tuple[Period, bool]:
        columns = self._columns
        starts = row.read(columns.starts, read_date, None)
        expires = row.read(columns.expires, read_date, None)
        removes = row.read(columns.action, lambda cell, _on_note: read_action(cell), blank=False)
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires and columns.expires is not None:
            text = f"the role would begin on {period.starts} and end before that, on {period.expires}"
            row.end(columns.expires, CellOutcome.REFUSED, Code.DATES_REVERSED, text)
        return period, removes

    def _person(self, row: RowLedger) -> tuple[str, int, str]:
        columns = self._columns
        email = row.read(columns.email, self._email, "")
        user_id = row.read(columns.user_id, read_user_id, 0)
        name = " ".join(filter(None, (row.read(at, lambda cell, _on_note: cell.strip(), "") for at in columns.names)))
        if self._people is not None and columns.key is not None and not email and row.cells[columns.key].strip():
            email, joined = row.read(columns.key, self._people.find, ("", ""))
            name = name or joined
        if not email and not user_id and row.refused is None:
            place = next(place for place in (columns.email, columns.key, columns.user_id) if place is not None)
            text = "the row gives a role and names nobody"
            shown = place if row.cells[place].strip() else next(at for at, cell in enumerate(row.cells) if cell.strip())
            row.end(shown, CellOutcome.REFUSED, Code.IDENTITY_MISSING, text)
        return email, user_id, name

    def _email(self, cell: str, on_note: OnNote) -> str:
        pattern = self._recipe.no_address
        if pattern and pattern.fullmatch(cell.strip()):
            text = f"{quoted(cell)} is a guest's log-in name and no address"
            raise CellError(Code.EMAIL_INVALID, f"{text}; add a column with the address")
        return read_email(cell, on_note)


def _whole(number: int, cells: Sequence[str], fate: CellOutcome, code: str, detail: str) -> RowLedger:
    """A row whose cells all end in the same way."""
    return RowLedger(number, cells, dict.fromkeys(range(len(cells)), (fate, code, detail)))
