"""Text → rows of cells under each delimiter that it may have been written with.

UTF-8, with one byte order mark or two, and UTF-16 with one are read. Other bytes stay in their cells, each as a lone
surrogate, which text can't otherwise hold: whoever knows the columns decides whether they matter, see `unreadable`.
"""

import codecs
import re

from rolesync.model.findings import Code, Finding, error
from rolesync.tables.csv_records import Records
from rolesync.tables.grid import Grid

DELIMITERS = ",;\t|"  # the usual one first: it wins where the header is the same under several
BLOCK = 2**20
_SEP = re.compile(rb'"?sep=([^\w\s"\0\x80-\xff]|\t)"?[,;\t|]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


def text_grids(data: bytes) -> list[Grid] | Finding:
    """Give the rows of a text under each delimiter, or say why its bytes are no text."""
    decoded = _as_utf8(data)
    if isinstance(decoded, Finding):
        return decoded
    clean, whole = _is_clean(decoded), decoded.endswith((b"\n", b"\r"))
    if declared := _SEP.match(decoded):
        texts = [Records(decoded[declared.end() :], declared[1].decode(), first=2)]
    else:
        texts = [Records(decoded, delimiter) for delimiter in DELIMITERS]
    return [Grid(text.rows, clean=clean, whole=whole, blocks=text, delimiter=text.delimiter) for text in texts]


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


def _is_clean(data: bytes) -> bool:
    """Whether all is UTF-8 without NUL, so that no row needs a closer look."""
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
