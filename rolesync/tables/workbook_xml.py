"""Sheet details that the workbook library leaves out of XLSX and ODS, read from their XML.

- The library returns nothing for error values, for formulas without a saved value, and for ODS text without a type.
  None of them may count as an empty cell.
- It doesn't report hidden rows.
- It allocates every cell from the first to the last, so a single stray cell far away would use up all memory.

Sources: ECMA-376 part 1, 18.3.1 (XLSX); OpenDocument 1.3 part 3, 9.1 (ODS).
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element

from rolesync.tables.column_letters import column_place
from rolesync.tables.file_type import MAX_BYTES, Content, FileKind
from rolesync.tables.struck_text import Struck, is_struck_ods, read_struck, read_struck_ods
from rolesync.tables.xml_elements import SHARED_TEXTS, elements, local_name, read_part

MAX_ROWS, _MAX_COLUMNS = 2**20, 2**14  # of a sheet, in every program
MAX_CELLS = 60_000_000  # the largest supported sheet: a million rows of sixty columns
_NEEDS_PARSING = (b"hidden", b'"e"', b"'e'", b"<f", b":f")  # in any sheet with hidden rows, errors or formulas
_R_ATTRIBUTE = rb"\sr\s*=\s*[\"']"  # the beginning of the attribute with a row's number or a cell's reference
_ANY_ROW = re.compile(_R_ATTRIBUTE + rb"[A-Z]{0,3}([0-9]+)")
_ROW_OF_5_DIGITS = re.compile(_R_ATTRIBUTE + rb"[A-Z]{0,3}([0-9]{5,})")
_COLUMN_OF_2_LETTERS = re.compile(_R_ATTRIBUTE + rb"([A-Z]{2,3})[0-9]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_TRUE = ("1", "true", "on")

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ROWS_REPEATED, _COLUMNS_REPEATED = f"{_TABLE}number-rows-repeated", f"{_TABLE}number-columns-repeated"
_ROWS_SPANNED, _COLUMNS_SPANNED = f"{_TABLE}number-rows-spanned", f"{_TABLE}number-columns-spanned"
_FORMULA = f"{_TABLE}formula"
_DEFAULT_STYLE = f"{_TABLE}default-cell-style-name"
_PARAGRAPH = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_VALUE_TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
_CALC_VALUE_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"


class Merge(NamedTuple):
    """A merged area: rows and columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class SheetDetails:
    """What a sheet has apart from its values.

    Attributes:
        hidden: the numbers of hidden rows with text, from 1, in order.
        texts: the texts that the library leaves out, by row and column from 0.
        merges: the merged areas.
        cells: the number of cells in the area from the first cell to the last.
        repeated: the bytes of text that the cells get because they, or their rows, are repeated.
        part: the XLSX part that holds the sheet; "" for ODS.
        struck: the numbers of rows with text that is struck through, from 1, in order.
    """

    hidden: list[int] = field(default_factory=list)
    texts: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    cells: int = 0
    repeated: int = 0
    part: str = ""
    struck: list[int] = field(default_factory=list)


class RawSheet(NamedTuple):
    """A sheet as the library reads it: all rows from row 1, each with typed cells from column A."""

    name: str
    hidden: bool
    rows: Sequence[Sequence[object]]
    details: SheetDetails


def read_sheet_details(content: Content) -> dict[str, SheetDetails]:
    """Read the details of each sheet of an XLSX or ODS, by the sheet's name.

    Raises:
        ParseError, KeyError, ValueError: the workbook is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        if content.kind is FileKind.ODS:
            struck_styles = read_struck_ods(archive)
            with archive.open("content.xml") as part:
                return _read_ods(part, struck_styles)
        parts, struck = dict(_worksheet_parts(archive)), read_struck(archive)
        details, closing_tags = {}, 0
        for name, worksheet in parts.items():
            data = archive.read(worksheet)
            details[name], closing_tags = _read_worksheet(data, struck), closing_tags + data.count(b"v>")
            details[name].part = worksheet
        _check_shared_texts(archive, parts.values(), closing_tags)
        return details


def _check_shared_texts(archive: zipfile.ZipFile, worksheets: Iterable[str], references: int) -> None:
    """Refuse a workbook whose shared texts unfold to more than `MAX_BYTES`: each cell gets a copy of its text.

    Args:
        archive: the workbook.
        worksheets: the parts of its sheets.
        references: an upper bound for the number of cells with a shared text.

    Raises:
        ValueError: they unfold to more.
    """
    data = read_part(archive, SHARED_TEXTS)
    if len(data) * references <= MAX_BYTES:
        return
    ends = [0, *(match.end() for match in re.finditer(rb"si>", data)), len(data)]
    if max(end - start for start, end in pairwise(ends)) * references <= MAX_BYTES:
        return
    sizes = [len("".join(text.itertext()).encode()) for text in elements(data, "si")]
    total = 0
    for worksheet in worksheets:
        for row in elements(archive.open(worksheet), "row"):
            cells = (cell for cell in row if cell.get("t") == "s")
            numbers = (child.text or "" for cell in cells for child in cell if local_name(child) == "v")
            total += sum(sizes[int(number)] for number in numbers if int(number) < len(sizes))
        if total > MAX_BYTES:
            raise ValueError(f"its cells repeat texts of together more than {MAX_BYTES:,} bytes")


def _worksheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the sheets of an XLSX: the name, and the part of the archive that holds the sheet."""
    targets = {}
    for element in elements(archive.open("xl/_rels/workbook.xml.rels"), "Relationship"):
        targets[element.get("Id")] = posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lstrip("/")
    names = {part.filename.casefold(): part.filename for part in archive.infolist()}
    for element in elements(archive.open("xl/workbook.xml"), "sheet"):
        relation = next((value for name, value in element.items() if name.endswith("}id")), "")
        part = names.get(targets.get(relation, "").casefold())
        if part:
            yield element.get("name", ""), part


def _read_worksheet(data: bytes, struck: Struck) -> SheetDetails:
    details = SheetDetails(cells=_estimate_cells(data))
    may_be_struck = struck.may_be_in(data)
    if data.startswith(b"<") and not may_be_struck and not any(mark in data for mark in _NEEDS_PARSING):
        return details
    row = 0
    for element in elements(data, "row"):
        row = int(element.get("r", row + 1))
        if element.get("hidden") in _TRUE:
            details.hidden.append(row)
        place = -1
        for cell in element:
            reference = _REFERENCE.fullmatch(cell.get("r", ""))
            place = column_place(reference[1]) if reference else place + 1
            if text := _missing_text(cell):
                details.texts.setdefault((int(reference[2]) if reference else row) - 1, {})[place] = text
        if may_be_struck and any(map(struck.has, element)):
            details.struck.append(row)
    return details


def _missing_text(cell: Element) -> str:
    """The text of an error value or of a formula without a value; "" for a cell that the library reads."""
    parts = {local_name(child): child.text or "" for child in cell}
    if cell.get("t") == "e":
        return parts.get("v") or "#ERROR!"
    if "f" not in parts or "is" in parts or parts.get("v"):
        return ""
    saved_empty_text = "v" in parts and cell.get("t") == "str"
    return "" if saved_empty_text else f"={parts['f']}"


def _estimate_cells(data: bytes) -> int:
    """An upper bound for the number of cells from the first to the last.

    Rows and cells without a reference follow each other, so only the file's size limits their number.
    """
    rows = max(map(int, set(_ROW_OF_5_DIGITS.findall(data))), default=9_999)
    columns = max((column_place(name.decode()) for name in set(_COLUMN_OF_2_LETTERS.findall(data))), default=25) + 1
    if rows * columns > MAX_CELLS:  # perhaps only by the default of 9,999 rows; the exact number takes longer
        rows = max(map(int, set(_ANY_ROW.findall(data))), default=rows)
    return rows * columns


def _read_ods(part: IO[bytes], struck_styles: frozenset[str]) -> dict[str, SheetDetails]:
    sheets: dict[str, SheetDetails] = {}
    details, row = SheetDetails(), 0
    last_column = 0
    columns: list[str] = []
    for element in elements(part, "table", "table-row", "table-column"):
        if element.tag == f"{_TABLE}table":
            sheets[element.get(f"{_TABLE}name", "")] = details
            details, row, last_column, columns = SheetDetails(), 0, 0, []
            continue
        if element.tag == f"{_TABLE}table-column":
            columns += [element.get(_DEFAULT_STYLE, "")] * min(int(element.get(_COLUMNS_REPEATED, 1)), _MAX_COLUMNS)
            continue
        repeated = int(element.get(_ROWS_REPEATED, 1))
        width = _read_ods_row(element, row, details)
        numbers = range(row + 1, row + min(repeated, MAX_ROWS) + 1)
        if width:
            details.repeated += _repeated_text(element) * min(repeated, MAX_ROWS)
        if details.repeated > MAX_BYTES:
            raise ValueError(f"its cells repeat texts of together more than {MAX_BYTES:,} bytes")
        if row in details.texts:
            details.texts.update(dict.fromkeys(range(row, row + min(repeated, MAX_ROWS)), details.texts[row]))
        if width:
            last_column = max(last_column, width)
            details.cells = (row + repeated) * last_column
            if element.get(f"{_TABLE}visibility", "visible") != "visible":
                details.hidden.extend(numbers)
            if struck_styles and _is_struck_ods_row(element, columns, struck_styles):
                details.struck.extend(numbers)
        row += repeated
    return sheets


def _is_struck_ods_row(row: Element, columns: Sequence[str], struck_styles: frozenset[str]) -> bool:
    place = 0
    for cell in row:
        column = columns[place] if place < len(columns) else ""
        if is_struck_ods(cell, row.get(_DEFAULT_STYLE) or column, struck_styles):
            return True
        place += int(cell.get(_COLUMNS_REPEATED, 1))
    return False


def _repeated_text(row: Element) -> int:
    """Count the bytes of text of a row; 0 if it can't be more than the row has in the file."""
    is_repeated = _ROWS_REPEATED in row.attrib
    return sum(
        len("".join(cell.itertext()).encode()) * min(int(cell.get(_COLUMNS_REPEATED, 1)), _MAX_COLUMNS)
        for cell in row
        if is_repeated or _COLUMNS_REPEATED in cell.attrib
    )


def _read_ods_row(row: Element, index: int, details: SheetDetails) -> int:
    """Add the missing texts and merges of a row to `details`; return the row's width up to its last filled cell."""
    place = width = 0
    for cell in row:
        attributes = cell.attrib
        repeated = int(attributes.get(_COLUMNS_REPEATED, 1))
        filled = len(cell) > 0 or _VALUE_TYPE in attributes
        text = ""
        if attributes.get(_CALC_VALUE_TYPE) == "error":
            text = "".join(cell.itertext()) or "#ERROR!"
        elif _VALUE_TYPE not in attributes:
            formula = attributes.get(_FORMULA, "")
            paragraphs = ("".join(part.itertext()) for part in cell.findall(_PARAGRAPH))
            text = formula.partition(":")[2] or formula or "\n".join(paragraphs)
        if text:
            places = range(place, place + min(repeated, _MAX_COLUMNS))
            details.texts.setdefault(index, {}).update(dict.fromkeys(places, text))
        if _ROWS_SPANNED in attributes:
            down, right = int(attributes[_ROWS_SPANNED]), int(attributes.get(_COLUMNS_SPANNED, 1))
            if down > 1 or right > 1:
                details.merges.append(Merge(index, place, index + down - 1, place + right - 1))
        place += repeated
        if filled or text:
            width = place
    return width
