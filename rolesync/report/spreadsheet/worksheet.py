"""Writes one sheet of a workbook: widths, colours, drop-downs, and how it is printed."""

from __future__ import annotations

import re
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.sheet import AtLeast, Cell, Cells, Column, Footer, Sheet, protect_error_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl import Workbook
    from openpyxl.formatting.formatting import ConditionalFormattingList
    from openpyxl.styles import Font
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_EXACT_IDS = 10**15
"""Spreadsheets keep 15 digits of a number, so larger ids are written as text."""

_LINE = 15  # points
_FILTER_BUTTON = 4  # characters
_TEXT_GAP = 5  # points between the lines of a sheet of text
_MOST_LINES = 20  # visible lines of a cell; the cell itself holds the whole text
_RANGES = 100  # of cells that share a drop-down; spreadsheets limit their number
_A4 = "9"
_SHORT, _MOST_ACCOUNT = 12, 80  # characters of a footer, which programs limit

_HEAD = "E7E6E6"
_DECIDED, _TO_FILL_IN, _LINE_COLOUR = "7F7F7F", "FFFBE6", "D0CECE"
_FILLS = {
    "add": "E2F0D9",
    "remove": "FCE4D6",
    "error": "F8CBAD",
    "block": "F8CBAD",
    "warning": "FFF2CC",
    "warn": "FFF2CC",
    "yes": "E2F0D9",
    "no": "FCE4D6",
}


def write_sheet(book: Workbook, sheet: Sheet, footer: Footer) -> None:
    """Add a sheet to a workbook that is written row by row."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # as above

    target = book.create_sheet(sheet.title)
    rows = list(sheet.rows)
    all_cells = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    # A sheet that is written row by row takes its settings only before the first row.
    if sheet.is_text:
        target.sheet_view.showGridLines = False
    else:
        target.freeze_panes = "B2" if sheet.words else "A2"
        target.auto_filter.ref = all_cells
    _set_up_printing(target, all_cells, footer, landscape=not sheet.is_text)
    widths, wrapped = _measure(sheet, rows)
    for at, width in enumerate(widths, start=1):
        target.column_dimensions[get_column_letter(at)].width = width
    for cells in _cells(target, sheet, rows, widths, wrapped):
        target.append(cells)
    _add_colours(target, sheet, len(rows))
    _add_drop_downs(target, sheet)


def _answers(sheet: Sheet) -> int:
    """Count the columns to fill in: the answers, and a reason or a note."""
    return 2 if sheet.words else 0


def _measure(sheet: Sheet, rows: Sequence[Cells]) -> tuple[list[int], list[bool]]:
    """Return the width of each column in characters, and whether some of its texts need more than one line."""
    widths, wrapped = [], []
    for at, column in enumerate(sheet.columns):
        longest = max((len(cell) for row in rows if isinstance(cell := row[at], str)), default=0)
        longest = max(longest, max((_digits(cell) for row in rows if not isinstance(cell := row[at], str)), default=0))
        head = len(column.title) + _FILTER_BUTTON
        widths.append(column.most if sheet.is_text else max(head, column.least, min(column.most, longest + 2)))
        wrapped.append(longest > widths[-1] and not (sheet.is_text and at == 0))
    return widths, wrapped


def _digits(cell: object) -> int:
    return 0 if cell is None else len("30 Sep 2026") if isinstance(cell, date) else min(len(str(cell)), 15)


def _set_up_printing(target: WriteOnlyWorksheet, print_area: str, footer: Footer, *, landscape: bool = True) -> None:
    """Print all columns side by side on A4, with the head and a numbered footer on every page."""
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415  # as above

    # The stubs don't know the settings of a sheet that is written row by row.
    target.page_setup.orientation = "landscape" if landscape else "portrait"  # type: ignore[attr-defined]
    target.page_setup.paperSize = _A4  # type: ignore[attr-defined]
    target.page_setup.fitToHeight = 0  # type: ignore[attr-defined]  # as many pages as it takes
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)  # type: ignore[attr-defined]
    margins = target.page_margins  # type: ignore[attr-defined]
    margins.left = margins.right = margins.top = 0.4  # inches
    margins.bottom = 0.7
    account = escape_for_display(footer.account[:_MOST_ACCOUNT])
    name = f"{footer.what} {escape_for_display(footer.name[:_SHORT])}, {account}"
    target.oddFooter.left.text = name.replace("&", "&&")  # type: ignore[union-attr]
    target.oddFooter.right.text = "&A, page &P of &N"  # type: ignore[union-attr]
    if landscape:
        target.print_title_rows = "1:1"
    target.print_area = print_area


def _cells(
    target: WriteOnlyWorksheet, sheet: Sheet, rows: Sequence[Cells], widths: Sequence[int], wrapped: Sequence[bool]
) -> Iterator[Any]:
    """Yield the cells of each row, the head first."""
    yield _head(target, sheet, rows)
    columns = [_shared_cells(target, column, wraps=wraps) for column, wraps in zip(sheet.columns, wrapped, strict=True)]
    if sheet.is_text:
        columns[0][0].font = _font(bold=True)

    def row(cells: Cells) -> Iterator[Any]:
        for (text, number, at_least), value in zip(columns, map(_cell, cells), strict=True):
            if value is None:  # an empty cell costs as much as any
                yield None
                continue
            cell = text if isinstance(value, str) else at_least if isinstance(value, AtLeast) else number
            cell.value = int(value) if isinstance(value, AtLeast) else value
            yield cell

    places = [at for at, wraps in enumerate(wrapped) if wraps]
    for at, cells in enumerate(rows, start=2):
        lines = max((_lines(cells[place], widths[place]) for place in places), default=1)
        if lines > 1 or sheet.is_text:  # not all programs compute the height
            height = _LINE * min(lines, _MOST_LINES) + (_TEXT_GAP if sheet.is_text else 0)
            target.row_dimensions[at].height = height  # type: ignore[attr-defined]  # as above
        yield row(cells)


def _head(target: WriteOnlyWorksheet, sheet: Sheet, rows: Sequence[Cells]) -> list[Any]:
    """Make the cells of the first row; the title of a column of numbers is above the numbers."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.styles import Alignment, PatternFill  # noqa: PLC0415

    head = [WriteOnlyCell(target, value=title or None) for title in sheet.titles]
    for at, cell in enumerate(head):
        has_numbers = any(row[at] is not None and not isinstance(row[at], str) for row in rows)
        cell.font = _font(bold=True, size=16 if sheet.is_text else 11)
        cell.alignment = Alignment(vertical="center", horizontal="right" if has_numbers else None)
        if not sheet.is_text:
            cell.fill = PatternFill(fgColor=_HEAD, fill_type="solid")
    target.row_dimensions[1].height = _LINE * (2 if sheet.is_text else 1.5)  # type: ignore[attr-defined]  # as above
    return head


def _font(*, bold: bool, size: int = 11) -> Font:
    from openpyxl.styles import Font  # noqa: PLC0415  # as above

    return Font(name="Calibri", size=size, bold=bold)


def _shared_cells(target: WriteOnlyWorksheet, column: Column, *, wraps: bool) -> tuple[Any, Any, Any]:
    """Make the cells that the texts of a column share, its numbers and dates, and its numbers that may be higher.

    A cell of its own for each value would take much longer. Of a row that is a generator, each cell is written before
    the next is computed.
    """
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.styles import Alignment  # noqa: PLC0415

    text, number, at_least = (WriteOnlyCell(target) for _ in range(3))
    # A word such as `unknown` is aligned like the numbers of its column.
    is_number = bool(column.number_format)
    side = "right" if is_number else None
    text.alignment = Alignment(vertical="top", wrap_text=wraps, horizontal=side, indent=int(is_number))
    # The indent separates a number from the text of the next column.
    number.alignment = at_least.alignment = Alignment(vertical="top", horizontal="right", indent=1)
    number.number_format = column.number_format or "0"
    at_least.number_format = ";".join(
        re.sub(r"^(\[[^]]*\])?", r'\g<1>"≥ "', part) for part in number.number_format.split(";")
    )
    return text, number, at_least


def _lines(cell: Cell, width: int) -> int:
    """Estimate the lines of a text in a column of this width in characters."""
    return -(-len(cell) // width) if isinstance(cell, str) else 1


def _add_colours(target: WriteOnlyWorksheet, sheet: Sheet, rows: int) -> None:
    """Colour each row by its word, and the cells to fill in; a line is below each row.

    A rule, not a fill per cell: it stays right when rows are sorted or edited.
    """
    from openpyxl.formatting.rule import Rule  # noqa: PLC0415  # as above
    from openpyxl.styles import Border, Font, PatternFill, Side  # noqa: PLC0415
    from openpyxl.styles.differential import DifferentialStyle  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    rules: ConditionalFormattingList = target.conditional_formatting  # type: ignore[attr-defined]  # as above
    below = Border(bottom=Side("thin", color=_LINE_COLOUR))
    first, last = get_column_letter(_answers(sheet) + 1), get_column_letter(len(sheet.columns))

    def add(cells: str, formula: str, fill: str = "", font: Font | None = None) -> None:
        filled = PatternFill(bgColor=fill, fill_type="solid") if fill else None
        style = DifferentialStyle(fill=filled, font=font, border=below if fill else None)
        rules.add(cells, Rule(type="expression", formula=[formula], dxf=style))

    if sheet.struck and rows:
        add(f"A2:{last}{rows + 1}", f'$A2="{sheet.struck}"', font=Font(strike=True, color=_DECIDED))
    if sheet.words and rows:
        add(f"A2:{get_column_letter(_answers(sheet))}{rows + 1}", "TRUE", _TO_FILL_IN)
    if sheet.colour_by and rows:
        column = get_column_letter(sheet.titles.index(sheet.colour_by) + 1)
        for word, colour in _FILLS.items():
            add(f"{first}2:{last}{rows + 1}", f'${column}2="{word}"', colour)


def _add_drop_downs(target: WriteOnlyWorksheet, sheet: Sheet) -> None:
    """Give each row that may have an answer a drop-down for it."""
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    places = [
        (word, [at for at, _ in rows]) for word, rows in groupby(enumerate(sheet.words, 2), itemgetter(1)) if word
    ]
    for start in range(0, len(places), _RANGES):
        word = places[start][0]
        validation = DataValidation(type="list", formula1=f'"{word}"', allow_blank=True, showErrorMessage=True)
        title = sheet.titles[0]
        validation.errorTitle, validation.error = title, f"Only {word.replace(',', ' or ')}, or an empty cell."
        validation.promptTitle, validation.prompt = title, sheet.prompts.get(word)
        validation.showInputMessage = word in sheet.prompts
        for _, rows in places[start : start + _RANGES]:
            validation.add(f"A{rows[0]}:A{rows[-1]}")
        target.data_validations.append(validation)  # type: ignore[attr-defined]  # the stubs don't know it


def _cell(value: Cell) -> Cell:
    if isinstance(value, int):
        return value if value < _EXACT_IDS else str(value)
    if not value:
        return None  # an empty text costs as much as any text
    return protect_error_text(value) if isinstance(value, str) else value
