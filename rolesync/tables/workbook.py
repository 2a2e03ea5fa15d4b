"""A workbook (XLSX, ODS or XLS) → its sheets as rows of text cells.

A typed cell becomes the text that a person would type: 101, TRUE, 2026-06-30. A formula becomes the value that was
saved with it. Hidden rows and merged cells, where the sheet looks different from its data, become findings.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import chain, repeat

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.model.vocabulary import Level
from rolesync.tables.file_type import Content, FileKind
from rolesync.tables.grid import EXACT_FLOAT, Cells, Grid
from rolesync.tables.workbook_xml import MAX_CELLS, Merge, RawSheet, SheetDetails, read_sheet_details
from rolesync.tables.worksheet_damage import check_worksheet, may_be_damaged
from rolesync.tables.xls import xls_sheets

MAX_LISTED = 20  # row numbers that a finding lists
_MAX_MERGED = 2**22  # cells in merged areas; four columns of a full sheet


def workbook_grids(content: Content) -> list[Grid] | Finding:
    """Read the rows of each sheet.

    Returns:
        A grid for each sheet, or a finding with the reason why the workbook can't be read.

    Raises:
        UsageError: the extra `excel` is not installed.
    """
    try:
        sheets = list((xls_sheets if content.kind is FileKind.XLS else _xlsx_or_ods_sheets)(content))
        for sheet in sheets:
            _check_merges(sheet)
    except ImportError as cause:
        message = f"A workbook can't be read, because {cause.name} is not installed."
        raise UsageError(message, hint=install_command("excel")) from cause
    except BaseException as cause:
        # A defect in the Rust library raises a panic, which is not an Exception. It must not end in a traceback.
        if not isinstance(cause, Exception) and type(cause).__name__ != "PanicException":
            raise
        return _damaged(cause)
    return [_grid(sheet) for sheet in sheets]


def _damaged(cause: BaseException) -> Finding:
    reason = " ".join(str(cause).split()) or type(cause).__name__
    text = f"the workbook can't be read ({reason[:200]})"
    if any(word in reason.casefold() for word in ("password", "encrypt")):
        return error(Code.NOT_TEXT, f"{text}; save it without a password and use that file")
    advice = "export it again; or open it, check that place, save it as XLSX, and use that file"
    return error(Code.DAMAGED, f"{text}; {advice}")


def _xlsx_or_ods_sheets(content: Content) -> Iterator[RawSheet]:
    """Read XLSX and ODS; `workbook_xml` reads what the library leaves out."""
    import python_calamine  # noqa: PLC0415  # an extra

    sheet_details = read_sheet_details(content)
    with (
        python_calamine.load_workbook(io.BytesIO(content.data)) as workbook,
        zipfile.ZipFile(io.BytesIO(content.data)) as archive,
    ):
        for sheet in workbook.sheets_metadata:
            if sheet.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                continue
            details = sheet_details.get(sheet.name, SheetDetails())
            if details.cells > MAX_CELLS:
                text = f"the sheet {sheet.name!r} spans {details.cells:,} cells, most of them surely empty"
                raise ValueError(f"{text}: delete the cells far below or right of the list")
            worksheet = archive.read(details.part) if details.part else b""
            try:
                calamine_sheet = workbook.get_sheet_by_name(sheet.name)
                rows = calamine_sheet.to_python(skip_empty_area=False)
            except python_calamine.CalamineError:
                check_worksheet(archive, sheet.name, worksheet)  # its message gives the place
                raise
            if may_be_damaged(worksheet, rows):
                check_worksheet(archive, sheet.name, worksheet)
            details.merges.extend(Merge(*first, *last) for first, last in calamine_sheet.merged_cell_ranges or ())
            yield RawSheet(sheet.name, sheet.visible is not python_calamine.SheetVisibleEnum.Visible, rows, details)


def _grid(sheet: RawSheet) -> Grid:
    return Grid(
        rows=_rows(sheet),
        name=sheet.name,
        hidden=sheet.hidden,
        findings=tuple(_findings(sheet.details)),
        merged=tuple(
            (merge.top + 1, merge.bottom + 1, merge.left) for merge in sheet.details.merges if merge.bottom > merge.top
        ),
        all_text=False,  # a cell of an XLS may hold a NUL
    )


def _check_merges(sheet: RawSheet) -> None:
    """Refuse merged areas that cover more than `_MAX_MERGED` cells of a sheet's rows; areas that overlap count twice.

    Raises:
        ValueError: they cover more.
    """
    rows = _row_count(sheet)
    covered = sum(
        max(0, min(merge.bottom + 1, rows) - merge.top) * (merge.right + 1 - merge.left)
        for merge in sheet.details.merges
    )
    if covered > _MAX_MERGED:
        raise ValueError(f"the merged cells of the sheet {sheet.name!r} cover {covered:,} cells: unmerge them")


def _row_count(sheet: RawSheet) -> int:
    """Count the rows; a text that the library leaves out may be below its last row."""
    return max(len(sheet.rows), max(sheet.details.texts, default=-1) + 1)


def _findings(details: SheetDetails) -> Iterator[Finding]:
    """Report hidden rows, rows that are struck through, and vertically merged cells, each at its last row."""
    if hidden := details.hidden:
        text = f"rows that are hidden or filtered out in the workbook: {len(hidden):,} ({_list_rows(hidden)})"
        yield Finding(Level.WARNING, Code.HIDDEN.value, f"{text}; they are read all the same", hidden[-1])
    if struck := details.struck:
        text = f"rows with text that is struck through in the workbook: {len(struck):,} ({_list_rows(struck)})"
        advice = "delete each row that no longer counts"
        text = f"{text}; they are read all the same: {advice}"
        yield Finding(Level.WARNING, Code.STRUCK_THROUGH.value, text, struck[-1])
    for merge in details.merges:
        if merge.bottom > merge.top:
            text = f"cells of rows {merge.top + 1} to {merge.bottom + 1} are merged; each of these rows gets their text"
            yield Finding(Level.WARNING, Code.MERGED_CELLS.value, text, merge.bottom + 1)


def _list_rows(numbers: Sequence[int]) -> str:
    return ", ".join([*map(str, numbers[:MAX_LISTED]), *["…"][: len(numbers) > MAX_LISTED]])


def _rows(sheet: RawSheet) -> Iterator[tuple[int, Cells]]:
    """Yield the rows with text, completed by the texts that the library leaves out and by merged cells."""
    missing_texts, row_count = sheet.details.texts, _row_count(sheet)
    merges_of_row = _merges_by_row(sheet.details.merges, row_count)
    merged_texts: dict[int, str] = {}
    blank = [""] * max(map(len, sheet.rows), default=0)
    rows_below = repeat(blank, row_count - len(sheet.rows))
    for index, row in enumerate(chain(sheet.rows, rows_below)):
        cells = [cell if type(cell) is str else _text(cell) for cell in row]
        for place, text in missing_texts.get(index, {}).items():
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = text
        problem = _fill_merged(index, cells, merges_of_row.get(index, ()), merged_texts) if merges_of_row else None
        if problem:
            yield index + 1, (problem,)
        elif any(cells):
            yield index + 1, cells


def _merges_by_row(merges: Iterable[Merge], rows: int) -> Mapping[int, Sequence[Merge]]:
    """The merged areas that cross each of the first `rows` rows; a merged column would cross a million."""
    by_row: dict[int, list[Merge]] = {}
    for merge in merges:
        for row in range(merge.top, min(merge.bottom + 1, rows)):
            by_row.setdefault(row, []).append(merge)
    return by_row


def _fill_merged(index: int, cells: list[str], merges: Iterable[Merge], merged_texts: dict[int, str]) -> Finding | None:
    """Write the text of each merged area into the area's first column of this row.

    Args:
        index: the row from 0.
        cells: its cells, which are changed.
        merges: the merged areas that cross it.
        merged_texts: the text of each area, by its first column; filled at the area's first row.

    Returns:
        A finding that refuses the row, if a merged area hides another text.
    """
    for merge in merges:
        cells.extend([""] * (merge.right + 1 - len(cells)))
        first = merge.left
        if index == merge.top:
            merged_texts[first] = cells[first]
        covered = [place for place in range(first, merge.right + 1) if (index, place) != (merge.top, first)]
        if hidden := next((cells[place] for place in covered if cells[place].strip()), ""):
            text = f"merged cells hide the text {quoted(hidden)}; unmerge them and check both texts"
            return error(Code.MERGED_CELLS, text, row=index + 1)
        cells[first] = merged_texts[first]
    return None


def _text(value: object) -> str:
    """Format a typed cell as a person would type it."""
    return _FORMATS.get(type(value), str)(value)


def _format_number(value: object) -> str:
    # A rounded id would belong to another user. From EXACT_FLOAT on, ".0" marks a number that may be rounded.
    number = float(str(value))
    if not number.is_integer():
        return str(value)
    return str(int(number)) if abs(number) < EXACT_FLOAT else f"{number:.1f}"


def _format_datetime(value: object) -> str:
    return str(value).removesuffix(" 00:00:00")


_FORMATS: Mapping[type, Callable[[object], str]] = {
    float: _format_number,
    bool: lambda value: str(value).upper(),
    datetime: _format_datetime,
    date: str,
    time: str,
    type(None): lambda _value: "",
}
