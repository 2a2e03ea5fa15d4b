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


def format_xlsx(what: str, longest: int, sheets: Iterable[Sheet], footer: Footer) -> bytes:
    """Format sheets as a workbook of `what`, whose longest list has `longest` rows.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    book = empty_workbook()
    if longest >= SHEET_ROWS:
        message = f"The {what} has a list of {longest:,} rows, but a workbook's sheet holds {SHEET_ROWS - 1:,}."
        raise UsageError(message, hint=f"use the CSV form: rolesync show {what.upper()} --csv FILE")
    for sheet in sheets:
        write_sheet(book, sheet, footer)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
