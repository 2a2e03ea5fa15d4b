"""Delimited text → records, numbered as a spreadsheet numbers rows: one at a time, or whole blocks of plain lines.

The text is cut into blocks of complete lines. In a plain block every line is exactly one record: it has only the usual
line ends, and quotes only around whole cells without delimiters and quotes. `take_block` hands such a block out
unparsed, without its quotes. The csv module parses all other blocks, record by record. Both ways can alternate: each
continues where the other stopped.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from operator import length_hint

import numpy as np

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.tables.grid import Block, Cells

FIRST = 4 * 2**10  # bytes of the first block, which holds titles and header and is parsed under each delimiter
SAMPLE = 4 * 2**10  # bytes of the rows that confirm a header
BLOCK = 2**18  # bytes of every other block: it fits into the processor's cache together with its results
_MAX_CELL = 64 * 2**20  # characters; the csv module's default limit is a page or two
_NEWLINE = ord("\n")
_LINE_END = re.compile(rb"\n|\r(?!\n)")

csv.field_size_limit(_MAX_CELL)


class Records:
    r"""The records of a text.

    `rows` can be read once and yields (row number, cells). Empty lines are counted but not yielded. After broken quotes
    that span several lines, row boundaries are unknown, so no further row follows. A line whose quotes are escaped by
    a backslash, as in `"say \"hi\""`, is split in this way if it can't be split otherwise.

    Args:
        data: the text in UTF-8; invalid bytes are allowed.
        delimiter: a single character.
        first: the row number of the first line.
        quote: what quotes a cell.
        skips_blanks: whether blanks may be before the quote of a cell.
    """

    def __init__(
        self, data: bytes, delimiter: str, first: int = 1, quote: str = '"', *, skips_blanks: bool = False
    ) -> None:
        self._data = data
        self._quote = quote
        self._skips_blanks = skips_blanks
        self._first = first
        self.delimiter = delimiter
        self._position = 0  # where the next block begins
        self._number = first
        self._block: list[str] = []  # the lines of the block that is being parsed
        self._lines: Iterator[str] = iter(())  # its unread lines
        self._at_end = self._boundaries_lost = False
        self.rows: Iterator[tuple[int, Cells]] = self._parsed_records()

    @property
    def at_block_start(self) -> bool:
        """Whether the next record begins a block."""
        return not self._boundaries_lost and not length_hint(self._lines)

    @property
    def bytes_left(self) -> int:
        """Bytes after the last block that was taken."""
        return len(self._data) - self._position

    def first_rows(self) -> list[tuple[int, list[str]]]:
        """Return the rows of a sample, and take none; a row that is cut at its end is left out."""
        end = self._data.rfind(b"\n", 0, SAMPLE) + 1 if len(self._data) > SAMPLE else len(self._data)
        records = Records(self._data[:end], self.delimiter, self._first, self._quote, skips_blanks=self._skips_blanks)
        return [(number, cells) for number, cells in records.rows if isinstance(cells, list)]

    def take_block(self) -> Block | None:
        """Take the next plain lines, about one block of them, out of `rows`; None where lines must be parsed."""
        if not self.at_block_start:
            return None
        end = self._data.rfind(b"\n", self._position, self._block_end()) + 1
        data = self._data[self._position : max(end, self._position)]
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        if not data or b"\r" in data or len(data) > _MAX_CELL:
            return None
        plain = _without_quotes(data, self._quote.encode(), self.delimiter.encode())
        if plain is None:
            return None
        self._position = end
        block = Block(self._number, plain, self.delimiter.encode())
        lines = np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE)  # bytes.count is slow for short lines
        self._number += int(lines)
        return block

    def _parsed_records(self) -> Iterator[tuple[int, Cells]]:
        lines = chain.from_iterable(self._blocks_to_parse())
        reader = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self._quote,
            skipinitialspace=self._skips_blanks,
            strict=True,
        )
        while not self._boundaries_lost:
            line = reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as cause:
                number = self._number
                self._number += 1
                text = self._latest_lines(reader.line_num - line)
                if len(text) == 1 and (escaped := self._split_escaped(text[0])):
                    yield number, escaped
                    continue
                self._boundaries_lost = self._at_end or len(text) > 1
                yield number, (_quoting_error(number, text, cause, unclosed=self._at_end),)
                continue
            number = self._number
            self._number += 1
            if cells:
                yield number, cells

    def _blocks_to_parse(self) -> Iterator[Iterator[str]]:
        while self._position < len(self._data):
            block = io.BytesIO(self._data[self._position : (end := self._block_end())])
            self._position = end
            text = io.TextIOWrapper(block, encoding="utf-8", errors="surrogateescape", newline="")
            self._block = text.readlines()
            self._lines = iter(self._block)
            yield self._lines
        self._at_end = True

    def _latest_lines(self, count: int) -> list[str]:
        """The lines that were read last, as far as they are in this block; at least one."""
        end = len(self._block) - length_hint(self._lines)
        return self._block[max(0, end - max(1, count)) : end]

    def _split_escaped(self, line: str) -> list[str]:
        """Split a line whose quotes are escaped by a backslash; empty if there are none, or it can't be split so."""
        if f"\\{self._quote}" not in line:
            return []
        reader = csv.reader([line], delimiter=self.delimiter, quotechar=self._quote, escapechar="\\", strict=True)
        try:
            return next(reader)
        except csv.Error:
            return []

    def _block_end(self) -> int:
        target_end = self._position + (BLOCK if self._position else FIRST)
        line_end = _LINE_END.search(self._data, target_end - 1)
        return line_end.end() if line_end else len(self._data)


def _without_quotes(lines: bytes, quote: bytes, delimiter: bytes) -> bytes | None:
    """Take the quotes off whole cells; None if that would change the cells.

    Args:
        lines: complete lines that end with a line feed.
        quote: what quotes a cell, a single byte.
        delimiter: a single byte.
    """
    if quote not in lines:
        return lines
    octets = np.frombuffer(lines, np.uint8)
    is_quote, is_edge = octets == quote[0], (octets == delimiter[0]) | (octets == _NEWLINE)
    places = np.flatnonzero(is_quote)
    opening, closing = places[::2], places[1::2]
    # Before the first line there is an edge, too: the index -1 finds the line feed at the end.
    if len(opening) != len(closing) or not (is_edge[opening - 1].all() and is_edge[closing + 1].all()):
        return None
    is_inside = np.cumsum(is_quote, dtype=np.uint8) & 1  # the sum may wrap, which keeps it even or odd
    return None if (is_edge & (is_inside == 1)).any() else lines.translate(None, quote)


def _quoting_error(number: int, lines: list[str], cause: csv.Error, *, unclosed: bool) -> Finding:
    line = quoted(printable("".join(lines[:1]).rstrip("\r\n")))
    if unclosed:
        message = f"a quote opens in this row ({line}) and never closes, so neither it nor any row after it can be read"
        advice = "close the quote, or double it if it belongs to the text"
        return error(Code.UNCLOSED_QUOTE, f"{message}; {advice}", row=number)
    suffix = ", nor can the rows after it" if len(lines) > 1 else ""
    advice = _separator_advice("".join(lines[:1])) or "check its quotes: a quote inside a quoted cell must be doubled"
    return error(Code.BROKEN_QUOTING, f"the row {line} can't be read ({cause}){suffix}; {advice}", row=number)


def _separator_advice(line: str) -> str:
    """Advise what to do about a separator of quoted cells that is not a delimiter; "" for other lines."""
    before, *cells, after = line.strip().split('"') if line.count('"') > 1 else ("-", "", "")
    signs = set(cells[1::2])
    if before or after or len(cells) % 2 == 0 or len(signs) != 1:
        return ""
    sign = signs.pop()
    if not sign or any(map(str.isalnum, sign)):
        return ""
    if len(sign) == 1:
        return f"its cells are separated by {quoted(printable(sign))}: write `sep={sign}` as the first line of the file"
    return f"{quoted(printable(sign))} separates its cells: replace it by a comma without blanks"
