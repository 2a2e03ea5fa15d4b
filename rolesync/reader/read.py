"""A list in a file → `Desired`: who is to have which role, and everything noticed on the way.

A row that can't be read, for whatever reason, is an error finding and has no assignment; an error anywhere makes the
whole list a `reject`. So a row never vanishes: it is blank, or it is in the assignments, or it is in the findings. A
row that says that its role is not held, or not today, is in the findings and in `withheld`.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from rolesync.model.desired import Desired, ListRows
from rolesync.model.findings import CellError, Code, Finding, Note, error, held, quoted
from rolesync.model.frames import DESIRED, frame
from rolesync.model.lists import AS_WRITTEN, ListForm, Source
from rolesync.model.vocabulary import Level
from rolesync.reader.columns import RowColumns, UserColumns
from rolesync.reader.duplicates import Deduplicated, deduplicate
from rolesync.reader.header import Layout, header_rules, lay_out
from rolesync.reader.ignored_rows import find_ignored_rows, total
from rolesync.reader.plain_rows import PlainReader
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.row import RowReader
from rolesync.reader.validity import PLAIN, Validity
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import Cells, find_non_text, is_blank
from rolesync.tables.table import Table, open_table


def read_desired(path: Path, *, managed_roles: Collection[str], today: date, form: ListForm = AS_WRITTEN) -> Desired:
    """Read a list of roles from a CSV file or a workbook.

    Args:
        path: the file.
        managed_roles: the roles that count as managed; others are read too, and each row with one gets a warning.
        today: the day on which roles with dates are given or not.
        form: how the list is written, where its header doesn't tell, and other names of roles.

    Returns:
        All assignments that can be read, in the file's order and each once, with the findings ordered by row.

    Raises:
        InputRefusedError: the file doesn't exist, is a folder, can't be read or is far too large.
    """
    data, modified_at = read_file(path)
    settled, findings, rows = _read(data, managed_roles, form, today)
    ordered = sorted(findings, key=lambda finding: finding.row or 0)
    numbers = settled.given.role.value_counts()
    source = Source(
        path=str(path),
        sha256=hashlib.sha256(data).hexdigest(),
        rows=rows,
        modified_at=modified_at,
        listed={role: int(numbers.get(role, 0)) for role in managed_roles},
    )
    return Desired(settled.given, tuple(ordered), source, settled.withheld)


def _read(
    data: bytes, managed_roles: Collection[str], form: ListForm, today: date
) -> tuple[Deduplicated, list[Finding], int]:
    """The roles that are given and those that aren't, the findings, and the number of rows that are not blank."""
    nothing = Deduplicated(ListRows.of(), frame(DESIRED))
    table = open_table(data, header_rules(form), form)
    if isinstance(table, tuple):
        return nothing, list(table), 0
    layout = lay_out(table.header, table.header_row, form)
    findings = [*table.findings, *_header_text(table, layout)]
    if isinstance(layout, tuple):
        rows = sum(isinstance(cells, tuple) or not is_blank(cells) for _, cells in table.rows)
        return nothing, [*findings, *layout], rows
    reading = _Reading(layout, findings)
    roles = RoleReader(managed_roles, form.role_aliases, several=layout.several)
    reading.take(table, RowReader(layout, roles, today, table.delimiter), roles)
    if not reading.rows:
        text = "the list has a header but no rows, and an empty list would remove everybody; put back the rows"
        findings.append(error(Code.NO_ROWS, text))
    settled, clashes = reading.settled()
    findings += clashes
    if form.hold_bad_rows:
        findings = [held(finding, table.header_row) for finding in findings]
    return settled, findings, reading.rows


def _header_text(table: Table, layout: Layout | tuple[Finding, ...]) -> tuple[Finding, ...]:
    used = range(len(table.header)) if isinstance(layout, tuple) else layout.used
    return () if table.all_text else find_non_text(table.header_row, table.header, table.header, used)


@dataclass(slots=True)
class _Reading:
    """What has been read so far. `standings` knows the rows that say more than who and which role.

    `before` is the number of findings before those of the row that was read last.
    """

    layout: Layout
    findings: list[Finding]
    rows: int = 0
    given: UserColumns = field(default_factory=UserColumns)
    withheld: UserColumns = field(default_factory=UserColumns)
    standings: dict[int, Validity] = field(default_factory=dict)
    before: int = 0

    def take(self, table: Table, reader: RowReader, roles: RoleReader) -> None:
        """Read all rows of a table, plain ones many at a time where they say no more than who and which role."""
        refused: tuple[int, Sequence[str]] | None = None
        last: Cells = ()
        number = 0
        for number, row in self._careful(table, roles):
            before = len(self.findings)
            cells = row if table.all_text else self._text_of(number, row)
            if not isinstance(cells, tuple) and is_blank(cells):
                continue
            self.rows += 1
            self.before = before
            refused, last = None, cells
            if isinstance(cells, tuple):
                self.findings.extend(cells)
                continue
            try:
                email, user_id, role, standing = reader.read(cells)
            except CellError:
                refused = number, cells
                self._refuse(number, cells, reader)
            else:
                self._keep(number, email, user_id, role, standing)
                if reader.notes:
                    self.findings.extend(reader.take_notes(number))
        if not table.last_line_ended and isinstance(last, list):
            self._check_end(number, last, roles)
        if refused and (note := total(refused[1])):
            self._pass_over(note, refused[0])

    def settled(self) -> tuple[Deduplicated, list[Finding]]:
        """What has been read, with its rows compared to each other; the columns are given up, to save their memory."""
        return deduplicate(self.given.listed(), self.withheld.listed(), self.standings)

    def _careful(self, table: Table, roles: RoleReader) -> Iterator[tuple[int, Cells]]:
        """Keep the plain rows of a table, and give all others; of plain ones that follow each other also the last."""
        blocks = table.blocks if table.all_text and not self.layout.has_standing else None
        if not blocks:
            yield from table.rows
            return
        plain = PlainReader(self.layout, roles)
        while True:
            while block := blocks.take_block():
                rows, others = plain.read(block)
                self._keep_many(rows, plain.cells, more=blocks.bytes_left / len(block.data))
                yield from others
            for row in table.rows:
                yield row
                if blocks.at_block_start:
                    break
            else:
                return

    def _keep_many(self, rows: RowColumns, cells: Sequence[RoleCell], *, more: float) -> None:
        self.rows += len(rows.row)
        self.given.extend(rows, cells, more)
        noted = [at for at, cell in enumerate(cells) if cell.notes]
        if noted:
            which = np.isin(rows.role, noted)
            for number, code in zip(rows.row[which].tolist(), rows.role[which].tolist(), strict=True):
                self._note_roles(number, cells[code])

    def _check_end(self, number: int, cells: Sequence[str], roles: RoleReader) -> None:
        """Refuse the last row of a file that ends within it, where its role begins as a known one does."""
        if len(cells) == self.layout.role + 1 and roles.begins(cells[-1].strip()):
            text = f"the file ends within this row, without a line end, and {quoted(cells[-1])} may be cut"
            advice = "export it again, or end the last line"
            self.findings.append(error(Code.CUT_ROW, f"{text}; {advice}", row=number))

    def _refuse(self, number: int, cells: Sequence[str], reader: RowReader) -> None:
        """Say what is wrong with a row, unless it is none of the list."""
        try:
            note = find_ignored_rows(cells, self.layout)
        except CellError as problem:
            self.findings.append(error(problem.code, problem.message, row=number))
            return
        if note:
            self._pass_over(note, number)
        else:
            self.findings.extend(reader.problems(number, cells))

    def _pass_over(self, note: Note, number: int) -> None:
        self.rows -= 1
        del self.findings[self.before :]  # what was found in the row, though not what the sheet's notes say of it
        self.findings.append(note.at(number))

    def _text_of(self, number: int, cells: Cells) -> Cells:
        """The row, unless a cell that matters is no text; what doesn't matter is noted."""
        if isinstance(cells, tuple):
            return cells
        findings = find_non_text(number, cells, self.layout.header, self.layout.used)
        if any(finding.level is Level.ERROR for finding in findings):
            return findings
        self.findings.extend(findings)
        return cells

    def _keep(self, number: int, email: str, user_id: int, cell: RoleCell, standing: Validity) -> None:
        kept = self.given if standing.in_force else self.withheld
        kept.add(number, email, user_id, cell)
        self._note_roles(number, cell)
        if standing is not PLAIN:
            self.standings[number] = standing

    def _note_roles(self, number: int, cell: RoleCell) -> None:
        for note in cell.notes:
            self.findings.append(note.at(number, self.layout.header[self.layout.role]))
