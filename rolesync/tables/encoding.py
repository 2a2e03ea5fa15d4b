"""Text in any supported encoding → one grid of rows for each possible delimiter.

Reads UTF-8 with or without byte order marks (BOM), and UTF-16 with a BOM. A byte that is not valid UTF-8 stays in its
cell as a lone surrogate, which no valid text contains. `find_non_text` in `grid` decides whether it matters.
"""

import codecs
import re

from rolesync.model.findings import Code, Finding, error
from rolesync.tables.csv_records import Records
from rolesync.tables.grid import Grid

DELIMITERS = ",;\t|"  # the comma first: it wins if the header is the same under several delimiters
BLOCK = 2**20  # bytes that are checked at a time
_SEP = re.compile(rb'"?sep=([^\w\s"\0\x80-\xff]|\t)"?[,;\t|]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


def text_grids(data: bytes) -> list[Grid] | Finding:
    """Split a text into rows, once for each possible delimiter.

    A first line such as `sep=;` names the delimiter; then there is only one grid.

    Returns:
        The grids, or the finding that says why the bytes are not readable text.
    """
    decoded = _to_utf8(data)
    if isinstance(decoded, Finding):
        return decoded
    all_text, last_line_ended = _is_valid_text(decoded), decoded.endswith((b"\n", b"\r"))
    if declared := _SEP.match(decoded):
        texts = [Records(decoded[declared.end() :], declared[1].decode(), first=2)]
    else:
        texts = [Records(decoded, delimiter) for delimiter in DELIMITERS]
    return [
        Grid(text.rows, all_text=all_text, last_line_ended=last_line_ended, blocks=text, delimiter=text.delimiter)
        for text in texts
    ]


def decode_text(data: bytes) -> str | Finding:
    """Decode a whole text; a byte that is not valid UTF-8 becomes a lone surrogate."""
    decoded = _to_utf8(data)
    return decoded if isinstance(decoded, Finding) else decoded.decode("utf-8", "surrogateescape")


def _to_utf8(data: bytes) -> bytes | Finding:
    """Convert text to UTF-8 without byte order marks; a file joined from two may begin with two of them."""
    for mark, name in ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32")):
        if data.startswith(mark):
            return error(Code.NOT_UTF8, f"the file is {name} text, which can't be read; save it again as CSV UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as cause:
            text = f"the file is UTF-16 text that can't be decoded from byte {cause.start} on ({cause.reason})"
            return error(Code.NOT_UTF8, f"{text}; it is cut or damaged: save it again as CSV UTF-8")
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    return data


def _is_valid_text(data: bytes) -> bool:
    """Whether the data is valid UTF-8 without NUL, so that no cell needs checking."""
    if b"\0" in data:
        return False
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), BLOCK):
            decoder.decode(data[start : start + BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
