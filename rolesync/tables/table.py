"""Bytes → the single table in them: a header and the rows below it.

Nothing is guessed. The right delimiter, sheet and header row are those with a valid header; if two fit, the file is
refused. Rows above the header are titles and comments, and each is reported. A row above the header that looks like
data is an error.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.tables.encoding import decode_text, text_grids
from rolesync.tables.file_type import Content, FileKind, detect_content
from rolesync.tables.grid import BlockSource, Cells, Grid, is_blank
from rolesync.tables.header_text import MOJIBAKE_BOM
from rolesync.tables.json_records import json_grid
from rolesync.tables.ldif import ldif_grid

HEADER_SEARCH_ROWS = 40  # non-blank rows that are searched for a header; titles above a header take fewer


class HeaderRules(NamedTuple):
    """How to recognise a header.

    Attributes:
        score: how many known columns a row of cells names.
        complete: whether a row names all columns that are needed.
        is_data: whether a cell can only belong to a row below the header.
    """

    score: Callable[[Sequence[str]], int]
    complete: Callable[[Sequence[str]], bool]
    is_data: Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class Table:
    """A header and the rows below it.

    Attributes:
        header: the header's cells.
        header_row: its row number.
        rows: yields (row number, cells), once.
        all_text: whether every cell is known to be valid text, see `find_non_text`.
        last_line_ended: False if the file ends within its last line, which may be cut.
        sheet: the sheet's name; "" for text.
        findings: what was noticed while looking for the table.
        rows_above: the rows above the header, with their numbers.
        blocks: the same rows as blocks, see `Grid`; None for a workbook.
        delimiter: the text's delimiter; "" for a workbook.
    """

    header: tuple[str, ...]
    header_row: int
    rows: Iterator[tuple[int, Cells]]
    all_text: bool
    last_line_ended: bool
    sheet: str = ""
    findings: tuple[Finding, ...] = ()
    rows_above: tuple[tuple[int, list[str]], ...] = ()
    blocks: BlockSource | None = None
    delimiter: str = ""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A possible table, and how well its header fits the rules."""

    complete: bool
    score: int
    table: Table


def open_table(data: bytes, rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """Find the table in a file's bytes.

    Args:
        data: the whole file.
        rules: recognise the header, and so the delimiter and the sheet.
        form: the sheet and the header row, where the settings name them.

    Returns:
        The table, or the findings that say why there is none.
    """
    content = detect_content(data)
    if isinstance(content, Finding):
        return (content,)
    if content.kind.is_workbook:
        from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # an extra, and slow to import

        sheets = workbook_grids(content)
        return (sheets,) if isinstance(sheets, Finding) else _choose_sheet(sheets, rules, form)
    if form.sheet:
        text = f"the file is text and has no sheet {quoted(form.sheet)}; leave out --sheet"
        return (error(Code.SHEET_UNCLEAR, text),)
    if content.kind is not FileKind.TEXT:
        return _open_records(content, rules)
    grids = text_grids(content.data)
    return (grids,) if isinstance(grids, Finding) else _choose_delimiter(grids, rules, form)


def open_sheets(
    data: bytes, rules: HeaderRules, names: Sequence[str]
) -> tuple[list[Table | tuple[Finding, ...]], list[Grid]]:
    """Find the table in each named sheet of a workbook, which is read only once.

    Args:
        data: the whole file.
        rules: recognise the header of each sheet.
        names: the sheets to open.

    Returns:
        For each name the table, or the findings that say why there is none; then all other sheets as grids.
    """
    content = detect_content(data)
    if isinstance(content, Finding) or not content.kind.is_workbook:
        return [open_table(data, rules, ListForm(sheet=name)) for name in names], []
    from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # as above

    sheets = workbook_grids(content)
    if isinstance(sheets, Finding):
        return [(sheets,)], []
    tables = [_choose_sheet(sheets, rules, ListForm(sheet=name)) for name in names]
    return tables, [sheet for sheet in sheets if sheet.name not in names]


def _open_records(content: Content, rules: HeaderRules) -> Table | tuple[Finding, ...]:
    """The table of JSON or LDIF: its header is never among its rows."""
    text = decode_text(content.data)
    if isinstance(text, Finding):
        return (text,)
    grid = (json_grid if content.kind is FileKind.JSON else ldif_grid)(text)
    if isinstance(grid, Finding):
        return (grid,)
    header = next(grid.rows, None)
    if header is None or isinstance(header[1], tuple):
        return (_no_rows("the file"),)
    return _candidate(grid, rules, [(header[0], header[1])]).table


def _choose_delimiter(grids: Sequence[Grid], rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table under the delimiter whose header fits best; findings if two delimiters fit equally."""
    results = [_find_header(grid, rules, form) for grid in grids]
    candidates = [result for result in results if isinstance(result, _Candidate)]
    best = max(((candidate.complete, candidate.score) for candidate in candidates), default=(False, 0))
    if not best[1] and None in results:
        return (_no_rows("the file"),)
    if not candidates:
        return next(result for result in results if isinstance(result, tuple))
    tables = [candidate.table for candidate in candidates if (candidate.complete, candidate.score) == best]
    headers = {table.header for table in tables}
    if best[1] and len(headers) > 1:
        readings = " or ".join(quoted(", ".join(header)) for header in sorted(headers))
        message = f"the header can be read as {readings}; use one delimiter, best `,`, and quote cells that contain it"
        return (error(Code.DELIMITER_UNCLEAR, message, row=tables[0].header_row),)
    return tables[0]


def _choose_sheet(grids: Sequence[Grid], rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table in the sheet that `form` names, else in the only visible sheet that can be meant."""
    names = ", ".join(map(_describe_sheet, grids))
    named = _sheets_named(grids, form.sheet)
    if form.sheet and not named:
        return (_unclear(f"the workbook has no sheet {quoted(form.sheet)}; it has {names}: name one of them"),)
    filled = [(grid, result) for grid in named or grids if (result := _find_header(grid, rules, form)) is not None]
    visible = [(grid, result) for grid, result in filled if named or not grid.hidden]
    complete = [(grid, result) for grid, result in visible if isinstance(result, _Candidate) and result.complete]
    if not filled:
        return (_no_rows(f"the sheet {quoted(named[0].name)}" if named else "the workbook"),)
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


def _no_rows(source: str) -> Finding:
    text = f"{source} has no rows, and an empty list would remove everybody; put back the header and the rows"
    return error(Code.NO_ROWS, text)


def _find_header(grid: Grid, rules: HeaderRules, form: ListForm) -> _Candidate | tuple[Finding, ...] | None:
    """Find the header of a grid.

    Returns:
        The first complete header, or the named row, or else the first row; findings if it can't be read; None if the
        grid has no such row.
    """
    seen: list[tuple[int, list[str]]] = []
    for number, cells in grid.rows:
        if isinstance(cells, tuple):
            if number < form.header_row:
                continue
            return cells if form.header_row or not seen else _candidate(grid, rules, seen, findings=cells)
        if is_blank(cells) and number != form.header_row:
            continue
        seen.append((number, cells))
        if number >= form.header_row and (form.header_row or rules.complete(cells)):
            findings = [_finding_above(*row, rules, named=bool(form.header_row)) for row in seen[:-1]]
            return _candidate(grid, rules, seen[-1:], findings=findings, rows_above=seen[:-1])
        if len(seen) == HEADER_SEARCH_ROWS and not form.header_row:
            break
    return _candidate(grid, rules, seen) if seen and not form.header_row else None


def _candidate(
    grid: Grid,
    rules: HeaderRules,
    rows: Sequence[tuple[int, list[str]]],
    *,
    findings: Sequence[Finding] = (),
    rows_above: Sequence[tuple[int, list[str]]] = (),
) -> _Candidate:
    """Make a table of the rows that were already read, header first, followed by the grid's remaining rows."""
    (number, header), *already_read = rows
    first_rows: list[tuple[int, Cells]] = [*already_read]
    if any(cell.startswith(MOJIBAKE_BOM) for cell in header):
        text = "a program read this UTF-8 list as Windows-1252, so letters outside ASCII are now wrong"
        advice = "open the original as UTF-8 and save it again"
        findings = [*findings, Finding(Level.WARNING, Code.NOT_UTF8.value, f"{text}; {advice}", number)]
    table = Table(
        tuple(header),
        number,
        chain(first_rows, grid.rows),
        all_text=grid.all_text,
        last_line_ended=grid.last_line_ended,
        findings=tuple(findings),
        rows_above=tuple(rows_above),
        blocks=None if first_rows else grid.blocks,
        delimiter=grid.delimiter,
    )
    return _Candidate(rules.complete(header), rules.score(header), table)


def _finding_above(number: int, cells: Sequence[str], rules: HeaderRules, *, named: bool) -> Finding:
    """Report a row above the header: an error if it looks like data, unless the settings name the header row."""
    shown = quoted(printable(" ".join(filter(None, map(str.strip, cells)))))
    if not named and sum(bool(cell.strip()) for cell in cells) > 1 and any(map(rules.is_data, cells)):
        text = f"{shown} is above the header but looks like a row of the list"
        advice = "move it below the header, delete it, or name the header's row with --header-row"
        return error(Code.ROW_ABOVE_HEADER, f"{text}; {advice}", row=number)
    text = f"{shown} is above the header and is not read"
    return Finding(Level.WARNING, Code.TITLE_IGNORED.value, text, number)
