"""Opens tables and workbooks for tests, in forms that tests can compare."""

from collections.abc import Sequence

from rolesync.model.findings import Finding
from rolesync.model.lists import AS_WRITTEN
from rolesync.reader.header import header_rules
from rolesync.tables.file_type import Content, detect_content
from rolesync.tables.grid import Cells, Grid
from rolesync.tables.table import Table, open_table
from rolesync.tables.workbook import workbook_grids


def read(data: bytes) -> tuple[tuple[str, ...], list[tuple[int, list[str]]], list[Finding]]:
    """The header, the rows and the findings of a table."""
    table = open_table(data, header_rules(), AS_WRITTEN)
    if isinstance(table, tuple):
        return (), [], list(table)
    rows: list[tuple[int, list[str]]] = []
    findings: list[Finding] = []
    for number, cells in table.rows:
        if isinstance(cells, tuple):
            findings.extend(cells)
        else:
            rows.append((number, cells))
    return table.header, rows, [*table.findings, *findings]


def only(table: Table | tuple[Finding, ...]) -> Finding:
    """The finding that refuses a file."""
    assert isinstance(table, tuple)
    (finding,) = table
    return finding


def codes(findings: Sequence[Finding]) -> list[tuple[str, int | None, str | None]]:
    """Code, row and column of findings."""
    return [(finding.code, finding.row, finding.column) for finding in findings]


def grids(data: bytes) -> list[Grid]:
    """The sheets of a workbook."""
    content = detect_content(data)
    assert isinstance(content, Content)
    sheets = workbook_grids(content)
    assert isinstance(sheets, list)
    return sheets


def rows(data: bytes) -> list[tuple[int, Cells]]:
    """The rows of a workbook's only sheet."""
    (grid,) = grids(data)
    return list(grid.rows)


def refused_workbook(data: bytes) -> str:
    """The message that refuses a damaged workbook."""
    content = detect_content(data)
    assert isinstance(content, Content)
    finding = workbook_grids(content)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.row) == ("damaged", None)
    return finding.message
