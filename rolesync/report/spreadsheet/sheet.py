"""What a sheet of a workbook is: columns, rows of cells, and the answers that a reader may give in it."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rolesync.tables.write_csv import escape_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Cell = str | int | date | None
Cells = tuple[Cell, ...]

MOST_CHARACTERS = 32_000
"""Characters of a cell, in CSV too: spreadsheets take 32,767, and many CSV readers refuse longer cells."""

DAY = "d mmm yyyy"
SIZE = '[<999500]0,\\ "kB";[<999500000]0.0,,\\ "MB";0.0,,,\\ "GB"'
"""Formats of dates, and of sizes in bytes: people read 3 May 2026 and 1.2 GB, and the cells sort as what they are."""


class AtLeast(int):
    """A number that may be higher, because not all is known; shown as in `≥ 3`."""


class Column(NamedTuple):
    """A column: as wide as its texts, from `least` to `most` characters; longer texts are wrapped."""

    title: str
    most: int = 40
    number_format: str = ""
    least: int = 0


class Footer(NamedTuple):
    """What every printed page shows: what the workbook is of, the digest or id of that, and the account."""

    what: str
    name: str
    account: str


class Sheet(NamedTuple):
    """One sheet; the word in the column `colour_by` colours its row.

    `words` are the answers that each row may have in the first column, such as `exclude` or `yes,no`; "" for none.
    `prompts` explain the answers. The answer `struck` strikes its row through. The sheet `is_text` if it is read from
    top to bottom, with its first title as a heading.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Cells]
    colour_by: str = ""
    words: tuple[str, ...] = ()
    prompts: Mapping[str, str] = MappingProxyType({})
    struck: str = ""
    is_text: bool = False

    @property
    def titles(self) -> tuple[str, ...]:
        """The cells of the first row."""
        return tuple(column.title for column in self.columns)


def row_cells(row: Iterable[Cell]) -> Cells:
    """Return a row's facts as cells: texts are escaped, so that none is a formula, and 0 becomes an empty cell."""
    return tuple(escape_formula(cell) if isinstance(cell, str) else cell or None for cell in row)


def protect_error_text(text: str) -> str:
    """Put an apostrophe before `#N/A` and the like, which openpyxl would store as an error, not as a text."""
    return f"'{text}" if text.startswith("#") else text
