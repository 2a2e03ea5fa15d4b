"""Rows that are beside a list, not of it: the header again, a comment, a total at the end. Each is said, none is lost.

A row is passed over only if it can't be anybody's. A comment sign before a row of somebody leaves open whether that
person is listed, so it refuses the row.
"""

import re
from collections.abc import Collection, Sequence
from typing import Protocol

from rolesync.model.findings import CellError, Code, Note, printable, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.placeholders import is_error_value
from rolesync.tables.grid import is_blank
from rolesync.tables.header_text import fold_header

LONGEST = 80  # characters of a label: matching takes long on long texts
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?|sum|count|records?|rows?|(?:gesamt)?summe|gesamt|insgesamt|anzahl|total général|nombre"
    r"|suma|totaal|(?:end|eof)(?: of (?:list|file|report|data))?",
    re.IGNORECASE,
)
_UNIT = r"(?:users?|rows?|records?|people|persons?|entries|members?)"
_NUMBER = re.compile(rf"[0-9][0-9., '\u00a0\u202f]*{_UNIT}?", re.IGNORECASE)
_LABELLED = re.compile(r"([^:=0-9@]+?)\s*[:=]?\s*([0-9].*)?")


class HasHeader(Protocol):
    """Whatever knows a header and which of its columns something is read from."""

    @property
    def header(self) -> Sequence[str]:
        """The texts of all columns."""
        ...

    @property
    def used(self) -> Collection[int]:
        """The places of the columns that are used."""
        ...


def find_ignored_rows(cells: Sequence[str], layout: HasHeader) -> Note | None:
    """Tell that a row is a comment or the header again; None where it has to be read as a row of the list.

    Raises:
        CellError: a comment sign stands before what may be somebody's row.
    """
    first, *others = (cell.strip() for cell in cells if cell.strip())
    if first.startswith("#") and not is_error_value(first):
        if others or "@" in first:
            text = f"the row begins with '#' ({quoted(printable(first))}), so it isn't clear whether it counts"
            raise CellError(Code.COMMENTED_ROW, f"{text}; delete the '#', or the row")
        return Note(Level.WARNING, Code.COMMENT_IGNORED, f"{quoted(printable(first))} is a comment and is not read")
    if all(_names(cells, place, layout) for place in layout.used):
        text = "the header stands here again, and is passed over; are two lists joined here?"
        return Note(Level.WARNING, Code.HEADER_REPEATED, text)
    return None


def _names(cells: Sequence[str], place: int, layout: HasHeader) -> bool:
    return place < len(cells) and fold_header(cells[place]) == fold_header(layout.header[place])


def total(cells: Sequence[str]) -> Note | None:
    """Tell that the last row of a list is a total or an end mark, as reports have it; None where it may be a person."""
    texts = [cell.strip() for cell in cells if not is_blank([cell])]
    labels = [text for text in texts if not _NUMBER.fullmatch(text)]
    if len(labels) > 1 or not any(map(_is_label, labels or texts[:1])):
        return None
    shown = quoted(printable(" ".join(texts)))
    return Note(Level.WARNING, Code.FOOTER_IGNORED, f"{shown} is a total or the end of the list, and is not read")


def _is_label(text: str) -> bool:
    if len(text) > LONGEST:
        return False
    if unit := _NUMBER.fullmatch(text):
        return not unit[0].strip()[-1].isdigit()  # "25 users", but not "25", which may be somebody's id
    found = _LABELLED.fullmatch(text)
    return bool(found and _TOTAL.fullmatch(found[1].strip(" -*_")) and (not found[2] or _NUMBER.fullmatch(found[2])))
