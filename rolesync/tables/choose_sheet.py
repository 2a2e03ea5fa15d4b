"""The sheets of a workbook → the table in the only sheet that can be meant, or the question which one is meant."""

from collections.abc import Sequence
from dataclasses import replace

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.tables.find_header import Candidate, HeaderRules, Table, find_header, no_rows
from rolesync.tables.grid import Grid


def choose_sheet(grids: Sequence[Grid], rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table in the sheet that `form` names, else in the only visible sheet that can be meant."""
    names = ", ".join(map(_describe_sheet, grids))
    named = _sheets_named(grids, form.sheet)
    if form.sheet and not named:
        return (_unclear(f"the workbook has no sheet {quoted(form.sheet)}; it has {names}: name one of them"),)
    filled = [(grid, result) for grid in named or grids if (result := find_header(grid, rules, form)) is not None]
    visible = [(grid, result) for grid, result in filled if named or not grid.hidden]
    complete = [(grid, result) for grid, result in visible if isinstance(result, Candidate) and result.complete]
    if not filled:
        return (no_rows(f"the sheet {quoted(named[0].name)}" if named else "the workbook"),)
    if not visible:
        return (_unclear(f"of the sheets {names}, only hidden ones have rows; name the right one"),)
    if len(complete or visible) > 1:
        rivals = ", ".join(quoted(grid.name) for grid, _ in complete or visible)
        text = f"{'each' if complete else 'none'} of the sheets {rivals} has the header of a list"
        return (_unclear(f"{text}; name the right one"),)
    grid, result = (complete or visible)[0]
    if isinstance(result, tuple):
        return result
    return _with_sheet(result.table, grid, [other for other, _ in filled if other is not grid])


def _sheets_named(grids: Sequence[Grid], sheet: str) -> list[Grid]:
    """The sheets with this name, else the sheet with this number, counted from 1."""
    return [grid for grid in grids if sheet and grid.name == sheet] or [
        grid for number, grid in enumerate(grids, 1) if str(number) == sheet
    ]


def _describe_sheet(grid: Grid) -> str:
    return quoted(grid.name) + (" (hidden)" if grid.hidden else "")


def _with_sheet(table: Table, grid: Grid, others: Sequence[Grid]) -> Table:
    """Add the sheet's name and findings to its table."""
    findings = [finding for finding in grid.findings if finding.row is None or finding.row > table.header_row]
    if others:
        text = f"only the sheet {quoted(grid.name)} is read, not {', '.join(map(_describe_sheet, others))}"
        findings.append(Finding(Level.WARNING, Code.SHEETS_IGNORED.value, text))
    if grid.hidden:
        text = f"the sheet {quoted(grid.name)} is hidden in the workbook; it is read because the settings name it"
        findings.append(Finding(Level.WARNING, Code.HIDDEN.value, text))
    return replace(table, sheet=grid.name, findings=(*table.findings, *findings))


def _unclear(text: str) -> Finding:
    return error(Code.SHEET_UNCLEAR, f"{text} with --sheet")
