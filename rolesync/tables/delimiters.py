"""A text in UTF-8 → one grid of rows for each possible delimiter."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rolesync.tables.csv_records import Records
from rolesync.tables.encoding import DecodedText
from rolesync.tables.field_lines import read_field_lines
from rolesync.tables.grid import Grid
from rolesync.tables.rare_dialects import aligned_rows, aligned_starts, entries, is_entries, rare_delimiter
from rolesync.tables.text_dialects import (
    box_rows,
    column_spans,
    fixed_width_rows,
    has_blanks_before_quotes,
    has_rule,
    has_single_quotes,
    is_blank_separated,
    is_recipients,
    is_wiki_table,
    plain_box,
    recipients,
    straight_quotes,
    stripped,
    without_excel_form,
)

_DELIMITERS = ",;\t|^~"  # the comma first: it wins if the header is the same under several delimiters
_SEP = re.compile(rb'"?sep=([^\w\s"\0\x80-\xff]|\t)"?[,;\t|]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


def text_grids(text: DecodedText, rare: str = "") -> list[Grid]:
    """Split a text into rows, once for each possible delimiter.

    A first line such as `sep=;` names the delimiter; then there is only one grid.

    Args:
        text: the text.
        rare: the delimiter, if none of the usual ones fits; "" to try these.
    """
    data = plain_box(text.data)
    common = _grid_without_rows(text, data)
    if is_recipients(data):
        return [replace(common, rows=recipients(data), last_line_ended=True)]
    if is_entries(data):
        return [replace(common, rows=entries(data))]
    if fields := read_field_lines(data):
        return [replace(common, rows=fields.rows, rows_above=fields.rows_above)]
    if declared := _SEP.match(data):
        rows_above = ((1, [declared[0].decode().strip()]),)
        common, delimiters, data, first = (
            replace(common, rows_above=rows_above),
            declared[1].decode(),
            data[declared.end() :],
            2,
        )
    else:
        delimiters, first = rare or (" " if is_blank_separated(data) else _DELIMITERS), 1
    spans, is_padded = column_spans(data), has_rule(data) or is_wiki_table(text.data)
    quote = "'" if has_single_quotes(data) else '"'
    straight = {delimiter: straight_quotes(data, delimiter) for delimiter in delimiters}
    has_quotes = quote.encode() in data or straight[delimiters[0]] != data
    skips_blanks = has_blanks_before_quotes(data)
    has_excel_form = (has_quotes or quote == "'") and b'="' in data
    grids = []
    for delimiter in delimiters:
        records = Records(straight[delimiter], delimiter, first, quote, skips_blanks=skips_blanks)
        rows = without_excel_form(records.rows) if has_excel_form else records.rows
        grid = replace(common, rows=rows, blocks=records, delimiter=delimiter, may_be_wrapped=has_quotes)
        if is_padded:
            rows = box_rows(data, first) if delimiter == "|" else stripped(rows)
            grid = replace(common, rows=rows, delimiter=delimiter)
        grids.append(grid)
    if spans:
        grids.append(replace(common, rows=fixed_width_rows(data, first, spans), delimiter=" "))
    return grids


def rare_grids(text: DecodedText, complete: Callable[[Sequence[str]], bool]) -> list[Grid]:
    """Split a text whose header no usual delimiter completes, by a rare one or by blanks; empty if neither fits.

    Args:
        text: the text.
        complete: whether a header has all columns that are needed.
    """
    if delimiter := rare_delimiter(text.data, complete):
        return text_grids(text, delimiter)
    if starts := aligned_starts(text.data, complete):
        return [replace(_grid_without_rows(text, text.data), rows=aligned_rows(text.data, starts), delimiter=" ")]
    return []


def _grid_without_rows(text: DecodedText, data: bytes) -> Grid:
    """Make the grid without rows from which all grids of a text are made."""
    return Grid(
        iter(()),
        all_text=text.is_valid and not text.guess,
        last_line_ended=data.endswith((b"\n", b"\r")),
        findings=text.findings,
        guess=text.guess,
    )
