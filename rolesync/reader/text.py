"""Text → rows of cells under each delimiter that it may have been written with.

UTF-8, with one byte order mark or two, and UTF-16 with one are read. Other bytes stay in their cells, each as a lone
surrogate, which text can't otherwise hold: whoever knows the columns decides whether they matter, see `unreadable`.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

from rolesync.model import Finding
from rolesync.reader.findings import Code, error
from rolesync.reader.grid import Cells, Grid

DELIMITERS = ",;\t|"  # the usual one first: it wins where the header is the same under several
MAX_CELL = 64 * 2**20  # characters; the csv module's own limit is a page or two
BLOCK = 2**20
_SEP = re.compile(rb'"?sep=([^\w\s"\x80-\xff]|\t)"?[,;\t|]*(?:\r\n|\r|\n|$)', re.IGNORECASE)

csv.field_size_limit(MAX_CELL)


def text_grids(data: bytes) -> list[Grid] | Finding:
    """Give the rows of a text under each delimiter, or say why its bytes are no text."""
    decoded = _as_utf8(data)
    if isinstance(decoded, Finding):
        return decoded
    clean, whole = _is_clean(decoded), decoded.endswith((b"\n", b"\r"))
    if declared := _SEP.match(decoded):
        delimiter = declared[1].decode()
        return [Grid(_records(decoded[declared.end() :], delimiter, first=2), clean=clean, whole=whole)]
    return [Grid(_records(decoded, delimiter), clean=clean, whole=whole) for delimiter in DELIMITERS]


def _as_utf8(data: bytes) -> bytes | Finding:
    """Put text into UTF-8, without byte order marks: joined files have a second one."""
    for mark, name in ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32")):
        if data.startswith(mark):
            return error(Code.NOT_UTF8, f"the file is text in {name}; save it again as CSV UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as cause:
            text = f"the file is text in UTF-16, but can't be decoded from byte {cause.start} on ({cause.reason})"
            return error(Code.NOT_UTF8, f"{text}; it is cut or damaged: save it again as CSV UTF-8")
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    return data


def _records(data: bytes, delimiter: str, first: int = 1) -> Iterator[tuple[int, Cells]]:
    """Number the records of a CSV. After quoting that breaks over several lines no row can be told from another."""
    ended: list[bool] = []

    def mark_end() -> Iterator[str]:
        ended.append(True)
        yield from ()

    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape", newline="")
    reader = csv.reader(chain(text, mark_end()), delimiter=delimiter, strict=True)
    number = first - 1
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
