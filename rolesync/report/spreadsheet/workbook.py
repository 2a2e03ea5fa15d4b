"""Rows as sheets of a workbook. No cell is a formula, see `row_cells`."""

from __future__ import annotations

import io
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from rolesync.errors import UsageError
from rolesync.tables.write_csv import escape_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | None
Cells = tuple[Cell, ...]

_EXACT_IDS = 10**15
"""Spreadsheets keep 15 digits of a number, so larger ids are written as text."""

_LINE = 15  # points
_RANGES = 100  # of cells that share a drop-down; spreadsheets limit their number

SHEET_ROWS = 1_048_576
MOST_CHARACTERS = 32_000
"""Characters of a cell, in CSV too: spreadsheets take 32,767, and many CSV readers refuse longer cells."""

_HEAD = "E7E6E6"
_FILLS = {
    "add": "E2F0D9",
    "remove": "FCE4D6",
    "error": "F8CBAD",
    "block": "F8CBAD",
    "warning": "FFF2CC",
    "warn": "FFF2CC",
}


class Sheet(NamedTuple):
    """One sheet; the word in the column `colour_by` colours its row."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Iterable[Cells]
    colour_by: str
    words: tuple[str, ...] = ()  # the decision that each row may have
    prose: bool = False  # the last column holds sentences, which wrap


def row_cells(row: Iterable[Cell]) -> Cells:
    """Return a row's facts as cells: texts are escaped, so that none is a formula, and 0 becomes an empty cell."""
    return tuple(escape_formula(cell) if isinstance(cell, str) else cell or None for cell in row)


def empty_workbook(alternative: str = "") -> Workbook:
    """Return an empty workbook that is written row by row.

    Raises:
        UsageError: the extra `excel` is not installed; the hint names it, followed by `alternative`.
    """
    try:
        import openpyxl  # noqa: PLC0415  # an extra, and slow to import
    except ModuleNotFoundError as error:
        message = "A workbook can't be written, because openpyxl is not installed."
        raise UsageError(message, hint=f"pip install 'rolesync[excel]'{alternative}") from error
    return openpyxl.Workbook(write_only=True)


def format_xlsx(what: str, longest: int, sheets: Iterable[Sheet]) -> bytes:
    """Format sheets as a workbook of `what`, whose longest list has `longest` rows.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    book = empty_workbook()
    if longest >= SHEET_ROWS:
        message = f"The {what} has a list of {longest:,} rows, but a workbook's sheet holds {SHEET_ROWS - 1:,}."
        raise UsageError(message, hint=f"Use the CSV form: rolesync show {what.upper()} --csv FILE")
    for sheet in sheets:
        _write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(book: Workbook, sheet: Sheet) -> None:
    from openpyxl.formatting.rule import Rule  # noqa: PLC0415  # as above
    from openpyxl.styles import PatternFill  # noqa: PLC0415
    from openpyxl.styles.differential import DifferentialStyle  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    target = book.create_sheet(sheet.title)
    rows = list(sheet.rows)
    whole = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    # A sheet that is written row by row takes its settings only before the first row.
    target.freeze_panes = "A2"
    target.auto_filter.ref = whole
    _set_up_printing(target, whole)
    for at, width in enumerate(sheet.widths, start=1):
        target.column_dimensions[get_column_letter(at)].width = width
    for cells in _cells(target, sheet, rows):
        target.append(cells)
    # A rule, not a fill per cell: it stays right when rows are sorted or edited.
    for name, colour in _FILLS.items():
        style = DifferentialStyle(fill=PatternFill(bgColor=colour, fill_type="solid"))
        rule = Rule(type="expression", formula=[f'${sheet.colour_by}1="{name}"'], dxf=style)
        target.conditional_formatting.add(whole, rule)
    _add_drop_downs(target, sheet)


def _set_up_printing(target: WriteOnlyWorksheet, whole: str) -> None:
    """Print all columns side by side, with the head on every page."""
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415  # as above

    target.page_setup.orientation = "landscape"  # type: ignore[attr-defined]  # the stubs don't know it
    target.page_setup.fitToHeight = 0  # type: ignore[attr-defined]  # as many pages as it takes
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)  # type: ignore[attr-defined]
    target.print_title_rows = "1:1"
    target.print_area = whole


def _cells(target: WriteOnlyWorksheet, sheet: Sheet, rows: Iterable[Cells]) -> Iterator[Any]:
    """Yield the cells of each row, the head first."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415

    def styled(value: Cell, name: str, style: Any) -> Any:  # noqa: ANN401  # openpyxl's own
        cell = WriteOnlyCell(target, value=value)
        setattr(cell, name, style)
        return cell

    head = [styled(column, "font", Font(name="Calibri", size=11, bold=True)) for column in sheet.columns]
    for cell in head:
        cell.fill = PatternFill(fgColor=_HEAD, fill_type="solid")
    yield head
    # The indent separates a number from the text of the next column. All numbers share one styled cell, which costs
    # as much as writing it: of a row that is a generator, each cell is written before the next is computed.
    number = styled(None, "alignment", Alignment(horizontal="right", indent=1))
    top, sentence = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)

    def row(cells: Cells) -> Iterator[Any]:
        for cell in map(_cell, cells):
            if isinstance(cell, int):
                number.value = cell
            yield number if isinstance(cell, int) else cell

    for at, cells in enumerate(rows, start=2):
        if sheet.prose:
            *first, last = map(_cell, cells)
            # Not all programs compute the height.
            height = _LINE * max(1, -(-len(str(last)) // sheet.widths[-1]))
            target.row_dimensions[at].height = height  # type: ignore[attr-defined]  # as above
            yield [*(styled(cell, "alignment", top) for cell in first), styled(last, "alignment", sentence)]
        else:
            yield row(cells)


def _add_drop_downs(target: WriteOnlyWorksheet, sheet: Sheet) -> None:
    """Give each row that may have a decision a drop-down for it."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # as above
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    column = get_column_letter(sheet.columns.index("decision") + 1) if sheet.words else ""
    places = [
        (word, [at for at, _ in rows]) for word, rows in groupby(enumerate(sheet.words, 2), itemgetter(1)) if word
    ]
    for start in range(0, len(places), _RANGES):
        word = places[start][0]
        validation = DataValidation(type="list", formula1=f'"{word}"', allow_blank=True, showErrorMessage=True)
        validation.errorTitle, validation.error = "decision", f"{word}, or empty: as planned"
        for _, rows in places[start : start + _RANGES]:
            validation.add(f"{column}{rows[0]}:{column}{rows[-1]}")
        target.data_validations.append(validation)  # type: ignore[attr-defined]  # the stubs don't know it


def _cell(value: Cell) -> Cell:
    if isinstance(value, int):
        return value if value < _EXACT_IDS else str(value)
    if not value:
        return None  # an empty text costs as much as any text
    return protect_error_text(value)


def protect_error_text(text: str) -> str:
    """Put an apostrophe before `#N/A` and the like, which openpyxl would store as an error, not as a text."""
    return f"'{text}" if text.startswith("#") else text
