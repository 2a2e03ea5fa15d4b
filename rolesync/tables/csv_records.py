"""Delimited text → its records, numbered as a spreadsheet numbers rows: one by one, or many plain lines at once.

The text is cut into blocks of whole lines. Where nothing in a block can make a record other than a line (no quote, no
other line break than the usual two), `take` gives it away as it stands, and whoever takes it needs no parser.
All else goes through the csv module, record by record. Both ways go on where the other one stopped.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from operator import length_hint

import numpy as np

from rolesync.model.findings import Code, Finding, error
from rolesync.tables.grid import Block, Cells

FIRST = 4 * 2**10  # bytes of the first block: titles and the header, which are looked at under each delimiter
BLOCK = 2**18  # of the others: what fits into a processor's own memory together with what is made of it
MAX_CELL = 64 * 2**20  # characters; the csv module's own limit is a page or two
_END = ord("\n")
_LINE_END = re.compile(rb"\n|\r(?!\n)")

csv.field_size_limit(MAX_CELL)


class Records:
    """The records of a text.

    `rows` can be read once and gives (row number, cells); entirely empty lines are left out but counted. After quoting
    that breaks over several lines no row can be told from another, so that nothing follows.

    Args:
        data: the text, as UTF-8 as far as it is.
        delimiter: one character.
        first: the number of its first line.
    """

    def __init__(self, data: bytes, delimiter: str, first: int = 1) -> None:
        self._data = data
        self.delimiter = delimiter
        self._at = 0  # where the next block begins
        self._number = first
        self._lines: Iterator[str] = iter(())  # what is left of the block that is read record by record
        self._ended = self._lost = False
        self.rows: Iterator[tuple[int, Cells]] = self._records()

    @property
    def between(self) -> bool:
        """Whether the next record begins a block."""
        return not self._lost and not length_hint(self._lines)

    @property
    def left(self) -> int:
        """Bytes behind the last block that was taken."""
        return len(self._data) - self._at

    def take(self) -> Block | None:
        """Take the next lines away from `rows`, as many as make a block; None where they have to be parsed."""
        if not self.between:
            return None
        end = self._data.rfind(b"\n", self._at, self._block_end()) + 1
        data = self._data[self._at : max(end, self._at)]
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        if not data or b'"' in data or b"\r" in data or len(data) > MAX_CELL:
            return None
        self._at = end
        block = Block(self._number, data, self.delimiter.encode())
        self._number += int(np.count_nonzero(np.frombuffer(data, np.uint8) == _END))  # `count` is slow for short lines
        return block

    def _records(self) -> Iterator[tuple[int, Cells]]:
        reader = csv.reader(chain.from_iterable(self._parsed_blocks()), delimiter=self.delimiter, strict=True)
        while not self._lost:
            line = reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as cause:
                number = self._number
                self._number += 1
                self._lost = self._ended or reader.line_num - line > 1
                yield number, (_broken(number, cause, unclosed=self._ended, lost=self._lost),)
                continue
            number = self._number
            self._number += 1
            if cells:
                yield number, cells

    def _parsed_blocks(self) -> Iterator[Iterator[str]]:
        while self._at < len(self._data):
            block = io.BytesIO(self._data[self._at : (end := self._block_end())])
            self._at = end
            text = io.TextIOWrapper(block, encoding="utf-8", errors="surrogateescape", newline="")
            self._lines = iter(text.readlines())
            yield self._lines
        self._ended = True

    def _block_end(self) -> int:
        enough = self._at + (BLOCK if self._at else FIRST)
        found = _LINE_END.search(self._data, enough - 1)
        return found.end() if found else len(self._data)


def _broken(number: int, cause: csv.Error, *, unclosed: bool, lost: bool) -> Finding:
    if unclosed:
        message = "a quote is opened in this row and never closed, so this row and all after it can't be read"
        return error(Code.UNCLOSED_QUOTE, f"{message}; close it, or double it where it is part of the text", row=number)
    rest = ", nor can the rows after it" if lost else ""
    advice = "check its quotes: one inside a quoted cell has to be doubled"
    return error(Code.BROKEN_QUOTING, f"the row can't be read ({cause}){rest}; {advice}", row=number)
