"""The cells of a row → a user and roles, or every problem of the row."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from rolesync.model.findings import CellError, Code, Finding, Note, OnNote, error, quoted
from rolesync.reader.header import Layout
from rolesync.reader.identity import read_email, read_user_id
from rolesync.reader.placeholders import is_error_value
from rolesync.reader.roles import NO_ROLES, RoleCell, RoleReader
from rolesync.reader.validity import LEFT_OUT, UNLIMITED, Validity, ValidityReader
from rolesync.tables.grid import Cells, is_blank, padded
from rolesync.tables.header_text import fold_header

_NO_IDENTITY = "the row names no user; fill in the e-mail address or user id, or delete the row"


class RowReader:
    """Reads the rows of a table.

    `read` stops at the first problem, so that a good row costs little; `problems` then finds them all. Notes on a row
    that was read wait in `notes`, each with its column's header, until `take_notes`.

    Args:
        layout: the columns of the list.
        roles: reads role cells.
        today: the day that decides which dated roles are in force.
        delimiter: the text's delimiter; "" for a workbook.
        logins: whether rows may name users by login.
    """

    def __init__(self, layout: Layout, roles: RoleReader, today: date, delimiter: str, *, logins: bool = False) -> None:
        self._logins = logins
        self._layout = layout
        self._delimiter = delimiter
        self._roles = roles
        self._width = len(layout.header)
        self._first = next(place for place in range(self._width) if place not in layout.unnamed - set(layout.used))
        self._email = layout.email
        self._user_id = layout.user_id
        self._ignored = layout.ignored
        self._on_email_note, self._on_user_id_note = self._on_note(layout.email), self._on_note(layout.user_id)
        self._validity = ValidityReader(layout, today, self._on_note) if layout.has_validity else None
        self.notes: list[tuple[Note, str]] = []

    def read(self, cells: Sequence[str]) -> tuple[str, int, RoleCell, Validity]:
        """Read a row that is not blank.

        Returns:
            The address or "", the user id or 0, the roles, and their validity; `LEFT_OUT` for another list's row,
            whose other cells are not read.

        Raises:
            CellError: the first problem of the row.
        """
        if len(cells) != self._width:
            cells = self._fit_to_header(cells)
        if cells[self._first][:1] == "#" and not is_error_value(cells[self._first].strip()):
            raise CellError(Code.COMMENTED_ROW, "the row begins with '#'")
        for place in self._ignored:
            if "\n" in cells[place] or "\r" in cells[place]:
                self._check_swallowed_rows(cells, place)
        if self._validity and self._validity.leaves_out(cells):
            self._validity.count_left_out(cells)
            return "", 0, NO_ROLES, LEFT_OUT
        email, user_id = self._identity(cells)
        if not email and not user_id:
            raise CellError(Code.IDENTITY_MISSING, _NO_IDENTITY)
        validity = self._validity.read(cells) if self._validity else UNLIMITED
        return email, user_id, self._roles.read(cells[self._layout.role]), validity

    def column_findings(self) -> Iterator[Finding]:
        """What was noticed of whole columns, after the last row."""
        if self._validity:
            yield from self._validity.column_findings()

    def name_all_words(self, findings: Sequence[Finding]) -> list[Finding]:
        """Complete advice by what the whole list holds, after the last row."""
        return list(map(self._validity.name_all_words, findings)) if self._validity else list(findings)

    def leaves_out(self, cells: Cells) -> bool:
        """Whether a row was read, has the width of the header, and has a word of `leave_out`."""
        if self._validity is None or isinstance(cells, tuple) or len(cells) != self._width:
            return False
        return self._validity.leaves_out(cells)

    @property
    def rows_left_out(self) -> int:
        """The number of rows that were left out by a word of `leave_out`."""
        return self._validity.rows_left_out if self._validity else 0

    def problems(self, number: int, cells: Sequence[str]) -> Iterator[Finding]:
        """Find every problem of row `number`; if its cells don't fit the header, only that, as no column is certain."""
        yield from self._problems(number, cells)
        self.notes.clear()  # the row is refused, so its notes don't matter

    def take_notes(self, number: int) -> list[Finding]:
        """Return the notes on row `number`, which was just read, as findings."""
        notes = [note.at(number, column) for note, column in self.notes]
        self.notes.clear()
        return notes

    def _problems(self, number: int, cells: Sequence[str]) -> Iterator[Finding]:
        try:
            cells = self._fit_to_header(cells)
        except CellError as problem:
            yield error(problem.code, problem.message, row=number)
            return
        for place in self._ignored:
            try:
                self._check_swallowed_rows(cells, place)
            except CellError as problem:
                yield error(problem.code, problem.message, row=number, column=self._layout.header[place])
        for place, check in self._checks(cells):
            try:
                check(cells[place])
            except CellError as problem:
                yield error(problem.code, problem.message, row=number, column=self._layout.header[place])
        if self._validity:
            try:
                self._validity.read(cells)
            except CellError as problem:
                if problem.code is Code.DATES_REVERSED:  # the checks above found any other, with its column
                    yield error(problem.code, problem.message, row=number)
        if is_blank(cells[place] for place in (self._email, self._user_id) if place is not None):
            yield error(Code.IDENTITY_MISSING, _NO_IDENTITY, row=number, column=self._layout.identity)

    def _checks(self, cells: Sequence[str]) -> Iterator[tuple[int, Callable[[str], object]]]:
        """Yield each column that counts in this row, and the function that refuses a bad cell in it."""
        if self._email is not None:
            yield self._email, self._read_email
        beside_address = self._email is not None and bool(cells[self._email].strip())
        if self._user_id is not None and not (beside_address and self._layout.foreign):
            yield self._user_id, self._read_user_id
        yield self._layout.role, self._roles.read
        if self._validity:
            yield from self._validity.checks()

    def _fit_to_header(self, cells: Sequence[str]) -> Sequence[str]:
        """Return as many cells as the header has; only empty cells may be missing or surplus."""
        text = f"the header has {self._width} cells, the row has {len(cells)}"
        if len(cells) < self._layout.min_cells:
            raise CellError(Code.ROW_TOO_SHORT, f"{text}; put each cell under its header")
        if not is_blank(cells[self._width :]):
            raise CellError(Code.ROW_TOO_LONG, f"{text}; quote each cell that contains the delimiter")
        return padded(cells[: self._width], self._width)

    def _identity(self, cells: Sequence[str]) -> tuple[str, int]:
        email = "" if self._email is None else self._read_email(cells[self._email])
        if email and self._layout.foreign:
            return email, 0
        return email, 0 if self._user_id is None else self._read_user_id(cells[self._user_id])

    def _read_user_id(self, cell: str) -> int:
        """Read an id; beside addresses, a refusal also shows how to do without ids."""
        try:
            return read_user_id(cell, self._on_user_id_note)
        except CellError as problem:
            if self._email is None:
                raise
            text = f"{problem.message}; or if the ids are another program's, leave them out: --no-user-id"
            raise CellError(problem.code, text) from None

    def _read_email(self, cell: str) -> str:
        """Read an address or, if the settings allow it, a login; the column's header is neither."""
        logins = self._logins and fold_header(cell) != fold_header(self._layout.header[self._email or 0])
        return read_email(cell, self._on_email_note, logins=logins)

    def _on_note(self, place: int | None) -> OnNote:
        """A function that collects the notes on a column."""
        column = "" if place is None else self._layout.header[place]
        return lambda note: self.notes.append((note, column))

    def _check_swallowed_rows(self, cells: Sequence[str], place: int) -> None:
        """Refuse an ignored cell that contains rows: two quotes left open turn all text between them into one cell.

        Ignored cells are not read, so the users in these rows would vanish. The cell's first line may end a row that
        begins before the cell, and its last line may begin a row that ends after it. A workbook has no quotes.
        """
        first, *later_lines = cells[place].splitlines() or [""]
        if not later_lines or not self._delimiter:
            return
        lines = [(line, line.split(self._delimiter)) for line in later_lines]
        head = [*cells[:place], *first.split(self._delimiter)]
        tail = [*lines[-1][1], *cells[place + 1 :]]
        if len(head) == len(tail) == self._width and self._looks_like_row(head) and head[self._layout.role]:
            lines.append((later_lines[-1], tail))
        for line, row in lines:
            if self._looks_like_row(row):
                text = f"the cell spans several lines, and {quoted(line)} looks like a row of the list"
                raise CellError(Code.SWALLOWED_ROW, f"{text}; check the quotes in this row and in the rows after it")

    def _looks_like_row(self, cells: Sequence[str]) -> bool:
        if len(cells) < self._layout.min_cells:
            return False
        try:
            return any(self._identity(cells))
        except CellError:
            return False
        finally:
            self.notes.clear()
