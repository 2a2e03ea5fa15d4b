"""Bytes → the single table in them: a header and the rows below it.

Nothing is guessed. The right delimiter, sheet and header row are those with a valid header; if two fit, the file is
refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.lists import ListForm
from rolesync.tables.choose_sheet import choose_sheet
from rolesync.tables.delimiters import rare_grids, text_grids
from rolesync.tables.encoding import DecodedText, decode_text, is_valid_text
from rolesync.tables.file_type import Content, FileKind, detect_content
from rolesync.tables.find_header import (
    HEADER_SEARCH_ROWS,
    Candidate,
    HeaderRules,
    Table,
    find_header,
    make_candidate,
    no_rows,
)
from rolesync.tables.grid import Grid, is_blank
from rolesync.tables.json_records import json_grid
from rolesync.tables.ldif import ldif_grid

__all__ = ["HeaderRules", "Table", "needs_encoding", "open_sheets", "open_table"]


def open_table(data: bytes, rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """Find the table in a file's bytes.

    Args:
        data: the whole file.
        rules: recognise the header, and so the delimiter and the sheet.
        form: the sheet and the header row, where the settings name them.

    Returns:
        The table, or the findings with the reason why there is none.
    """
    content = detect_content(data)
    if isinstance(content, Finding):
        return (content,)
    if content.kind.is_workbook:
        if form.encoding:
            text = "the file is a workbook, which needs no encoding; leave out --encoding"
            return (error(Code.NOT_UTF8, text),)
        from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # an extra, and slow to import

        sheets = workbook_grids(content)
        return (sheets,) if isinstance(sheets, Finding) else choose_sheet(sheets, rules, form)
    if form.sheet:
        text = f"the file is text and has no sheet {quoted(form.sheet)}; leave out --sheet"
        return (error(Code.SHEET_UNCLEAR, text),)
    return _open_text(content.data, rules, form)


def _open_text(data: bytes, rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table of a text; the settings may name its encoding."""
    text = decode_text(data, form.encoding, lambda head: _header_score(head, rules))
    if isinstance(text, Finding):
        return (text,)
    content = detect_content(text.data)  # again, because UTF-16 may hide what the text is
    if isinstance(content, Finding):
        return (content,)
    if content.kind is FileKind.TEXT:
        table = _choose_delimiter(text_grids(text), rules, form)
        is_divided = isinstance(table, Table) and (len(table.header) > 1 or rules.complete(table.header))
        rare = [] if is_divided or form.header_row or form.no_header else rare_grids(text, rules.complete)
        return _choose_delimiter(rare, rules, form) if rare else table
    return _open_records(content, text, rules)


def _header_score(head: bytes, rules: HeaderRules) -> int:
    """The most known columns that a row of a text's first lines names under any delimiter."""
    rows = (
        cells
        for grid in text_grids(DecodedText(head, is_valid=False))
        for _, cells in islice(grid.rows, HEADER_SEARCH_ROWS)
    )
    return max((rules.score(cells) for cells in rows if isinstance(cells, list)), default=0)


def needs_encoding(data: bytes) -> bool:
    """Whether a file is a text whose encoding it doesn't show itself, so that a named one must be for this file."""
    content = detect_content(data)
    return not isinstance(content, Finding) and not content.kind.is_workbook and not is_valid_text(content.data)


def open_sheets(
    data: bytes, rules: HeaderRules, names: Sequence[str]
) -> tuple[list[Table | tuple[Finding, ...]], list[Grid]]:
    """Find the table in each named sheet of a workbook, which is read only once.

    Args:
        data: the whole file.
        rules: recognise the header of each sheet.
        names: the sheets to open.

    Returns:
        For each name the table, or the findings with the reason why there is none; then all other sheets as grids.
    """
    content = detect_content(data)
    if isinstance(content, Finding) or not content.kind.is_workbook:
        return [open_table(data, rules, ListForm(sheet=name)) for name in names], []
    from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # as above

    sheets = workbook_grids(content)
    if isinstance(sheets, Finding):
        return [(sheets,)], []
    tables = [choose_sheet(sheets, rules, ListForm(sheet=name)) for name in names]
    return tables, [sheet for sheet in sheets if sheet.name not in names]


def _open_records(content: Content, text: DecodedText, rules: HeaderRules) -> Table | tuple[Finding, ...]:
    """The table of JSON or LDIF: its header is never among its rows."""
    grid = (json_grid if content.kind is FileKind.JSON else ldif_grid)(text.data.decode("utf-8", "surrogateescape"))
    if isinstance(grid, Finding):
        return (grid,)
    grid = replace(grid, guess=text.guess, findings=(*text.findings, *grid.findings))
    header = next(grid.rows, None)
    if header is None or isinstance(header[1], tuple):
        return (no_rows("the file"),)
    return make_candidate(grid, rules, [(header[0], header[1])]).table


def _choose_delimiter(grids: Sequence[Grid], rules: HeaderRules, form: ListForm) -> Table | tuple[Finding, ...]:
    """The table under the delimiter whose header fits best; findings if two delimiters fit equally."""
    results = [find_header(grid, rules, form) for grid in grids]
    candidates = [result for result in results if isinstance(result, Candidate)]
    best = max(((candidate.complete, candidate.score) for candidate in candidates), default=(False, 0))
    if not best[1] and None in results:
        return (no_rows("the file"),)
    if not candidates:
        return next(result for result in results if isinstance(result, tuple))
    tables = [candidate.table for candidate in candidates if (candidate.complete, candidate.score) == best]
    if not best[1]:  # without a header, a delimiter fits if it makes a cell of an address
        tables.sort(key=lambda table: not any(map(rules.is_data, table.header)))
    if any(len(table.header) > 1 for table in tables):  # an undivided header has the delimiters of the others
        tables = [table for table in tables if len(table.header) > 1]
    headers = {table.header for table in tables}
    if best[1] and len(headers) > 1:
        readings = " or ".join(quoted(", ".join(header)) for header in sorted(headers))
        message = f"the header can be read as {readings}; use one delimiter, best `,`, and quote cells that contain it"
        return (error(Code.DELIMITER_UNCLEAR, message, row=tables[0].header_row),)
    blocks = next((grid.blocks for grid in grids if grid.delimiter == tables[0].delimiter), None)
    rows = blocks.first_rows() if blocks else []
    short = _short_header(tables[0], [cells for number, cells in rows if number > tables[0].header_row], rules)
    return (short,) if short else tables[0]


def _short_header(table: Table, rows: Sequence[Sequence[str]], rules: HeaderRules) -> Finding | None:
    """Refuse a header that seems to lack the name of the first column: then every cell would get the wrong meaning.

    R writes a number or a name before each row and no header for it. Elsewhere a last, blank cell belongs to no column.
    """
    rows = [cells for cells in rows if not is_blank(cells)]
    if not rows or any(len(cells) != len(table.header) + 1 for cells in rows):
        return None
    firsts = [cells[0].strip() for cells in rows]
    if all(map(str.isdecimal, firsts)):
        first = "a number"
        is_counted = list(map(int, firsts)) == list(range(1, len(rows) + 1))
        is_short = is_counted or all(cells[1].strip().isdecimal() for cells in rows)
    else:
        first = "an address"
        has_last = any(cells[-1].strip() for cells in rows)
        is_short = has_last and all(map(rules.is_data, firsts)) and not rules.complete(table.header)
    if not is_short:
        return None
    text = f"each row has {len(table.header) + 1} cells and the header {len(table.header)}, the first {first}"
    name = (
        "that is only the row's number, write `row`" if first == "a number" else "it belongs to its row, write `email`"
    )
    advice = f"if {name} and a separator before the header, or in R use write.csv"
    text = f"{text}, so it is unclear which column is which; {advice}; else delete the last separator of each row"
    return error(Code.HEADER_SHORT, text, row=table.header_row)
