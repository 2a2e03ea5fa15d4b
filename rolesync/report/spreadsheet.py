"""How rows become CSV and workbooks, whatever they tell.

No cell is ever a formula: texts that a spreadsheet could take for one come here with an apostrophe before them, see
`defuse`.
"""

from __future__ import annotations

import csv
import io
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | None
Cells = tuple[Cell, ...]

_EXACT_IDS = 10**15
"""Spreadsheets keep 15 digits of a number, so ids from here on (2^53 and above among them) are written as text."""

_RANGES = 100  # of cells that share a drop-down; spreadsheets don't take any number of them

SHEET_ROWS = 1_048_576
MOST_CHARACTERS = 32_000
"""Characters of a cell, in the CSV form too: spreadsheets take 32,767, and many CSV readers refuse ever longer ones."""

_FILLS = {
    "add": "E2F0D9",
    "remove": "F8CBAD",
    "error": "F8CBAD",
    "block": "F8CBAD",
    "warning": "FFF2CC",
    "warn": "FFF2CC",
}


class Sheet(NamedTuple):
    """One sheet; its rows take the colour of the word in the column `colour_by`."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Iterable[Cells]
    colour_by: str
    words: tuple[str, ...] = ()  # what may be decided of each row


def spell_csv(columns: Cells, rows: Iterable[Cells]) -> str:
    """Spell rows as CSV under these columns, with LF line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def spell_xlsx(what: str, longest: int, sheets: Iterable[Sheet]) -> bytes:
    """Spell sheets as a workbook of `what`, of which the longest list has so many rows.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    try:
        import openpyxl  # noqa: PLC0415  # an extra, and slow to import
    except ModuleNotFoundError as error:
        message = "A workbook can't be written, because openpyxl is not installed."
        raise UsageError(message, hint="pip install 'rolesync[excel]'") from error
    if longest >= SHEET_ROWS:
        message = f"The {what} has a list of {longest:,} rows, but a workbook's sheet holds {SHEET_ROWS - 1:,}."
        raise UsageError(message, hint=f"Use the CSV form: rolesync show {what.upper()} --csv FILE")
    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        _write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(book: Workbook, sheet: Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.formatting.rule import Rule  # noqa: PLC0415
    from openpyxl.styles import Font, PatternFill  # noqa: PLC0415
    from openpyxl.styles.differential import DifferentialStyle  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    made = book.create_sheet(sheet.title)
    # In a sheet that is written row by row, all that stands above the rows has to be set before the first of them.
    made.freeze_panes = "A2"
    for at, width in enumerate(sheet.widths, start=1):
        made.column_dimensions[get_column_letter(at)].width = width
    head = [WriteOnlyCell(made, value=column) for column in sheet.columns]
    for cell in head:
        cell.font = Font(bold=True)
    made.append(head)
    rows = list(sheet.rows)
    for cells in rows:
        made.append([_cell(cell) for cell in cells])
    everything = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    made.auto_filter.ref = everything
    # A rule and not a fill per cell: it stays right when rows are sorted or edited.
    for name, colour in _FILLS.items():
        style = DifferentialStyle(fill=PatternFill(bgColor=colour, fill_type="solid"))
        rule = Rule(type="expression", formula=[f'${sheet.colour_by}1="{name}"'], dxf=style)
        made.conditional_formatting.add(everything, rule)
    _offer(made, sheet)


def _offer(made: WriteOnlyWorksheet, sheet: Sheet) -> None:
    """Give each row that may be decided on a drop-down with the word for it."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # as above
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    column = get_column_letter(sheet.columns.index("decision") + 1) if sheet.words else ""
    places = [
        (word, [at for at, _ in rows]) for word, rows in groupby(enumerate(sheet.words, 2), itemgetter(1)) if word
    ]
    for start in range(0, len(places), _RANGES):
        word = places[start][0]
        offer = DataValidation(type="list", formula1=f'"{word}"', allow_blank=True, showErrorMessage=True)
        offer.errorTitle, offer.error = "decision", f"{word}, or nothing: as planned"
        for _, rows in places[start : start + _RANGES]:
            offer.add(f"{column}{rows[0]}:{column}{rows[-1]}")
        made.data_validations.append(offer)  # type: ignore[attr-defined]  # the stubs don't know it


def _cell(value: Cell) -> Cell:
    if isinstance(value, int):
        return value if value < _EXACT_IDS else str(value)
    # openpyxl would store `#N/A` and its like as an error instead of a text.
    return f"'{value}" if value and value.startswith("#") else value
