"""A workbook → its sheets as rows of text cells: XLSX, ODS and the old XLS.

Cells become the text that a person would type for them: 101 for a number, TRUE, 2026-06-30. Formulas count by the value
that was saved with them. What a sheet shows otherwise than it has it (hidden rows, merged cells) is noted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from rolesync.errors import UsageError
from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.vocabulary import Level
from rolesync.tables.file_type import Content, Kind
from rolesync.tables.grid import EXACT_FLOAT, Cells, Grid
from rolesync.tables.workbook_xml import MAX_CELLS, Marks, Merge, marks_of

if TYPE_CHECKING:
    from types import ModuleType

    from xlrd.sheet import Cell, Sheet

LISTED = 20  # rows that a note lists at most
UNSAVED = "=formulas without a value"  # what a row of an old workbook shows that has nothing else


class _Sheet(NamedTuple):
    """A sheet as a library reads it: rows from the first on, each with typed cells from the first column on."""

    name: str
    hidden: bool
    rows: Sequence[Sequence[object]]
    marks: Marks


def workbook_grids(content: Content) -> list[Grid] | Finding:
    """Give the rows of each sheet, or say why the workbook can't be read.

    Raises:
        UsageError: the extra `excel` is not installed.
    """
    try:
        sheets = list((_old_sheets if content.kind is Kind.XLS else _sheets)(content))
    except ImportError as cause:
        message = f"A workbook can't be read, because {cause.name} is not installed."
        raise UsageError(message, hint="pip install 'rolesync[excel]'") from cause
    except BaseException as cause:
        # A defect in the Rust library arrives as a panic, which is no Exception: it must not end in a traceback.
        if not isinstance(cause, Exception) and type(cause).__name__ != "PanicException":
            raise
        return _damaged(cause)
    return [_grid(sheet) for sheet in sheets]


def _damaged(cause: BaseException) -> Finding:
    reason = " ".join(str(cause).split()) or type(cause).__name__
    text = f"the workbook can't be read ({reason[:200]})"
    return error(Code.DAMAGED, f"{text}; open it, save it as XLSX without a password, and use that file")


def _sheets(content: Content) -> Iterator[_Sheet]:
    """Read XLSX and ODS. The library leaves some things out, see `marks`."""
    import io  # noqa: PLC0415  # beside the library that needs it

    import python_calamine  # noqa: PLC0415  # an extra

    marks = marks_of(content)
    with python_calamine.load_workbook(io.BytesIO(content.data)) as workbook:
        for sheet in workbook.sheets_metadata:
            if sheet.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                continue
            marked = marks.get(sheet.name, Marks())
            if marked.cells > MAX_CELLS:
                text = f"the sheet {sheet.name!r} spans {marked.cells:,} cells, most of them surely empty"
                raise ValueError(f"{text}: delete what stands far below or right of the list")
            read = workbook.get_sheet_by_name(sheet.name)
            marked.merges.extend(Merge(*first, *last) for first, last in read.merged_cell_ranges or ())
            hidden = sheet.visible is not python_calamine.SheetVisibleEnum.Visible
            yield _Sheet(sheet.name, hidden, read.to_python(skip_empty_area=False), marked)


def _old_sheets(content: Content) -> Iterator[_Sheet]:
    """Read XLS, whose library tells all at once."""
    import xlrd  # noqa: PLC0415  # an extra

    with xlrd.open_workbook(file_contents=content.data, formatting_info=True, logfile=_Nowhere()) as workbook:
        for sheet in workbook.sheets():
            rows = [
                [_old_value(xlrd, cell, workbook.datemode) for cell in sheet.row(number)]
                for number in range(sheet.nrows)
            ]
            marks = Marks(
                texts=_unsaved(xlrd, sheet, rows),
                hidden=[number + 1 for number, row in sorted(sheet.rowinfo_map.items()) if row.hidden],
                merges=[Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
            )
            yield _Sheet(sheet.name, sheet.visibility != 0, rows, marks)


def _unsaved(xlrd: "ModuleType", sheet: "Sheet", rows: Sequence[Sequence[object]]) -> dict[int, dict[int, str]]:
    """Find the rows of nothing but formulas without a value: calculated to nothing, or never, which looks the same.

    They may be somebody's, so they can't pass for blank.
    """
    found: dict[int, dict[int, str]] = {}
    for number, row in enumerate(rows):
        if not any(row):
            texts = (place for place, kind in enumerate(sheet.row_types(number)) if kind == xlrd.XL_CELL_TEXT)
            if (place := next(texts, None)) is not None:
                found[number] = {place: UNSAVED}
    return found


class _Nowhere:
    """The library prints what it thinks of a file; what matters arrives as an error."""

    def write(self, text: str) -> None:
        """Pass over it."""


def _old_value(xlrd: "ModuleType", cell: "Cell", datemode: int) -> object:
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


def _grid(sheet: _Sheet) -> Grid:
    return Grid(
        rows=_rows(sheet),
        name=sheet.name,
        hidden=sheet.hidden,
        notes=tuple(_notes(sheet.marks)),
        clean=False,  # a NUL may hide in a cell of an old workbook
    )


def _notes(marks: Marks) -> Iterator[Finding]:
    if marks.hidden:
        rows = ", ".join([*map(str, marks.hidden[:LISTED]), *["…"][: len(marks.hidden) > LISTED]])
        text = f"{len(marks.hidden)} rows are hidden or filtered away in the workbook ({rows}), and count all the same"
        yield Finding(Level.WARNING, Code.HIDDEN.value, text, marks.hidden[-1])
    for merge in marks.merges:
        if merge.bottom > merge.top:
            text = (
                f"cells of rows {merge.top + 1} to {merge.bottom + 1} are merged, so their text counts for each of them"
            )
            yield Finding(Level.WARNING, Code.MERGED_CELLS.value, text, merge.bottom + 1)


def _rows(sheet: _Sheet) -> Iterator[tuple[int, Cells]]:
    replaced = sheet.marks.texts
    filled = _merged(sheet.marks.merges, max(len(sheet.rows), max(replaced, default=-1) + 1))
    carried: dict[int, str] = {}
    # Texts that the library leaves out may stand below all that it gives.
    blank = [""] * max(map(len, sheet.rows), default=0)
    below = repeat(blank, max(replaced, default=-1) + 1 - len(sheet.rows))
    for index, row in enumerate(chain(sheet.rows, below)):
        cells = [cell if type(cell) is str else _text(cell) for cell in row]
        for place, text in replaced.get(index, {}).items():
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = text
        problem = _fill(index, cells, filled.get(index, ()), carried) if filled else None
        if problem:
            yield index + 1, (problem,)
        elif any(cells):
            yield index + 1, cells


def _merged(merges: Iterable[Merge], rows: int) -> Mapping[int, Sequence[Merge]]:
    """Which merged areas cross each of so many rows; one that spans whole columns has a million."""
    found: dict[int, list[Merge]] = {}
    for merge in merges:
        for row in range(merge.top, min(merge.bottom + 1, rows)):
            found.setdefault(row, []).append(merge)
    return found


def _fill(index: int, cells: list[str], merges: Iterable[Merge], carried: dict[int, str]) -> Finding | None:
    """Give each row of a merged area its text, in the area's first column; refuse a row where it hides another."""
    for merge in merges:
        cells.extend([""] * (merge.right + 1 - len(cells)))
        first = merge.left
        if index == merge.top:
            carried[first] = cells[first]
        covered = [place for place in range(first, merge.right + 1) if (index, place) != (merge.top, first)]
        if hidden := next((cells[place] for place in covered if cells[place].strip()), ""):
            text = f"merged cells hide the text {quoted(hidden)}; take the merged cells apart"
            return error(Code.MERGED_CELLS, text, row=index + 1)
        cells[first] = carried[first]
    return None


def _text(value: object) -> str:
    """Spell a typed cell as a person would type it."""
    return _SPELLED.get(type(value), str)(value)


def _number(value: object) -> str:
    # Exactly, because an id that a spreadsheet has rounded is somebody else's; ".0" then tells that it was a number.
    number = float(str(value))
    if not number.is_integer():
        return str(value)
    return str(int(number)) if abs(number) < EXACT_FLOAT else f"{number:.1f}"


def _moment(value: object) -> str:
    text = str(value)
    return text.removesuffix(" 00:00:00")


_SPELLED: Mapping[type, Callable[[object], str]] = {
    float: _number,
    bool: lambda value: str(value).upper(),
    datetime: _moment,
    date: str,
    time: str,
    type(None): lambda _value: "",
}
