"""What the library for workbooks leaves out of XLSX and ODS, read from their XML.

It gives nothing for error values, for formulas whose value was not saved and for text that an ODS doesn't call so: none
of them may pass for an empty cell. It doesn't tell of hidden rows. And it makes room for every cell from the first to
the last, so that one stray cell far off would take all memory. ECMA-376 part 1, 18.3.1 (XLSX) and OpenDocument 1.3
part 3, 9.1 (ODS) say how these are written.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, iterparse

from rolesync.tables.file_type import Content, Kind

MAX_ROWS, MAX_COLUMNS = 2**20, 2**14  # of a sheet, in every program
MAX_CELLS = 60_000_000  # the greatest sheet of a list: a million rows with sixty columns
_ODDITIES = (b"hidden", b'"e"', b"'e'", b"<f", b":f")  # what a sheet with hidden rows, errors or formulas must hold
_PLACES = rb"\sr\s*=\s*[\"']"  # how the place of a row or cell begins
_ROWS = re.compile(_PLACES + rb"[A-Z]{0,3}([0-9]+)")
_FAR_DOWN = re.compile(_PLACES + rb"[A-Z]{0,3}([0-9]{5,})")
_FAR_RIGHT = re.compile(_PLACES + rb"([A-Z]{2,3})[0-9]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_TRUE = ("1", "true", "on")

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ROWS_REPEATED, _COLUMNS_REPEATED = f"{_TABLE}number-rows-repeated", f"{_TABLE}number-columns-repeated"
_ROWS_SPANNED, _COLUMNS_SPANNED = f"{_TABLE}number-rows-spanned", f"{_TABLE}number-columns-spanned"
_FORMULA = f"{_TABLE}formula"
_PARAGRAPH = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_VALUE_TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
_ERROR = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"


class Merge(NamedTuple):
    """A merged area, rows and columns counted from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Marks:
    """What a sheet has besides its values.

    `hidden` are row numbers from 1, in order; `texts` the cells whose text the library leaves out, by row and column
    from 0; `cells` the size of the area from the first cell to the last.
    """

    hidden: list[int] = field(default_factory=list)
    texts: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    cells: int = 0


def marks_of(content: Content) -> dict[str, Marks]:
    """Read what is to be known of each sheet, by its name.

    Raises:
        ParseError, KeyError, ValueError: the workbook is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        if content.kind is Kind.ODS:
            with archive.open("content.xml") as part:
                return _opendocument(part)
        return {name: _worksheet(archive.read(part)) for name, part in _parts(archive)}


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The sheets of an XLSX, each with the part of the archive that holds it."""
    targets = {}
    for element in _elements(archive.open("xl/_rels/workbook.xml.rels"), "Relationship"):
        targets[element.get("Id")] = posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lstrip("/")
    names = {part.filename.casefold(): part.filename for part in archive.infolist()}
    for element in _elements(archive.open("xl/workbook.xml"), "sheet"):
        key = next((value for name, value in element.items() if name.endswith("}id")), "")
        part = names.get(targets.get(key, "").casefold())
        if part:
            yield element.get("name", ""), part


def _elements(part: IO[bytes], *names: str) -> Iterator[Element]:
    """Yield the elements of these names as they end, and forget each row when it is done."""
    for _, element in iterparse(part):  # noqa: S314  # no entity is fetched, and expat bounds what one may grow to
        name = element.tag.rpartition("}")[2]
        if name in names:
            yield element
            element.clear()


def _worksheet(data: bytes) -> Marks:
    marks = Marks(cells=_extent(data))
    if data.startswith(b"<") and not any(oddity in data for oddity in _ODDITIES):
        return marks
    row = 0
    for element in _elements(io.BytesIO(data), "row"):
        row = int(element.get("r", row + 1))
        if element.get("hidden") in _TRUE:
            marks.hidden.append(row)
        place = -1
        for cell in element:
            found = _REFERENCE.fullmatch(cell.get("r", ""))
            place = _column(found[1]) if found else place + 1
            if text := _left_out(cell):
                marks.texts.setdefault((int(found[2]) if found else row) - 1, {})[place] = text
    return marks


def _left_out(cell: Element) -> str:
    """The text of an error value, or of a formula without a value; "" for a cell that the library reads."""
    parts = {child.tag.rpartition("}")[2]: child.text or "" for child in cell}
    if cell.get("t") == "e":
        return parts.get("v") or "#ERROR!"
    if "f" not in parts or "is" in parts or parts.get("v"):
        return ""
    empty = "v" in parts and cell.get("t") == "str"  # a saved value, which is a text without letters
    return "" if empty else f"={parts['f']}"


def _extent(data: bytes) -> int:
    """At least the cells between the first and the last one; rows or cells without a place follow each other."""
    row = max(map(int, set(_FAR_DOWN.findall(data))), default=9_999)
    column = max((_column(name.decode()) for name in set(_FAR_RIGHT.findall(data))), default=25) + 1
    if row * column > MAX_CELLS:  # perhaps only because small numbers are not looked at, which takes time
        row = max(map(int, set(_ROWS.findall(data))), default=row)
    return row * column


def _column(name: str) -> int:
    """The column of a name such as AB, counted from 0."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _opendocument(part: IO[bytes]) -> dict[str, Marks]:
    sheets: dict[str, Marks] = {}
    marks, row = Marks(), 0
    last_column = 0
    for element in _elements(part, "table", "table-row"):
        if element.tag == f"{_TABLE}table":
            sheets[element.get(f"{_TABLE}name", "")] = marks
            marks, row, last_column = Marks(), 0, 0
            continue
        repeated = int(element.get(_ROWS_REPEATED, 1))
        width = _cells(element, row, marks)
        if row in marks.texts:
            marks.texts.update(dict.fromkeys(range(row, row + min(repeated, MAX_ROWS)), marks.texts[row]))
        if width:
            last_column = max(last_column, width)
            marks.cells = (row + repeated) * last_column
            if element.get(f"{_TABLE}visibility", "visible") != "visible":
                marks.hidden.extend(range(row + 1, row + min(repeated, MAX_ROWS) + 1))
        row += repeated
    return sheets


def _cells(row: Element, index: int, marks: Marks) -> int:
    """Note what is odd about the cells of a row; return where its last cell with something in it ends."""
    place = width = 0
    for cell in row:
        known = cell.attrib
        repeated = int(known.get(_COLUMNS_REPEATED, 1))
        filled = len(cell) > 0 or _VALUE_TYPE in known
        text = ""
        if known.get(_ERROR) == "error":
            text = "".join(cell.itertext()) or "#ERROR!"
        elif _VALUE_TYPE not in known:
            formula = known.get(_FORMULA, "")
            shown = ("".join(part.itertext()) for part in cell.findall(_PARAGRAPH))
            text = formula.partition(":")[2] or formula or "\n".join(shown)
        if text:
            places = range(place, place + min(repeated, MAX_COLUMNS))
            marks.texts.setdefault(index, {}).update(dict.fromkeys(places, text))
        if _ROWS_SPANNED in known:
            down, right = int(known[_ROWS_SPANNED]), int(known.get(_COLUMNS_SPANNED, 1))
            if down > 1 or right > 1:
                marks.merges.append(Merge(index, place, index + down - 1, place + right - 1))
        place += repeated
        if filled or text:
            width = place
    return width
