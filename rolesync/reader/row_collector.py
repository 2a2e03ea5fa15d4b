"""The rows of a table → assignments and findings. No row vanishes, see `read`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rolesync.model.findings import CellError, Code, Finding, Note, error, quoted
from rolesync.model.periods import ALWAYS, Period
from rolesync.model.vocabulary import Level
from rolesync.reader.assignments import RowColumns, UserColumns
from rolesync.reader.doubtful_columns import DoubtfulColumns
from rolesync.reader.duplicates import Deduplicated, deduplicate
from rolesync.reader.header import Layout
from rolesync.reader.ignored_rows import describe_lone_text, find_ignored_row, find_total
from rolesync.reader.plain_rows import PlainReader
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.row import RowReader
from rolesync.reader.unknown_columns import UnreadColumns
from rolesync.reader.validity import LEFT_OUT, UNLIMITED, Validity
from rolesync.tables.grid import Cells, find_non_text, is_blank
from rolesync.tables.table import Table


@dataclass(slots=True)
class RowCollector:
    """Reads the rows of a table and collects assignments and findings.

    Attributes:
        layout: the columns of the list.
        findings: all findings so far.
        doubtful: the columns that may speak against a user.
        unread: the columns of unknown meaning.
        managed: the managed roles.
        guess: the name of the encoding if it is a guess, see `find_non_text`.
        rows: the number of rows that are neither blank, ignored nor left out.
        in_force: the assignments that are in force today.
        not_in_force: the assignments that are not in force today.
        validities: the rows with an action or dates, by row number.
        findings_before: the number of findings before those of the latest row.
        encoding_needed: whether a row is refused because the encoding is a guess.
        totals: the latest rows, if each may be a total at the end: its note as such, and its findings as a row.
    """

    layout: Layout
    findings: list[Finding]
    doubtful: DoubtfulColumns
    unread: UnreadColumns
    managed: frozenset[str]
    guess: str = ""
    rows: int = 0
    in_force: UserColumns = field(default_factory=UserColumns)
    not_in_force: UserColumns = field(default_factory=UserColumns)
    validities: dict[int, Validity] = field(default_factory=dict)
    findings_before: int = 0
    encoding_needed: bool = False
    totals: list[tuple[Finding, list[Finding]]] = field(default_factory=list)

    @property
    def periods(self) -> dict[int, Period]:
        """The days of the dated rows that give a role, by row number."""
        validities = self.validities.items()
        return {row: of.period for row, of in validities if of.period != ALWAYS and not of.removes}

    def read_rows(self, table: Table, reader: RowReader, roles: RoleReader) -> None:
        """Read all rows of a table; plain rows are read in blocks if the list has no dates or actions."""
        last_cells: Cells = ()
        number = 0
        for number, row in self._rows_to_parse(table, roles):
            # A local, because a blank row must not change `self.findings_before`, which `_ignore` may use at the end.
            findings_before = len(self.findings)
            cells = row if table.all_text or reader.leaves_out(row) else self._check_text(number, row)
            if not isinstance(cells, tuple) and is_blank(cells):
                continue
            self.rows += 1
            self.findings_before = findings_before
            last_cells = cells
            if isinstance(cells, tuple):
                self._refuse_totals()
                self.findings.extend(cells)
                continue
            try:
                email, user_id, role, validity = reader.read(cells)
            except CellError:
                self._refuse(number, cells, reader)
            else:
                self._refuse_totals()
                self._add(number, email, user_id, role, validity)
                if validity.in_force and not self.managed.isdisjoint(role.names):
                    self.doubtful.add(number, cells)
                    self.unread.add(number, cells)
                if reader.notes:
                    self.findings.extend(reader.take_notes(number))
        if not table.last_line_ended and isinstance(last_cells, list):
            self._check_cut_end(number, last_cells, roles)
        self.rows -= len(self.totals)
        self.findings += [note for note, _ in self.totals]

    def deduplicate(self) -> tuple[Deduplicated, list[Finding]]:
        """Compare the rows with each other, see `deduplicate`. Empties the collected columns, to save memory."""
        return deduplicate(self.in_force.listed(), self.not_in_force.listed(), self.validities)

    def _rows_to_parse(self, table: Table, roles: RoleReader) -> Iterator[tuple[int, Cells]]:
        """Collect plain rows in blocks, and yield every other row.

        The last of adjacent plain rows is yielded, too, see `PlainReader.read`.
        """
        columns = self.layout
        blocks = table.blocks if table.all_text and not (columns.has_validity or columns.doubtful) else None
        if not blocks:
            yield from table.rows
            return
        plain = PlainReader(self.layout, roles, self.managed, self.unread)
        while True:
            while block := blocks.take_block():
                rows, other_rows = plain.read(block)
                self._add_many(rows, plain.cells, blocks_left=blocks.bytes_left / len(block.data))
                yield from other_rows
            for row in table.rows:
                yield row
                if blocks.at_block_start:
                    break
            else:
                return

    def _add_many(self, rows: RowColumns, cells: Sequence[RoleCell], *, blocks_left: float) -> None:
        if self.layout.foreign:
            rows = replace(rows, user_id=np.where(rows.email.size > 0, 0, rows.user_id))
        self.rows += len(rows.row)
        self.in_force.extend(rows, cells, blocks_left)
        codes_with_notes = [code for code, cell in enumerate(cells) if cell.notes]
        if codes_with_notes:
            has_note = np.isin(rows.role, codes_with_notes)
            for number, code in zip(rows.row[has_note].tolist(), rows.role[has_note].tolist(), strict=True):
                self._add_role_notes(number, cells[code])

    def _check_cut_end(self, number: int, cells: Sequence[str], roles: RoleReader) -> None:
        """Refuse the last row of a file without a final line end if its role may be a known role that was cut."""
        if len(cells) == self.layout.role + 1 and roles.may_be_cut(cells[-1].strip()):
            text = f"the file ends within this row, without a line end, so {quoted(cells[-1])} may be cut"
            advice = "export the file again, or end its last line"
            self.findings.append(error(Code.CUT_ROW, f"{text}; {advice}", row=number))

    def _refuse(self, number: int, cells: Sequence[str], reader: RowReader) -> None:
        """Ignore a row that is not part of the list, with a note; report every problem of another row."""
        try:
            note = find_ignored_row(cells, self.layout)
        except CellError as problem:
            self.findings.append(error(problem.code, problem.message, row=number))
            return
        if note:
            self._ignore(note, number)
            return
        problems = list(reader.problems(number, cells))
        if text := describe_lone_text(cells):
            problems = [error(Code.IDENTITY_MISSING, text, row=number)]
        if total := find_total(cells):
            self.totals.append((total.at(number), [*self.findings[self.findings_before :], *problems]))
            del self.findings[self.findings_before :]
        else:
            self._refuse_totals()
            self.findings.extend(problems)

    def _refuse_totals(self) -> None:
        """Refuse the latest rows that may be totals, because a row of the list follows."""
        self.findings += [problem for _, problems in self.totals for problem in problems]
        self.totals.clear()

    def _ignore(self, note: Note, number: int) -> None:
        """Replace the findings of the latest row by this note, and don't count the row."""
        self.rows -= 1
        del self.findings[self.findings_before :]
        self.findings.append(note.at(number))

    def _check_text(self, number: int, cells: Cells) -> Cells:
        """Return the row, or the errors if a used cell is not text; other cells that are not text get warnings."""
        if isinstance(cells, tuple):
            return cells
        findings = find_non_text(number, cells, self.layout.header, self.layout.used, self.guess)
        if any(finding.level is Level.ERROR for finding in findings):
            if self.guess:  # once the encoding is named, the row counts, and all its words matter
                self.encoding_needed = True
                self.doubtful.add(number, cells)
                self.unread.add(number, cells)
            return findings
        self.findings.extend(findings)
        return cells

    def _add(self, number: int, email: str, user_id: int, cell: RoleCell, validity: Validity) -> None:
        if validity is LEFT_OUT:
            self.rows -= 1
            return
        columns = self.in_force if validity.in_force else self.not_in_force
        columns.add(number, email, user_id, cell)
        self._add_role_notes(number, cell)
        if validity is not UNLIMITED:
            self.validities[number] = validity

    def _add_role_notes(self, number: int, cell: RoleCell) -> None:
        for note in cell.notes:
            self.findings.append(note.at(number, self.layout.header[self.layout.role]))
