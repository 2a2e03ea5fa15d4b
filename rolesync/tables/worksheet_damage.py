"""Damage in an XLSX that the workbook library doesn't notice, or doesn't locate.

The library takes a shared text's number that it can't read for 0, the first text. Of two cells in the same place it
drops the first. A user would get the role of another row, or vanish.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from string import ascii_uppercase
from xml.etree.ElementTree import Element

from rolesync.model.findings import quoted
from rolesync.tables.xml_elements import SHARED_TEXTS, elements, local_name, read_part

_UNUSUAL_NUMBER = re.compile(rb"[<:]v(?!>(?:0|[1-9][0-9]{0,8})</)")
_PLACE = re.compile(rb"<(?:\w+:)?(?:row|c)\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Z]*)([0-9]+)")
_MAX_PLACES = 16 * 2**20  # bytes of a sheet whose cells are each compared with their row
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\s(?:[^>]*?\s)?r\s*=\s*[\"']([0-9]+)")


def may_be_damaged(worksheet: bytes, rows: Sequence[Sequence[object]]) -> bool:
    """Whether a sheet must be searched for damage.

    That is, a text's number is unusual, a row's number is there twice, a cell names another row than its own, or the
    library read fewer values than there are.

    Args:
        worksheet: the sheet's XML.
        rows: the values that the library read.
    """
    if _UNUSUAL_NUMBER.search(worksheet):
        return True
    numbers = _ROW_NUMBER.findall(worksheet)
    if len(set(numbers)) < len(numbers):
        return True
    if len(worksheet) <= _MAX_PLACES and _has_misplaced_cell(worksheet):
        return True
    values = sum(worksheet.count(tag) for tag in (b"<v>", b"<is>", b":v>", b":is>"))
    return sum(len(row) - row.count("") for row in rows) < values


def _has_misplaced_cell(worksheet: bytes) -> bool:
    """Whether a cell names another row than the one that it is in; the library would move it there."""
    row = b""
    for column, number in _PLACE.findall(worksheet):
        if not column:
            row = number
        elif number != row:
            return True
    return False


def check_worksheet(archive: zipfile.ZipFile, name: str, worksheet: bytes) -> None:
    """Refuse a sheet with damage.

    Args:
        archive: the workbook.
        name: the sheet's name.
        worksheet: the sheet's XML.

    Raises:
        ValueError: cells have the same place, or name a text that doesn't exist.
        ParseError: the XML is damaged.
    """
    if damage := next(_damages(worksheet, _count_shared_texts(archive)), ""):
        raise ValueError(f"in its sheet {quoted(name)} {damage}")


def _count_shared_texts(archive: zipfile.ZipFile) -> int:
    texts = read_part(archive, SHARED_TEXTS)
    return sum(1 for _ in elements(texts, "si")) if texts else 0


def _damages(worksheet: bytes, texts: int) -> Iterator[str]:
    rows: set[int] = set()
    cells: set[str] = set()
    row = 0
    for element in elements(worksheet, "row"):
        row = int(element.get("r", row + 1))
        if row in rows:
            yield f"row {row} is there twice"
        rows.add(row)
        for cell in element:
            reference = cell.get("r", "")
            if reference and reference in cells:
                yield f"cell {reference} is there twice"
            cells.add(reference)
            if reference and reference.upper().lstrip(ascii_uppercase) != str(row):
                yield f"cell {reference} is in row {row}"
            if cell.get("t") == "s":
                yield from _damaged_number(cell, f"cell {reference}" if reference else f"a cell of row {row}", texts)


def _damaged_number(cell: Element, place: str, texts: int) -> Iterator[str]:
    for child in cell:
        if local_name(child) == "v":
            number = child.text or ""
            if not (number.isascii() and number.isdigit() and int(number) < texts):
                yield f"{place} refers to text {quoted(number)}, and the workbook has {texts} texts, counted from 0"
