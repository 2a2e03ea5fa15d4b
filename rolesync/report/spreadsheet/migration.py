"""The cell ledger of a migration as CSV, and as a workbook that shows the sources with each cell marked by outcome."""

import io
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rolesync.errors import UsageError
from rolesync.migrate.ledger import Cell, CellLedger, CellOutcome, TableLedger
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.sheet import protect_error_text
from rolesync.report.spreadsheet.workbook import SHEET_ROWS, empty_workbook
from rolesync.tables.column_letters import column_letters
from rolesync.tables.write_csv import escape_formula, format_csv

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

COLUMNS = ("file", "sheet", "cell", "column", "text", "end", "code", "detail")
CELL_LIMIT = 32_000  # characters of a cell; spreadsheets take 32,767
MAX_COMMENTS = 2_000  # on one sheet; more make spreadsheets slow, and the sheet "to look at" has all reasons
COMMENT_LIMIT = 500  # characters of a comment
TITLE_LIMIT = 31  # characters of a sheet's name
FILLS = {
    CellOutcome.ASSIGNMENT: "E2F0D9",
    CellOutcome.NORMALISED: "FFF2CC",
    CellOutcome.IGNORED: "EDEDED",
    CellOutcome.REFUSED: "F8CBAD",
}
NEEDS_A_LOOK = frozenset({CellOutcome.REFUSED, CellOutcome.NORMALISED})


def ledger_csv(ledger: CellLedger) -> str:
    """Format every cell with its outcome, one a row, with the header `COLUMNS` and LF line ends."""
    return format_csv(COLUMNS, (_row(table, cell) for table in ledger.tables for cell in table.cells))


def _row(table: TableLedger, cell: Cell) -> tuple[str, ...]:
    header = table.header[cell.column] if cell.column < len(table.header) else ""
    texts = (header, cell.text, cell.outcome.value, cell.code, cell.detail)
    return (_escape(table.place.file), _escape(table.place.sheet), cell.address, *map(_escape, texts))


@lru_cache(maxsize=4096)  # many rows share all texts but the cell's own
def _escape(text: str) -> str:
    return escape_formula(escape_for_display(text, CELL_LIMIT))


def ledger_xlsx(ledger: CellLedger) -> bytes:
    """Render the totals, the refused and normalised cells, and every source with its cells marked.

    Raises:
        UsageError: the extra `excel` is not installed, or a source or the marked cells have more rows than a sheet
            can hold.
    """
    book = empty_workbook(", or name a .csv")
    last_row = max((cell.row for table in ledger.tables for cell in table.cells), default=0)
    marked = sum(cell.outcome in NEEDS_A_LOOK for table in ledger.tables for cell in table.cells)
    rows = max(last_row, marked + 1)
    if rows > SHEET_ROWS:
        message = f"The cell ledger needs {rows:,} rows, but a sheet of a workbook holds {SHEET_ROWS:,}."
        raise UsageError(message, hint="write the cell ledger as .csv")
    _write_sheet(book, "totals", ("end", "why", "cells", "example", "detail"), _totals(ledger), (14, 24, 10, 40, 90))
    _write_sheet(book, "to look at", COLUMNS, _to_look_at(ledger), (30, 16, 9, 18, 34, 12, 22, 90))
    for number, table in enumerate(ledger.tables, 1):
        _write_source(book, number, table)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _totals(ledger: CellLedger) -> Iterator[tuple[str | int, ...]]:
    for total in ledger.totals():
        yield (total.outcome.value, total.code, total.cells, _escape(total.example), _escape(total.detail))
    yield ("all", "", len(ledger), "", "")


def _to_look_at(ledger: CellLedger) -> Iterator[tuple[str | int, ...]]:
    for table in ledger.tables:
        yield from (_row(table, cell) for cell in table.cells if cell.outcome in NEEDS_A_LOOK)


def _write_sheet(
    book: "Workbook",
    title: str,
    columns: Sequence[str],
    rows: Iterator[tuple[str | int, ...]],
    widths: Sequence[int],
) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths):
        sheet.column_dimensions[column_letters(place)].width = width
    sheet.append(list(columns))
    number = 1
    for number, row in enumerate(rows, 2):  # noqa: B007  # the last number is needed
        sheet.append([protect_error_text(cell) if isinstance(cell, str) else cell for cell in row])
    sheet.auto_filter.ref = f"A1:{column_letters(len(columns) - 1)}{number}"


def _write_source(book: "Workbook", number: int, table: TableLedger) -> None:
    """Write a source as a sheet: each cell in its place, in the colour of its outcome, with the reason as a comment."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # an extra
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.styles import PatternFill  # noqa: PLC0415

    name = table.place.sheet or table.place.file.rpartition("/")[2]
    title = "".join("_" if letter in r"[]:*?/\'" or not letter.isprintable() else letter for letter in name)
    sheet: WriteOnlyWorksheet = book.create_sheet(f"{number} {title}"[:TITLE_LIMIT])
    fills = {outcome: PatternFill("solid", start_color=colour) for outcome, colour in FILLS.items()}
    plain: dict[tuple[int, CellOutcome], Any] = {}  # reused in each row, because setting styles is slow
    next_row, comments = 1, 0
    for row, cells in groupby(table.cells, attrgetter("row")):
        for _ in range(next_row, row):
            sheet.append([])
        line: list[Any] = []
        for cell in cells:
            line.extend([None] * (cell.column - len(line)))
            has_comment = cell.outcome in NEEDS_A_LOOK and comments < MAX_COMMENTS
            styled = plain.get((cell.column, cell.outcome))
            if styled is None or has_comment:
                styled = WriteOnlyCell(sheet)
                styled.fill = fills[cell.outcome]
            if has_comment:
                comments += 1
                styled.comment = Comment(escape_for_display(cell.detail, COMMENT_LIMIT), "rolesync")
            else:
                plain[cell.column, cell.outcome] = styled
            text = _escape(cell.text)
            styled.value = protect_error_text(text)
            line.append(styled)
        sheet.append(line)
        next_row = row + 1
