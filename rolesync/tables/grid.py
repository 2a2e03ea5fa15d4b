"""The rows of a sheet, before anybody knows what they mean: text cells under the numbers that a spreadsheet shows.

Every kind of file ends in one; whoever reads one doesn't know where it came from. A row that can't be read as it stands
comes out as its findings, never as nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.vocabulary import Level

Cells = list[str] | tuple[Finding, ...]
"""The cells of a row, or why there are none."""

_NOT_TEXT = re.compile("[\0\udc80-\udcff]")

EXACT_FLOAT = 2**53  # from here on a floating-point number stands for several whole ones


class Block(NamedTuple):
    """Lines that are a row each: `data` ends every one by a line feed and holds neither quotes nor other line ends.

    `number` is that of the first line, `delimiter` a single byte.
    """

    number: int
    data: bytes
    delimiter: bytes


class Blocks(Protocol):
    """The same rows as those of a grid, of which many can be taken at once."""

    @property
    def between(self) -> bool:
        """Whether the next row begins a block."""
        ...

    @property
    def left(self) -> int:
        """Bytes behind the last block that was taken."""
        ...

    def take(self) -> Block | None:
        """Take the next block away from the rows; None where they have to be read one by one."""
        ...


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a sheet, or of a text under one delimiter.

    `rows` can be read once and gives (row number, cells); entirely empty lines are left out but counted. `clean` tells
    that every cell is text, `whole` that the last row ends as a line does. `notes` are the sheet's findings: those with
    a row matter only below the header. `blocks` gives many rows at once, where there is a text that they stand in;
    `delimiter` is that text's, "" where there is none.
    """

    rows: Iterator[tuple[int, Cells]]
    name: str = ""
    hidden: bool = False
    clean: bool = True
    whole: bool = True
    notes: tuple[Finding, ...] = ()
    blocks: Blocks | None = None
    delimiter: str = ""


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row has no text at all, blanks aside."""
    return not any(map(str.strip, cells))


def only_text(number: int, cells: Sequence[str], header: Sequence[str], used: Collection[int]) -> tuple[Finding, ...]:
    """Tell which cells of row `number` are not text.

    A cell with other bytes than UTF-8 is an error in a column that is `used`, or in none; elsewhere it doesn't matter.
    A NUL is an error anywhere: the file is damaged.
    """
    findings = []
    for index, cell in enumerate(cells):
        found = _NOT_TEXT.search(cell)
        if not found:
            continue
        column = printable(header[index]) if index < len(header) else None
        if "\0" in cell:
            text = f"{quoted(printable(cell))} holds a NUL byte, so the file is damaged or not plain text"
            findings.append(error(Code.NUL_BYTE, f"{text}; export it again as CSV UTF-8", row=number, column=column))
        else:
            text = f"byte 0x{ord(found[0]) - 0xDC00:02X} in {quoted(printable(cell))} is not UTF-8"
            if index in used or column is None:
                advice = "save the file again as 'CSV UTF-8 (comma delimited)'"
                findings.append(error(Code.NOT_UTF8, f"{text}; {advice}", row=number, column=column))
            else:
                text = f"{text}; nothing is read from this column, so it doesn't matter"
                findings.append(Finding(Level.WARNING, Code.NOT_UTF8.value, text, number, column))
    return tuple(findings)
