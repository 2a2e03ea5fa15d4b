"""A list in a file → `Desired`: which user should have which role, and every finding.

No row vanishes. Each is blank, or among the assignments, or among the findings:

- A row that can't be read is an error and gives no assignment. A single error refuses the whole list (`reject`).
- A row whose role is removed or not in force today is reported, and kept in `not_in_force`.
- A comment, a repeated header or a total at the end is reported and ignored.
"""

import hashlib
from collections.abc import Collection
from datetime import date
from pathlib import Path

from rolesync.model.desired import Desired, ListRows
from rolesync.model.findings import Code, Finding, error, held
from rolesync.model.frames import DESIRED, frame
from rolesync.model.lists import AS_WRITTEN, Fetched, ListForm, Source
from rolesync.model.periods import Period
from rolesync.model.vocabulary import Level
from rolesync.reader.doubtful_columns import DoubtfulColumns
from rolesync.reader.duplicates import Deduplicated
from rolesync.reader.foreign_ids import foreign_ids
from rolesync.reader.header import Layout, header_rules, lay_out
from rolesync.reader.header_findings import Hints, ignored_columns, option
from rolesync.reader.roles import RoleReader
from rolesync.reader.row import RowReader
from rolesync.reader.row_collector import RowCollector
from rolesync.reader.unknown_columns import UnreadColumns
from rolesync.reader.unmanaged import find_no_managed_role
from rolesync.tables.file_type import read_file
from rolesync.tables.grid import find_non_text, is_blank
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
    layout = lay_out(table.header, table.header_row, form, Hints(file, tuple(managed_roles), form))
    findings = [*table.findings, *_header_findings(table, layout)]
    if isinstance(layout, tuple):
        rows = sum(isinstance(cells, tuple) or not is_blank(cells) for _, cells in table.rows)
        return no_assignments, [*findings, *layout], rows, {}
    doubtful, unread = DoubtfulColumns(layout, today, table.guess), UnreadColumns(layout, table.guess)
    collector = RowCollector(layout, findings, doubtful, unread, frozenset(managed_roles), table.guess)
    roles = RoleReader(managed_roles, form.role_aliases, allows_many=layout.allows_many)
    reader = RowReader(layout, roles, today, table.delimiter, logins=form.login_identities)
    collector.read_rows(table, reader, roles)
    findings = [*reader.name_all_words(findings), *reader.column_findings()]
    also = option("encoding", table.guess) if collector.encoding_needed else ""
    findings += [*doubtful.findings(table.header_row, also), *unread.findings(table.header_row, also)]
    findings += ignored_columns(table.header, form)
    if not collector.rows:
        row_text = "and all rows are left out" if reader.rows_left_out else "but no rows"
        text = f"the list has a header {row_text}, and an empty list would remove everybody; put back the rows"
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
