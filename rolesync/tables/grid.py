"""The rows of a sheet or text before their meaning is known: text cells under the row numbers a spreadsheet shows.

Every kind of file becomes a grid, so code that reads a grid needs no knowledge of the file. A row that can't be read
is yielded as its findings and never left out.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.vocabulary import Level

Cells = list[str] | tuple[Finding, ...]
"""The cells of a row, or the findings with the reason why it can't be read."""

_NOT_TEXT = re.compile("[\0\udc80-\udcff]")

EXACT_FLOAT = 2**53  # from here on, one floating-point number represents several whole numbers


class Block(NamedTuple):
    r"""Lines that are one row each.

    In `data` every line ends with `\n`; there are no quotes and no other line ends. `number` is the row number of the
    first line, `delimiter` a single byte.
    """

    number: int
    data: bytes
    delimiter: bytes


class BlockSource(Protocol):
    """A grid's rows again, as blocks; taking a block removes its rows from the grid."""

    @property
    def at_block_start(self) -> bool:
        """Whether the next row begins a block."""
        ...

    @property
    def bytes_left(self) -> int:
        """Bytes after the last block that was taken."""
        ...

    def first_rows(self) -> list[tuple[int, list[str]]]:
        """Return the first rows, and take none."""
        ...

    def take_block(self) -> Block | None:
        """Take the next block; None where the rows must be read one by one."""
        ...


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a sheet, or of a text under one delimiter.

    Attributes:
        rows: yields (row number, cells), once. Empty lines are counted but not yielded.
        name: the sheet's name; "" for text.
        hidden: whether the workbook hides the sheet.
        all_text: whether every cell is known to be valid text, see `find_non_text`.
        last_line_ended: False if the file ends within its last line, which may be cut.
        findings: about the sheet; those with a row apply only to rows below the header.
        blocks: the same rows as blocks; None for a workbook.
        delimiter: the text's delimiter; "" for a workbook.
        merged: cells that each have one text for several rows: their first row, their last row, and the column from 0.
        may_be_wrapped: whether whole lines may be quoted, so that a row is a single cell.
        guess: the name of the text's encoding if it is a guess; then letters outside ASCII may be wrong.
        rows_above: rows that are not among `rows`, because they say how to read the others.
    """

    rows: Iterator[tuple[int, Cells]]
    name: str = ""
    hidden: bool = False
    all_text: bool = True
    last_line_ended: bool = True
    findings: tuple[Finding, ...] = ()
    blocks: BlockSource | None = None
    delimiter: str = ""
    merged: tuple[tuple[int, int, int], ...] = ()
    may_be_wrapped: bool = False
    guess: str = ""
    rows_above: tuple[tuple[int, list[str]], ...] = ()


def is_blank(cells: Iterable[str]) -> bool:
    """Whether all cells are empty or whitespace."""
    return not any(map(str.strip, cells))


def padded(cells: Sequence[str], width: int) -> list[str]:
    """Add blank cells to a row that has fewer cells than `width`."""
    return [*cells, *[""] * (width - len(cells))]


def find_non_text(
    number: int, cells: Sequence[str], header: Sequence[str], used: Collection[int], guess: str = ""
) -> tuple[Finding, ...]:
    """Find the cells of a row that are not text for certain.

    A NUL is always an error, because the file is damaged. In a used column and in cells beyond the header, bytes that
    fit no encoding and letters that depend on a guessed encoding are an error. In an unused column such bytes are a
    warning, and such letters are ignored.

    Args:
        number: the row number.
        cells: its cells; bytes that are not UTF-8 are lone surrogates.
        header: the header's cells.
        used: the columns that decide who gets what, counted from 0.
        guess: the name of the encoding if it is a guess; "" if it is certain.
    """
    findings = []
    for index, cell in enumerate(cells):
        column = printable(header[index]) if index < len(header) else None
        match = _NOT_TEXT.search(cell)
        if not match:
            if guess and not cell.isascii() and (index in used or column is None):
                text = f"{quoted(cell)} depends on the file's encoding, which is not named and looks like {guess}"
                advice = f"if this text is right, add --encoding {guess}; else name the right encoding"
                findings.append(error(Code.NOT_UTF8, f"{text}; {advice}", row=number, column=column))
        elif "\0" in cell:
            text = f"{quoted(printable(cell))} holds a NUL byte, so the file is damaged or not plain text"
            findings.append(error(Code.NUL_BYTE, f"{text}; export it again as CSV UTF-8", row=number, column=column))
        else:
            text = f"byte 0x{ord(match[0]) - 0xDC00:02X} in {quoted(printable(cell))} is not UTF-8"
            if index in used or column is None:
                advice = "write this cell again, and save the file as 'CSV UTF-8 (comma delimited)'"
                findings.append(error(Code.NOT_UTF8, f"{text}; {advice}", row=number, column=column))
            else:
                text = f"{text}; this column is not read, so it doesn't matter"
                findings.append(Finding(Level.WARNING, Code.NOT_UTF8.value, text, number, column))
    return tuple(findings)
