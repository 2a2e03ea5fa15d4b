"""One row of cells → a person and roles, or everything that is wrong with the row."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from rolesync.model.findings import CellError, Code, Finding, Note, Tell, error, quoted
from rolesync.reader.header import Layout
from rolesync.reader.identity import read_email, read_user_id
from rolesync.reader.placeholders import is_error_value
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.validity import PLAIN, Validity, ValidityReader
from rolesync.tables.grid import is_blank


class RowReader:
    """Reads the rows of one table.

    `read` stops at the first thing that is wrong, so that a clean row costs little; `problems` then names all. What is
    noticed about a row that was read nevertheless waits in `notes`, with the header of its column, for `take_notes`.

    Args:
        layout: where things stand in a row.
        roles: reads role cells.
        today: the day on which roles with dates are given or not.
        delimiter: what stands between the cells of the text that the rows come from; "" for a workbook.
    """

    def __init__(self, layout: Layout, roles: RoleReader, today: date, delimiter: str) -> None:
        self._layout = layout
        self._delimiter = delimiter
        self._roles = roles
        self._width = len(layout.header)
        self._first = next(place for place, text in enumerate(layout.header) if text.strip())
        self._email = layout.email
        self._user_id = layout.user_id
        self._ignored = layout.ignored
        self._about_email, self._about_user_id = self._told_by(layout.email), self._told_by(layout.user_id)
        self._standing = ValidityReader(layout, today, self._told_by) if layout.has_standing else None
        self.notes: list[tuple[Note, str]] = []

    def read(self, cells: Sequence[str]) -> tuple[str, int, RoleCell, Validity]:
        """Read a row that is not blank.

        Returns:
            The address or "", the user id or 0, the roles, and whether and when they are given.

        Raises:
            CellError: something is wrong with the row.
        """
        if len(cells) != self._width:
            cells = self._fit(cells)
        if cells[self._first][:1] == "#" and not is_error_value(cells[self._first].strip()):
            raise CellError(Code.COMMENTED_ROW, "the row begins with '#'")
        for place in self._ignored:
            if "\n" in cells[place] or "\r" in cells[place]:
                self._check_swallowed(cells, place)
        email, user_id = self._identity(cells)
        if not email and not user_id:
            raise CellError(Code.IDENTITY_MISSING, "the row names nobody; fill in who is meant, or delete the row")
        standing = self._standing.read(cells) if self._standing else PLAIN
        return email, user_id, self._roles.read(cells[self._layout.role]), standing

    def problems(self, number: int, cells: Sequence[str]) -> Iterator[Finding]:
        """Name all that is wrong with row `number`, or only that its cells don't fit the header: then none is sure."""
        yield from self._problems(number, cells)
        self.notes.clear()  # of a row that isn't read

    def take_notes(self, number: int) -> list[Finding]:
        """Give what was noticed about row `number`, which was just read."""
        notes = [note.at(number, column) for note, column in self.notes]
        self.notes.clear()
        return notes

    def _problems(self, number: int, cells: Sequence[str]) -> Iterator[Finding]:
        try:
            cells = self._fit(cells)
        except CellError as problem:
            yield error(problem.code, problem.message, row=number)
            return
        for place in self._ignored:
            try:
                self._check_swallowed(cells, place)
            except CellError as problem:
                yield error(problem.code, problem.message, row=number, column=self._layout.header[place])
        for place, check in self._checks():
            try:
                check(cells[place])
            except CellError as problem:
                yield error(problem.code, problem.message, row=number, column=self._layout.header[place])
        if self._standing:
            try:
                self._standing.read(cells)
            except CellError as problem:
                if problem.code is Code.DATES_REVERSED:  # any other was found above, in its own column
                    yield error(problem.code, problem.message, row=number)
        if is_blank(cells[place] for place in (self._email, self._user_id) if place is not None):
            text = "the row names nobody; fill in who is meant, or delete the row"
            yield error(Code.IDENTITY_MISSING, text, row=number, column=self._layout.identity)

    def _checks(self) -> Iterator[tuple[int, Callable[[str], object]]]:
        if self._email is not None:
            yield self._email, lambda cell: read_email(cell, self._about_email)
        if self._user_id is not None:
            yield self._user_id, lambda cell: read_user_id(cell, self._about_user_id)
        yield self._layout.role, self._roles.read
        if self._standing:
            yield from self._standing.checks()

    def _fit(self, cells: Sequence[str]) -> Sequence[str]:
        """The row with as many cells as the header: empty ones too many or too few are forgiven."""
        text = f"the row has {len(cells)} cells, the header has {self._width}"
        if len(cells) < self._layout.fewest:
            raise CellError(Code.ROW_TOO_SHORT, f"{text}; put each cell under its header")
        if not is_blank(cells[self._width :]):
            raise CellError(Code.ROW_TOO_LONG, f"{text}; quote a cell that holds the delimiter")
        return [*cells[: self._width], *[""] * (self._width - len(cells))]

    def _identity(self, cells: Sequence[str]) -> tuple[str, int]:
        email = "" if self._email is None else read_email(cells[self._email], self._about_email)
        return email, 0 if self._user_id is None else read_user_id(cells[self._user_id], self._about_user_id)

    def _told_by(self, place: int | None) -> Tell:
        column = "" if place is None else self._layout.header[place]
        return lambda note: self.notes.append((note, column))

    def _check_swallowed(self, cells: Sequence[str], place: int) -> None:
        """Refuse an ignored cell that holds rows of its own: quotes left open in two rows make one cell of all between.

        Nothing is read from such a cell, so the people in it would vanish. Its first line may be the end of a row that
        begins before the cell, and its last the beginning of one that ends after it. No quotes hide rows in a workbook.
        """
        first, *others = cells[place].splitlines() or [""]
        if not others or not self._delimiter:
            return
        lines = [(line, line.split(self._delimiter)) for line in others]
        before = [*cells[:place], *first.split(self._delimiter)]
        after = [*lines[-1][1], *cells[place + 1 :]]
        if len(before) == len(after) == self._width and self._looks_like_row(before) and before[self._layout.role]:
            lines.append((others[-1], after))
        for line, row in lines:
            if self._looks_like_row(row):
                text = f"the cell spans several lines, and {quoted(line)} looks like a row of its own"
                raise CellError(Code.SWALLOWED_ROW, f"{text}; check the quotes in this row and after it")

    def _looks_like_row(self, cells: Sequence[str]) -> bool:
        if len(cells) < self._layout.fewest:
            return False
        try:
            return any(self._identity(cells))
        except CellError:
            return False
        finally:
            self.notes.clear()
