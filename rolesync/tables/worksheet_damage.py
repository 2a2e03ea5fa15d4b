"""Damage in an XLSX that the workbook library doesn't notice, or doesn't locate.

If the library can't read the number of a shared text, it uses 0, the first text. If two cells have the same place, it
drops the first cell. So a user would get the role of another row, or vanish.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from string import ascii_uppercase
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt

from rolesync.model.findings import quoted
from rolesync.tables.xml_elements import SHARED_TEXTS, elements, local_name, read_part

Ints = npt.NDArray[np.int64]

_UNUSUAL_NUMBER = re.compile(rb"[<:]v(?!>(?:0|[1-9][0-9]{0,8})</)")
_SPACED_ATTRIBUTE = re.compile(rb"\sr(?:\s+=|=\s)")
_CHUNK = 2**22  # bytes of a sheet whose references are looked at together
_QUOTES, _BLANKS = (ord('"'), ord("'")), tuple(b" \t\r\n")
_LETTERS, _DIGITS = 3, 7  # of the longest reference
_BASE = 10


def may_be_damaged(worksheet: bytes, rows: Sequence[Sequence[object]]) -> bool:
    """Whether a sheet must be searched for damage.

    It must if the number of a text has an unusual form, two rows have the same number, a cell names another row, or the
    library read fewer values than the sheet has.

    Args:
        worksheet: the sheet's XML.
        rows: the values that the library read.
    """
    if _UNUSUAL_NUMBER.search(worksheet):
        return True
    if _SPACED_ATTRIBUTE.search(worksheet[:_CHUNK]) or _has_misplaced_cell(worksheet):
        return True
    values = sum(worksheet.count(tag) for tag in (b"<v>", b"<is>", b":v>", b":is>"))
    return sum(len(row) - row.count("") for row in rows) < values


def _has_misplaced_cell(worksheet: bytes) -> bool:
    """Whether two rows have the same number, or a cell names another row, to which the library would move it."""
    row = 0
    rows: list[Ints] = []
    for start in range(0, len(worksheet), _CHUNK):
        number, is_cell = _references(worksheet, start)
        if not len(number):
            continue
        latest = np.maximum.accumulate(np.where(is_cell, -1, np.arange(len(number))))
        row_of = np.where(latest < 0, row, number[latest])
        if (number != row_of).any():
            return True
        row = int(row_of[-1])
        rows.append(number[~is_cell])
    all_rows = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return len(np.unique(all_rows)) < len(all_rows)


def _references(worksheet: bytes, start: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Find the attributes `r` that begin in a chunk: the row number in each, and whether it is a cell's or a row's."""
    before = 1 if start else 0
    part = worksheet[start - before : start + _CHUNK + len(' r="') + _LETTERS + _DIGITS]
    data = np.frombuffer(part + bytes(_LETTERS + _DIGITS + 1), np.uint8)
    at = np.flatnonzero(data[before : before + _CHUNK] == ord("r")) + before
    at = at[(data[at + 1] == ord("=")) & np.isin(data[at - 1], _BLANKS)]
    at = at[np.isin(data[at + 2], _QUOTES)] + 3
    is_cell = (data[at] >= ord("A")) & (data[at] <= ord("Z"))
    for _ in range(_LETTERS):
        at = at + ((data[at] >= ord("A")) & (data[at] <= ord("Z")))
    number = np.zeros(len(at), np.int64)
    for _ in range(_DIGITS):
        digit = data[at] - np.uint8(ord("0"))  # other signs wrap to more than 9
        is_digit = digit < _BASE
        number = np.where(is_digit, number * _BASE + digit, number)
        at = at + is_digit
    return number, is_cell


def check_worksheet(archive: zipfile.ZipFile, name: str, worksheet: bytes) -> None:
    """Refuse a sheet with damage.

    Args:
        archive: the workbook.
        name: the sheet's name.
        worksheet: the sheet's XML.

    Raises:
        ValueError: two rows or cells have the same place, a cell is in another row than it names, or the number of a
            row or of a text is invalid.
        ParseError: the XML is damaged.
    """
    if damage := next(_damages(worksheet, _count_shared_texts(archive)), ""):
        raise ValueError(f"in its sheet {quoted(name)} {damage}")


def _count_shared_texts(archive: zipfile.ZipFile) -> int:
    texts = read_part(archive, SHARED_TEXTS)
    return sum(1 for _ in elements(texts, "si")) if texts else 0


def _damages(worksheet: bytes, texts: int) -> Iterator[str]:
    rows: set[int] = set()
    row = 0
    for element in elements(worksheet, "row"):
        row = int(element.get("r", row + 1))
        if row in rows:
            yield f"row {row} appears twice"
        rows.add(row)
        cells: set[str] = set()
        for cell in element:
            reference = cell.get("r", "")
            if reference and reference in cells:
                yield f"cell {reference} appears twice"
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
