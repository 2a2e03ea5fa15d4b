"""A text in UTF-8 → one grid of rows for each possible delimiter."""

import re

from rolesync.tables.csv_records import Records
from rolesync.tables.encoding import DecodedText, is_valid_text
from rolesync.tables.grid import Grid

DELIMITERS = ",;\t|"  # the comma first: it wins if the header is the same under several delimiters
_SEP = re.compile(rb'"?sep=([^\w\s"\0\x80-\xff]|\t)"?[,;\t|]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


def text_grids(text: DecodedText) -> list[Grid]:
    """Split a text into rows, once for each possible delimiter.

    A first line such as `sep=;` names the delimiter; then there is only one grid.
    """
    data = text.data
    all_text, last_line_ended = not text.guess and is_valid_text(data), data.endswith((b"\n", b"\r"))
    rows_above: tuple[tuple[int, list[str]], ...] = ()
    if declared := _SEP.match(data):
        texts = [Records(data[declared.end() :], declared[1].decode(), first=2)]
        rows_above = ((1, [declared[0].decode().strip()]),)
    else:
        texts = [Records(data, delimiter) for delimiter in DELIMITERS]
    return [
        Grid(
            records.rows,
            all_text=all_text,
            last_line_ended=last_line_ended,
            findings=text.findings,
            blocks=records,
            delimiter=records.delimiter,
            guess=text.guess,
            rows_above=rows_above,
        )
        for records in texts
    ]
