"""The rows of a table → assignments, and the outcome of every cell.

A row gives all its roles or none: a single cell that can't be read refuses the row, and the ledger names that cell.
"""

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from rolesync.migrate.date_order import DateReader
from rolesync.migrate.join import JoinTable, UserDroppedError
from rolesync.migrate.layout import SourceLayout
from rolesync.migrate.ledger import CellOutcome, CellReason, Place, RowLedger, TableLedger
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.roles import RowRoles
from rolesync.migrate.unclear_words import describe_dropped, describe_login, describe_unclear
from rolesync.model.findings import CellError, Code, Note, OnNote, printable, quoted
from rolesync.model.periods import Period
from rolesync.model.vocabulary import Level
from rolesync.reader.dates import read_last_day
from rolesync.reader.identity import is_address, read_email, read_user_id
from rolesync.reader.ignored_rows import describe_lone_text, find_ignored_row, find_total
from rolesync.reader.known_exports import RowVerdict
from rolesync.reader.validity import read_action
from rolesync.tables.grid import find_non_text, is_blank, padded
from rolesync.tables.table import Table

_NO_ROWS = (Code.COMMENT_IGNORED, Code.FOOTER_IGNORED)


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
        self._today, self._deciding, self._min_cells = today, layout.deciding, layout.min_cells
        self._guess = self._delimiter = ""
        self._dates = DateReader(unix=recipe.unix_dates)
        self.merged: tuple[tuple[int, int, int], ...] = ()
        self._roles = RowRoles(recipe, layout, managed=managed, fixed=fixed)
        self.rows: list[RowLedger] = []
        self.assignments: list[MigratedAssignment] = []

    def read_table(self, table: Table) -> TableLedger:
        """Read all rows of a table.

        Returns:
            The ledger of the rows above the header, the header, and the rows without cells. The ledgers of all other
            rows are in `rows`; merging may still change them.
        """
        self._guess, self.merged, self._delimiter = table.guess, table.merged, table.delimiter
        ledger = TableLedger(self._place, self._layout.header, table.guess, self._layout.named_only)
        ledger.add_header(table)
        dates = [place for place in (self._layout.starts, self._layout.expires) if place is not None]
        rows = list(table.rows) if dates else table.rows
        if dates and isinstance(rows, list):
            texts = [cells for _, cells in rows if isinstance(cells, list)]
            self._dates.learn(cells[place] for cells in texts for place in dates if place < len(cells))
        for number, cells in rows:
            if isinstance(cells, tuple):
                ledger.add_unreadable(number, cells)
            elif not is_blank(cells):
                row = self._read_row(number, cells)
                if row.refused is not None and (text := describe_lone_text(cells)):
                    place = next(at for at, cell in enumerate(cells) if cell.strip())
                    row.outcomes = {place: (CellOutcome.REFUSED, Code.IDENTITY_MISSING, text)}
                self.rows.append(row)
        self._ignore_totals()
        return ledger

    def _ignore_totals(self) -> None:
        """Ignore the totals of a report: refused rows at the end, but for comments and the like between them."""
        for place in range(len(self.rows) - 1, -1, -1):
            row = self.rows[place]
            if row.refused is not None and (note := find_total(row.cells)):
                self.rows[place] = _uniform(row.number, row.cells, CellOutcome.IGNORED, note.code, note.message)
            elif any(code not in _NO_ROWS for _, code, _ in row.outcomes.values()):
                return

    def _read_row(self, number: int, cells: Sequence[str]) -> RowLedger:
        layout = self._layout
        row = RowLedger(number, cells if len(cells) >= len(layout.header) else padded(cells, len(layout.header)))
        if row_outcome := self._outcome_of_whole_row(row, len(cells)):
            return _uniform(number, cells, *row_outcome)
        self._check_text(row)
        period, removes = self._read_period(row)
        roles, revoked_roles = self._roles.read(row)
        if not roles and not revoked_roles and row.refused is None:  # the user doesn't matter then, even if unreadable
            row.override(CellOutcome.IGNORED, CellReason.NO_ROLE, "the row gives no managed role")
            return row
        self._mark_conditions(row)
        try:
            user = self._read_user(row)
        except UserDroppedError as dropped:
            return _uniform(number, cells, CellOutcome.IGNORED, CellReason.ROW_DROPPED, str(dropped))
        refused = row.refused
        if refused is not None:
            header = layout.header[refused] if refused < len(layout.header) else "beyond the header"
            text = f"the row is refused because of its cell {quoted(header)}"
            row.override(CellOutcome.REFUSED, CellReason.ROW_REFUSED, text)
        else:
            for role, removed in [*((role, removes) for role in roles), *((role, True) for role in revoked_roles)]:
                reason = self._not_in_force(period, removes=removed)
                self.assignments.append(MigratedAssignment(self._place, number, role, *user, period, removed, reason))
        return row

    def _outcome_of_whole_row(self, row: RowLedger, cells: int) -> tuple[CellOutcome, str, str] | None:
        """The outcome of a row that isn't read cell by cell; None for all others.

        Args:
            row: the row, as wide as the header.
            cells: the number of cells that the file has in it.
        """
        try:
            note = find_ignored_row(row.cells, self._layout)
        except CellError as problem:
            return CellOutcome.REFUSED, problem.code, problem.message
        if note:
            return CellOutcome.IGNORED, note.code, note.message
        lines = (_swallowed_row(cell, self._delimiter) for cell in row.cells) if self._delimiter else iter(())
        if line := next(filter(None, lines), ""):
            text = f"a cell of the row spans several lines, and {quoted(line)} looks like a row"
            text = f"{text}; check the quotes in this row and in the rows after it"
            return CellOutcome.REFUSED, Code.SWALLOWED_ROW, text
        example = self._recipe.example_row
        if example and next(filter(None, map(str.strip, row.cells))).startswith(example):
            return CellOutcome.IGNORED, CellReason.EXAMPLE_ROW, "is the example of the template"
        if cells < self._min_cells:
            text = f"the header has {len(self._layout.header)} cells, the row has {cells}"
            return CellOutcome.REFUSED, Code.ROW_TOO_SHORT, f"{text}; put each cell under its header"
        reason = self._drop_reason(row)
        return (CellOutcome.IGNORED, CellReason.ROW_DROPPED, reason) if reason else None

    def _not_in_force(self, period: Period, *, removes: bool) -> str:
        if removes:
            return "the row removes the role"
        return f"the role expired: its last day was {period.expires}" if self._today > period.expires else ""

    def _drop_reason(self, row: RowLedger) -> str:
        """The reason why a condition drops the row, "" if none does."""
        for place, condition in self._layout.keep:
            if self._guess and not row.cells[place].isascii():  # `_check_text` refuses it
                continue
            if condition.judge(row.cells[place]) is RowVerdict.DROPPED:
                return describe_dropped(row.cells[place], self._layout.header[place], condition)
        return ""

    def _mark_conditions(self, row: RowLedger) -> None:
        """Set the outcome of the cells that decide whether the row counts; an unclear word refuses the row."""
        for place, condition in self._layout.keep:
            if condition.judge(row.cells[place]) is RowVerdict.COUNTS:
                row.set_outcome(place, CellOutcome.ASSIGNMENT, CellReason.USED)
            else:
                code, text = describe_unclear(row.cells[place], self._layout.header[place], condition)
                row.set_outcome(place, CellOutcome.REFUSED, code, text)

    def _check_text(self, row: RowLedger) -> None:
        """Refuse used cells that are not text, and cells beyond the header."""
        header, deciding, guess = self._layout.header, self._deciding, self._guess
        if find_non_text(row.number, row.cells, header, deciding, guess):
            for place, cell in enumerate(row.cells):
                for finding in find_non_text(row.number, [cell], ("",), {0} if place in deciding else (), guess):
                    if finding.level is Level.ERROR:
                        row.set_outcome(place, CellOutcome.REFUSED, finding.code, finding.message)
        for place in range(len(header), len(row.cells)):
            if row.cells[place].strip():
                text = "the row has more cells than the header"
                row.set_outcome(place, CellOutcome.REFUSED, Code.ROW_TOO_LONG, text)

    def _read_period(self, row: RowLedger) -> tuple[Period, bool]:
        """Read the days of the role, and whether the row removes it."""
        layout = self._layout
        starts = row.read(layout.starts, self._dates.read, None)
        expires = row.read(layout.expires, partial(read_last_day, read=self._dates.read), None)
        column = "" if layout.action is None else layout.header[layout.action]
        removes = row.read(layout.action, lambda cell, _on_note: read_action(cell, column=column), blank=False)
        period = Period(starts or date.min, expires or date.max)
        if period.starts > period.expires and layout.expires is not None:
            text = f"the role starts on {period.starts} but expires earlier, on {period.expires}"
            row.set_outcome(layout.expires, CellOutcome.REFUSED, Code.DATES_REVERSED, text)
        return period, removes

    def _read_user(self, row: RowLedger) -> tuple[str, int, str]:
        """Read address, id and name of the user; refuse a row without address and id.

        Raises:
            UserDroppedError: the joined file says that the user is not there.
        """
        layout = self._layout
        place = next((place for place in layout.emails if row.cells[place].strip()), None)
        email = row.read(place, self._read_email, "")
        user_id = row.read(layout.user_id, read_user_id, 0)
        parts = (row.read(place, lambda cell, _on_note: printable(cell.strip()), "") for place in layout.names)
        name = " ".join(filter(None, parts))
        if place is None and (key := self._key_of(row)) is not None and self._users is not None:
            email, joined_name = row.read(key, self._users.find, ("", ""))
            name = name or joined_name
        if place is None and not email and not user_id and row.refused is None:
            email = self._read_login(row)
        if not email and not user_id and row.refused is None:
            places = (*layout.emails, layout.key, layout.user_id, *layout.logins)
            blank = next(place for place in places if place is not None)
            if not row.cells[blank].strip():
                blank = next(place for place, cell in enumerate(row.cells) if cell.strip())
            text = "the row gives a role but names no user"
            row.set_outcome(blank, CellOutcome.REFUSED, Code.IDENTITY_MISSING, text)
        return email, user_id, name

    def _key_of(self, row: RowLedger) -> int | None:
        """The column of the row's key; None without a key, and if it is a login name that is an address."""
        key, cell = self._layout.key, row.cells[self._layout.key or 0]
        return None if not cell.strip() or (key in self._layout.logins and is_address(cell)) else key

    def _read_login(self, row: RowLedger) -> str:
        """Read the first login name that may be an address; refuse one that can't be."""
        filled = [place for place in self._layout.logins if row.cells[place].strip()]
        place = next((place for place in filled if "@" in row.cells[place]), None)
        if place is not None:
            email = row.read(place, self._read_email, "")
            text = describe_login(row.cells[place], self._layout.header[place])
            row.set_outcome(place, CellOutcome.NORMALISED, CellReason.LOGIN_USED, text)
            return email
        if filled:
            text = f"{quoted(row.cells[filled[0]])} is a login name and no address"
            advice = "add a column with the address" + (
                ", or --join a file with the addresses" if self._layout.key else ""
            )
            row.set_outcome(filled[0], CellOutcome.REFUSED, CellReason.NO_ADDRESS, f"{text}; {advice}")
        return ""

    def _read_email(self, cell: str, on_note: OnNote) -> str:
        pattern = self._recipe.no_address
        if pattern and pattern.fullmatch(cell.strip()):
            text = f"{quoted(cell)} is a guest's login name, not an address"
            raise CellError(Code.EMAIL_INVALID, f"{text}; add a column with the address")
        first, *other_addresses = cell.strip().splitlines() or [""]
        if self._recipe.first_address and other_addresses:
            text = f"{quoted(first)} is the first of {len(other_addresses) + 1} addresses"
            on_note(Note(Level.WARNING, Code.EMAIL_NORMALISED, text))
            cell = first
        return read_email(cell, on_note)


def _swallowed_row(cell: str, delimiter: str) -> str:
    """The line of a cell that seems to be a row; "" without one. Quotes left open make one cell of several rows."""
    lines = cell.splitlines()[1:] if "\n" in cell or "\r" in cell else []
    return next((line for line in lines if delimiter in line and any(map(is_address, line.split(delimiter)))), "")


def _uniform(number: int, cells: Sequence[str], outcome: CellOutcome, code: str, detail: str) -> RowLedger:
    """The ledger of a row whose cells all have the same outcome."""
    return RowLedger(number, cells, dict.fromkeys(range(len(cells)), (outcome, code, detail)))
