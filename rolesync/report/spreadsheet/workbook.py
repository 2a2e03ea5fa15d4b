"""Sheets → the bytes of a workbook. No cell is a formula, see `row_cells`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.report.spreadsheet.worksheet import write_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl import Workbook

    from rolesync.report.spreadsheet.sheet import Footer, Sheet

SHEET_ROWS = 1_048_576


def empty_workbook(alternative: str = "") -> Workbook:
    """Return an empty workbook that is written row by row.

    Raises:
        UsageError: the extra `excel` is not installed; the hint names it, followed by `alternative`.
    """
    try:
        import openpyxl  # noqa: PLC0415  # an extra, and slow to import
    except ModuleNotFoundError as error:
        message = "A workbook can't be written, because openpyxl is not installed."
        raise UsageError(message, hint=f"{install_command('excel')}{alternative}") from error
    return openpyxl.Workbook(write_only=True)


def format_xlsx(longest: int, sheets: Iterable[Sheet], footer: Footer, *, instead: str) -> bytes:
    """Format sheets as a workbook.

    Args:
        longest: the number of rows of the longest sheet, without its head.
        sheets: the sheets, made one after the other.
        footer: the last line of each printed page.
        instead: the advice if a sheet can't hold so many rows.

    Raises:
        UsageError: the extra `excel` is not installed, or there are more rows than a sheet can hold.
    """
    book = empty_workbook()
    if longest >= SHEET_ROWS:
        message = f"The workbook needs a sheet of {longest:,} rows, but a sheet holds {SHEET_ROWS - 1:,}."
        raise UsageError(message, hint=instead)
    for sheet in sheets:
        write_sheet(book, sheet, footer)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
