"""The sheets of an old workbook (XLS), with what its library says about rows and cells."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolesync.tables.file_type import Content
from rolesync.tables.workbook_xml import Merge, RawSheet, SheetDetails

if TYPE_CHECKING:
    from types import ModuleType

    from xlrd.book import Book
    from xlrd.sheet import Cell, Sheet

UNSAVED = "=formulas without a value"  # marks a row that has only formulas without a saved value


def xls_sheets(content: Content) -> Iterator[RawSheet]:
    """Read each sheet.

    Raises:
        ImportError: the extra `excel` is not installed.
        XLRDError: the workbook is damaged.
    """
    import xlrd  # noqa: PLC0415  # an extra

    with xlrd.open_workbook(file_contents=content.data, formatting_info=True, logfile=_NullLog()) as workbook:
        for sheet in workbook.sheets():
            rows = [
                [_xls_value(xlrd, cell, workbook.datemode) for cell in sheet.row(number)]
                for number in range(sheet.nrows)
            ]
            details = SheetDetails(
                texts=_unsaved_formulas(xlrd, sheet, rows),
                struck=_struck_rows(xlrd, workbook, sheet),
                hidden=[number + 1 for number, row in sorted(sheet.rowinfo_map.items()) if row.hidden],
                merges=[Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
            )
            yield RawSheet(sheet.name, sheet.visibility != 0, rows, details)


def _struck_rows(xlrd: "ModuleType", workbook: "Book", sheet: "Sheet") -> list[int]:
    """Find the rows with text that is struck through, by its cell's font or that of a part of the text."""
    struck_fonts = {number for number, font in enumerate(workbook.font_list) if font.struck_out}

    def is_struck(row: int, column: int) -> bool:
        cell = sheet.cell(row, column)
        if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}:
            return False
        parts = sheet.rich_text_runlist_map.get((row, column), ())
        fonts = {workbook.xf_list[cell.xf_index or 0].font_index, *(font for _, font in parts)}
        return not fonts.isdisjoint(struck_fonts)

    numbers = range(sheet.nrows) if struck_fonts else ()
    return [row + 1 for row in numbers if any(is_struck(row, column) for column in range(sheet.row_len(row)))]


def _unsaved_formulas(
    xlrd: "ModuleType", sheet: "Sheet", rows: Sequence[Sequence[object]]
) -> dict[int, dict[int, str]]:
    """Find the rows of nothing but formulas without a value, by row and column from 0.

    The file doesn't show whether such a formula is empty or was never calculated. The row may hold data, so it must not
    count as blank.
    """
    unsaved: dict[int, dict[int, str]] = {}
    for index, row in enumerate(rows):
        if not any(row):
            formulas = (place for place, kind in enumerate(sheet.row_types(index)) if kind == xlrd.XL_CELL_TEXT)
            if (place := next(formulas, None)) is not None:
                unsaved[index] = {place: UNSAVED}
    return unsaved


class _NullLog:
    """Discards what the library prints about a file; errors are raised."""

    def write(self, text: str) -> None:
        """Discard the text."""


def _xls_value(xlrd: "ModuleType", cell: "Cell", datemode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError, xlrd.xldate.XLDateError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR!")
    return cell.value
