"""The sheets of a workbook → the table in the only sheet that can be meant, or the question which one is meant."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.tables.find_header import HEADER_SEARCH_ROWS, Candidate, HeaderRules, Table, find_header, no_rows
from rolesync.tables.grid import Grid

MAX_OPTIONS = 5  # sheets that advice names

_Result = tuple[Grid, Candidate | tuple[Finding, ...]]
"""A sheet, and what was found when its header was looked for."""


def choose_sheet(grids: Sequence[Grid], rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table in the sheet that `form` names, else in the only visible sheet that can be meant."""
    names = ", ".join(map(_describe_sheet, grids))
    named_sheets = _sheets_named(grids, form.sheet)
    if form.sheet and not named_sheets:
        text = f"the workbook has no sheet {quoted(form.sheet)}; it has {names}"
        return (_unclear(text, grids),)
    sheets_with_rows = [
        (grid, result) for grid in named_sheets or grids if (result := find_header(grid, rules, form)) is not None
    ]
    visible = [(grid, result) for grid, result in sheets_with_rows if named_sheets or not grid.hidden]
    complete = [(grid, result) for grid, result in visible if isinstance(result, Candidate) and result.complete]
    if not sheets_with_rows:
        return (no_rows(f"the sheet {quoted(named_sheets[0].name)}" if named_sheets else "the workbook"),)
    if not visible:
        text = f"of the sheets {names}, only hidden ones have rows"
        return (_unclear(text, [grid for grid, _ in sheets_with_rows]),)
    if question := _question(visible, complete, rules):
        return (_unclear(question, [grid for grid, _ in visible]),)
    grid, result = (complete or visible)[0]
    if isinstance(result, tuple):
        return result
    return _with_sheet(result.table, grid, [other for other, _ in sheets_with_rows if other is not grid])


def _question(visible: Sequence[_Result], complete: Sequence[_Result], rules: HeaderRules) -> str:
    """Why it is unclear which of the visible sheets is meant; "" if it is clear.

    Args:
        visible: the sheets that can be meant.
        complete: those among them with the header of a list.
        rules: recognise users in the other sheets.
    """
    if len(complete or visible) > 1:
        rivals = ", ".join(quoted(grid.name) for grid, _ in complete or visible)
        return f"{'each' if complete else 'none'} of the sheets {rivals} has the header of a list"
    sheets_with_users = [
        grid.name for grid, result in visible if complete and grid is not complete[0][0] and _has_data(result, rules)
    ]
    if not sheets_with_users:
        return ""
    text = f"the sheet {quoted(complete[0][0].name)} has the header of a list"
    return f"{text}, and there are users in {', '.join(map(quoted, sheets_with_users))}, too"


def _has_data(result: Candidate | tuple[Finding, ...], rules: HeaderRules) -> bool:
    """Whether a sheet whose header is not known may be a list all the same: one of its first rows names a user."""
    if isinstance(result, tuple):
        return False
    rows = (cells for _, cells in islice(result.table.rows, HEADER_SEARCH_ROWS) if isinstance(cells, list))
    return any(sum(bool(cell.strip()) for cell in cells) > 1 and any(map(rules.is_data, cells)) for cells in rows)


def _sheets_named(grids: Sequence[Grid], sheet: str) -> list[Grid]:
    """The sheets with this name, else the sheet with this number, counted from 1."""
    return [grid for grid in grids if sheet and grid.name == sheet] or [
        grid for number, grid in enumerate(grids, 1) if str(number) == sheet
    ]


def _describe_sheet(grid: Grid) -> str:
    return quoted(grid.name) + (" (hidden)" if grid.hidden else "")


def _with_sheet(table: Table, grid: Grid, unread_sheets: Sequence[Grid]) -> Table:
    """Add the sheet's name and findings to its table."""
    findings = [finding for finding in grid.findings if finding.row is None or finding.row > table.header_row]
    if unread_sheets:
        text = f"only the sheet {quoted(grid.name)} is read, not {', '.join(map(_describe_sheet, unread_sheets))}"
        findings.append(Finding(Level.WARNING, Code.SHEETS_IGNORED.value, text))
    if grid.hidden:
        text = f"the sheet {quoted(grid.name)} is hidden in the workbook; it is read because the settings name it"
        findings.append(Finding(Level.WARNING, Code.HIDDEN.value, text))
    return replace(table, sheet=grid.name, findings=(*table.findings, *findings))


def _unclear(text: str, grids: Sequence[Grid]) -> Finding:
    """Refuse a workbook, with the options that name the sheets that may be meant."""
    options = [f"--sheet {shlex.quote(grid.name)}" for grid in grids[:MAX_OPTIONS]]
    return error(Code.SHEET_UNCLEAR, f"{text}; name the right one: {' or '.join(options)}")
