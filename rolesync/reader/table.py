"""Bytes → rows of text cells, with the row numbers that a spreadsheet shows.

Every kind of file ends in a `Table`; whoever reads one doesn't know where it came from. Today that is CSV: UTF-8 with
or without byte order mark, any of four delimiters, LF, CRLF or CR. Nothing is guessed: the delimiter is the one under
which the header makes sense, and a row that can't be read as it stands comes out as its findings, never as nothing.
"""

import codecs
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from rolesync.errors import InputRefusedError
from rolesync.model import Finding
from rolesync.reader.findings import Code, error, printable, quoted

MAX_BYTES = 512 * 2**20  # some ten million people: more is a wrong file, or a device without end
DELIMITERS = ",;\t|"  # the usual one first: it wins where the header is the same under several
BLOCK = 2**20

Cells = list[str] | tuple[Finding, ...]
"""The cells of a row, or why there are none."""

Score = Callable[[Sequence[str]], int]
"""How many of the columns that are needed a header names."""

SIGNATURES: Sequence[tuple[bytes, Code, str]] = (
    (b"PK\x03\x04", Code.NOT_TEXT, "a workbook (XLSX, ODS) or another ZIP archive"),
    (b"PK\x05\x06", Code.NOT_TEXT, "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", Code.NOT_TEXT, "an old workbook (XLS) or another old Office file"),
    (b"\x1f\x8b", Code.NOT_TEXT, "a gzip archive"),
    (b"%PDF", Code.NOT_TEXT, "a PDF document"),
    (b"\xff\xfe", Code.NOT_UTF8, "text in UTF-16 or UTF-32"),
    (b"\xfe\xff", Code.NOT_UTF8, "text in UTF-16"),
)
"""How files begin that are often taken for a CSV."""


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a sheet: the header, and what follows it.

    `rows` can be read once and gives (row number, cells); entirely empty lines are left out but counted.
    """

    header: tuple[str, ...]
    header_row: int
    rows: Iterator[tuple[int, Cells]]


def read_file(path: Path, *, limit: int = MAX_BYTES) -> tuple[bytes, datetime]:
    """Read a whole file, once, so that what is hashed is what is read.

    Returns:
        The bytes, and when that very file was last changed, in UTC.

    Raises:
        InputRefusedError: it doesn't exist, is a folder, can't be read, or has more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            modified = os.fstat(file.fileno()).st_mtime
            data = file.read(limit + 1)
    except FileNotFoundError as cause:
        raise InputRefusedError(f"{path} does not exist", hint="check the name and the folder") from cause
    except IsADirectoryError as cause:
        raise InputRefusedError(f"{path} is a folder, not a list", hint="name the CSV file inside it") from cause
    except OSError as cause:
        hint = "check that the file exists and that this account may read it"
        raise InputRefusedError(f"{path} can't be read: {cause.strerror or cause}", hint=hint) from cause
    if len(data) > limit:
        raise InputRefusedError(f"{path} has more than {limit:,} bytes", hint="check that it is the list you mean")
    return data, datetime.fromtimestamp(modified, UTC)


def open_table(data: bytes, score: Score) -> Table | tuple[Finding, ...]:
    """Find the table in a file's bytes.

    Args:
        data: the whole file.
        score: tells under which delimiter the header makes sense.

    Returns:
        The table, or the findings that say why there is none.
    """
    for signature, code, looks_like in SIGNATURES:
        if data.startswith(signature):
            advice = "rolesync reads CSV here: save the sheet as 'CSV UTF-8 (comma delimited)' and use that file"
            return (error(code, f"the file looks like {looks_like}; {advice}"),)
    return _csv_table(data, score)


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row has no text at all, blanks aside."""
    return not any(map(str.strip, cells))


def _csv_table(data: bytes, score: Score) -> Table | tuple[Finding, ...]:
    found = [_header(_records(data, delimiter)) for delimiter in DELIMITERS]
    tables = [start for start in found if isinstance(start, Table)]
    scores = [score(table.header) for table in tables]
    if not any(scores) and None in found:
        text = "the file has no rows, and an empty list would remove everybody; put back the header and the rows"
        return (error(Code.NO_ROWS, text),)
    if not tables:
        return next(start for start in found if isinstance(start, tuple))
    best = tables[scores.index(max(scores))]
    rivals = {table.header for table, points in zip(tables, scores, strict=True) if points == max(scores)}
    if max(scores) and len(rivals) > 1:
        seen = " or ".join(quoted(", ".join(header)) for header in sorted(rivals))
        message = f"the header can be read as {seen}; use one delimiter, `,` for choice, and quote cells that hold it"
        return (error(Code.DELIMITER_UNCLEAR, message, row=best.header_row),)
    if _is_clean(data):
        return best
    return Table(best.header, best.header_row, _checked(best.rows, best.header))


def _header(records: Iterator[tuple[int, Cells]]) -> Table | tuple[Finding, ...] | None:
    """The first row that is not blank, and the rows after it; None where there is no such row."""
    for number, cells in records:
        if isinstance(cells, tuple):
            return cells
        if not is_blank(cells):
            return Table(tuple(cells), number, records)
    return None


def _records(data: bytes, delimiter: str) -> Iterator[tuple[int, Cells]]:
    """Number the records of a CSV. After quoting that breaks over several lines no row can be told from another."""
    ended: list[bool] = []

    def mark_end() -> Iterator[str]:
        ended.append(True)
        yield from ()

    # Bytes that are not UTF-8 become lone surrogates, which UTF-8 can't otherwise hold: `_checked` finds them by row.
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(chain(text, mark_end()), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        line = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            lost = bool(ended) or reader.line_num - line > 1
            yield number, (_broken(number, cause, unclosed=bool(ended), lost=lost),)
            if lost:
                return
            continue
        if cells:
            yield number, cells


def _broken(number: int, cause: csv.Error, *, unclosed: bool, lost: bool) -> Finding:
    if unclosed:
        message = "a quote is opened in this row and never closed, so this row and all after it can't be read"
        return error(Code.UNCLOSED_QUOTE, f"{message}; close it, or double it where it is part of the text", row=number)
    rest = ", nor can the rows after it" if lost else ""
    advice = "check its quotes: one inside a quoted cell has to be doubled"
    return error(Code.BROKEN_QUOTING, f"the row can't be read ({cause}){rest}; {advice}", row=number)


def _is_clean(data: bytes) -> bool:
    """Whether all is UTF-8 without NUL, so that no row needs a closer look."""
    if b"\0" in data:
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), BLOCK):
            decoder.decode(data[start : start + BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _checked(rows: Iterator[tuple[int, Cells]], header: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    for number, cells in rows:
        findings = () if isinstance(cells, tuple) else text_problems(number, cells, header)
        yield number, findings or cells


def text_problems(number: int, cells: Sequence[str], header: Sequence[str]) -> tuple[Finding, ...]:
    """What keeps the cells of row `number` from being text, one finding for each cell that is none."""
    findings = []
    for index, cell in enumerate(cells):
        column = printable(header[index]) if index < len(header) else None
        wrong = next((character for character in cell if "\udc80" <= character <= "\udcff"), "")
        if wrong:
            text = f"byte 0x{ord(wrong) - 0xDC00:02X} in {quoted(printable(cell))} is not UTF-8"
            advice = "save the file again as 'CSV UTF-8 (comma delimited)'"
            findings.append(error(Code.NOT_UTF8, f"{text}; {advice}", row=number, column=column))
        elif "\0" in cell:
            text = f"{quoted(cell)} holds a NUL byte, so the file is damaged or not plain text"
            findings.append(error(Code.NUL_BYTE, f"{text}; export it again as CSV UTF-8", row=number, column=column))
    return tuple(findings)
