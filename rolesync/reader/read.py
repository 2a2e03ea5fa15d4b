"""A list in a file → `Desired`: which user should have which role, and every finding.

No row vanishes. Each is blank, or among the assignments, or among the findings:

- A row that can't be read is an error and gives no assignment. A single error refuses the whole list (`reject`).
- A row whose role is removed or not in force today is reported, and kept in `not_in_force`.
- A comment, a repeated header or a total at the end is reported and ignored.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from rolesync.model.desired import Desired, ListRows
from rolesync.model.findings import CellError, Code, Finding, Note, error, held, quoted
from rolesync.model.frames import DESIRED, frame
from rolesync.model.lists import AS_WRITTEN, Fetched, ListForm, Source
from rolesync.model.periods import ALWAYS, Period
from rolesync.model.vocabulary import Level
from rolesync.reader.columns import RowColumns, UserColumns
from rolesync.reader.doubtful_columns import DoubtfulColumns
from rolesync.reader.duplicates import Deduplicated, deduplicate
from rolesync.reader.foreign_ids import foreign_ids
from rolesync.reader.header import Layout, header_rules, lay_out
from rolesync.reader.header_findings import Hints, ignored_columns
from rolesync.reader.ignored_rows import describe_lone_text, find_ignored_row, find_total
from rolesync.reader.plain_rows import PlainReader
from rolesync.reader.roles import RoleCell, RoleReader
from rolesync.reader.row import RowReader
from rolesync.reader.unmanaged import find_no_managed_role
from rolesync.reader.unread_columns import UnreadColumns
from rolesync.reader.validity import LEFT_OUT, UNLIMITED, Validity
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import Cells, find_non_text, is_blank
from rolesync.tables.regular_file import STANDARD_INPUT
from rolesync.tables.table import Table, open_table


def read_desired(
    path: Path,
    *,
    managed_roles: Collection[str],
    today: date,
    form: ListForm = AS_WRITTEN,
    fetched: Fetched | None = None,
) -> Desired:
    """Read a list of roles from a CSV file or a workbook.

    Args:
        path: the file; `-` is standard input.
        managed_roles: the managed roles; a row with another role is read too, and gets a warning.
        today: the day that decides which dated roles are in force.
        form: how the settings describe the list (sheet, header, columns), and the aliases of roles.
        fetched: where the file comes from, if it is a copy; its age is then that of the list there.

    Returns:
        The readable assignments, without duplicates, in the order of the file; the findings in the order of rows.

    Raises:
        InputRefusedError: the file doesn't exist, is a folder, can't be read or is far too large.
    """
    data, modified_at = read_file(path)
    name = fetched.where if fetched else str(path if str(path) == STANDARD_INPUT else path.absolute())
    rows, findings, row_count, periods = _read(
        data, fetched.where if fetched else str(path), managed_roles, form, today
    )
    ordered = sorted(findings, key=lambda finding: finding.row or 0)
    counts = rows.in_force.role.value_counts()
    source = Source(
        path=name,
        sha256=hashlib.sha256(data).hexdigest(),
        rows=row_count,
        modified_at=fetched.last_modified if fetched else modified_at,
        listed={role: int(counts.get(role, 0)) for role in managed_roles},
        fetched=fetched,
    )
    return Desired(rows.in_force, tuple(ordered), source, rows.not_in_force, periods, today)


def _read(
    data: bytes, file: str, managed_roles: Collection[str], form: ListForm, today: date
) -> tuple[Deduplicated, list[Finding], int, dict[int, Period]]:
    """Read the bytes of `file`.

    Returns:
        The distinct assignments, the findings, the number of rows that are neither blank, ignored nor left out, and
        the days of dated rows.
    """
    no_assignments = Deduplicated(ListRows.of(), frame(DESIRED))
    table = open_table(data, header_rules(form), form)
    if isinstance(table, tuple):
        return no_assignments, list(table), 0, {}
    layout = lay_out(table.header, table.header_row, form, Hints(file, tuple(managed_roles)))
    findings = [*table.findings, *_header_findings(table, layout)]
    if isinstance(layout, tuple):
        rows = sum(isinstance(cells, tuple) or not is_blank(cells) for _, cells in table.rows)
        return no_assignments, [*findings, *layout], rows, {}
    doubtful, unread = DoubtfulColumns(layout, today, table.guess), UnreadColumns(layout, table.guess)
    collector = _RowCollector(layout, findings, doubtful, unread, frozenset(managed_roles), table.guess)
    roles = RoleReader(managed_roles, form.role_aliases, allows_many=layout.allows_many)
    reader = RowReader(layout, roles, today, table.delimiter, logins=form.login_identities)
    collector.read_rows(table, reader, roles)
    findings += [*reader.column_findings(), *doubtful.findings(table.header_row), *unread.findings(table.header_row)]
    findings += ignored_columns(table.header, form)
    if not collector.rows:
        which = "and all rows are left out" if reader.rows_left_out else "but no rows"
        text = f"the list has a header {which}, and an empty list would remove everybody; put back the rows"
        findings.append(error(Code.NO_ROWS, text))
    deduplicated, conflicts = collector.deduplicate()
    findings += conflicts
    if all(finding.level is not Level.ERROR for finding in findings):  # an unreadable row might name a managed role
        claimed = (deduplicated.in_force.role, deduplicated.not_in_force["role"])
        findings += find_no_managed_role(claimed, managed_roles, form.role_aliases, layout.header[layout.role])
    if layout.foreign and layout.user_id is not None and collector.rows:
        findings.append(foreign_ids(layout, layout.user_id, deduplicated, table.header_row or None))
    if form.hold_bad_rows:
        findings = [held(finding, table.header_row) for finding in findings]
    return deduplicated, findings, collector.rows, collector.periods


def _header_findings(table: Table, layout: Layout | tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Report header cells that are not text."""
    used = range(len(table.header)) if isinstance(layout, tuple) else layout.used
    # A guessed encoding is right for the header, if its columns are known.
    return () if table.all_text else find_non_text(table.header_row, table.header, table.header, used)


@dataclass(slots=True)
class _RowCollector:
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
                rows, others = plain.read(block)
                self._add_many(rows, plain.cells, blocks_left=blocks.bytes_left / len(block.data))
                yield from others
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
