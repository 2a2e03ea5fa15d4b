"""A list in a file → `Desired`: who is to have which role, and everything noticed on the way.

A row that can't be read, for whatever reason, is an error finding and has no assignment; an error anywhere makes the
whole list a `reject`. So a row never vanishes: it is blank, or it is in the assignments, or it is in the findings.
"""

import hashlib
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from rolesync.model import DESIRED, Desired, Finding, Level, Source, frame
from rolesync.reader.clashes import settle
from rolesync.reader.file import read_file
from rolesync.reader.findings import CellError, Code, error
from rolesync.reader.grid import Cells, is_blank, only_text
from rolesync.reader.header import HEADERS, Layout, lay_out
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.rows import RowReader
from rolesync.reader.table import ANYWHERE, Place, Table, open_table


def read_desired(
    path: Path,
    *,
    managed_roles: Collection[str],
    role_aliases: Mapping[str, str] | None = None,
    place: Place = ANYWHERE,
) -> Desired:
    """Read a list of roles from a CSV file or a workbook.

    Args:
        path: the file.
        managed_roles: the roles that count as managed; others are read too, and each row with one gets a warning.
        role_aliases: the roles that other names in the list stand for.
        place: the sheet and the header's row, where somebody has said them.

    Returns:
        All assignments that can be read, in the file's order and each once, with the findings ordered by row.

    Raises:
        InputRefusedError: the file doesn't exist, is a folder, can't be read or is far too large.
    """
    data, modified_at = read_file(path)
    assignments, findings, rows = _read(data, managed_roles, role_aliases or {}, place)
    ordered = sorted(findings, key=lambda finding: finding.row or 0)
    numbers = assignments["role"].value_counts()
    source = Source(
        path=str(path),
        sha256=hashlib.sha256(data).hexdigest(),
        rows=rows,
        modified_at=modified_at,
        listed={role: int(numbers.get(role, 0)) for role in managed_roles},
    )
    return Desired(assignments, tuple(ordered), source)


def _read(
    data: bytes, managed_roles: Collection[str], role_aliases: Mapping[str, str], place: Place
) -> tuple[pd.DataFrame, list[Finding], int]:
    """The assignments, the findings, and the number of rows that are not blank."""
    table = open_table(data, HEADERS, place)
    if isinstance(table, tuple):
        return frame(DESIRED), list(table), 0
    layout = lay_out(table.header, table.header_row)
    findings = [*table.notes, *_header_text(table, layout)]
    if isinstance(layout, tuple):
        rows = sum(isinstance(cells, tuple) or not is_blank(cells) for _, cells in table.rows)
        return frame(DESIRED), [*findings, *layout], rows
    reading = _Reading(layout, findings)
    reading.take(table, RoleReader(managed_roles, role_aliases, several=layout.several))
    if not reading.rows:
        text = "the list has a header but no rows, and an empty list would remove everybody; put back the rows"
        findings.append(error(Code.NO_ROWS, text))
    assignments, clashes = settle(reading.assignments())
    return assignments, [*findings, *clashes], reading.rows


def _header_text(table: Table, layout: Layout | tuple[Finding, ...]) -> tuple[Finding, ...]:
    used = range(len(table.header)) if isinstance(layout, tuple) else layout.used
    return () if table.clean else only_text(table.header_row, table.header, table.header, used)


@dataclass(slots=True)
class _Reading:
    """What has been read so far: the columns of the frame, which are all that a clean row leaves behind."""

    layout: Layout
    findings: list[Finding]
    rows: int = 0
    row: "array[int]" = field(default_factory=lambda: array("q"))
    email: list[str] = field(default_factory=list)
    user_id: "array[int]" = field(default_factory=lambda: array("q"))
    role: list[str] = field(default_factory=list)

    def take(self, table: Table, roles: RoleReader) -> None:
        """Read all rows of a table."""
        reader = RowReader(self.layout, roles)
        for number, row in table.rows:
            cells = row if table.clean else self._text_of(number, row)
            if isinstance(cells, tuple):
                self.rows += 1
                self.findings.extend(cells)
                continue
            if is_blank(cells):
                continue
            self.rows += 1
            try:
                email, user_id, role = reader.read(cells)
            except CellError:
                self.findings.extend(reader.problems(number, cells))
            else:
                self._keep(number, email, user_id, role)
                if reader.notes:
                    self.findings.extend(reader.take_notes(number))

    def _text_of(self, number: int, cells: Cells) -> Cells:
        """The row, unless a cell that matters is no text; what doesn't matter is noted."""
        if isinstance(cells, tuple):
            return cells
        findings = only_text(number, cells, self.layout.header, self.layout.used)
        if any(finding.level is Level.ERROR for finding in findings):
            return findings
        self.findings.extend(findings)
        return cells

    def _keep(self, number: int, email: str, user_id: int, cell: RoleCell) -> None:
        for name in cell.names:
            self.row.append(number)
            self.email.append(email)
            self.user_id.append(user_id)
            self.role.append(name)
        for note in cell.notes:
            self.findings.append(note.at(number, self.layout.header[self.layout.role]))

    def assignments(self) -> pd.DataFrame:
        """DESIRED as the file has it, repetitions included."""
        return frame(DESIRED, {"row": self.row, "email": self.email, "user_id": self.user_id, "role": self.role})
