"""Rows of cells → CSV, and the escape that keeps a text from becoming a spreadsheet's formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet calculates instead of showing; it takes the full-width forms for the same signs."""


_SEPARATORS = r"[;\t|\r\n]"
"""What programs separate cells by instead of a comma, depending on the country."""

_BEGINS_FORMULA = rf"(?=[\s\"]*[{re.escape(_FORMULA_STARTS)}])"
_AFTER_SEPARATOR = re.compile(rf"(?<={_SEPARATORS}){_BEGINS_FORMULA}")
_ESCAPED = re.compile(rf"(?<={_SEPARATORS})'{_BEGINS_FORMULA}")


def format_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Format rows as CSV under these columns, with LF line ends; None becomes an empty cell.

    All cells below the header are quoted, so that they stay whole in programs that expect another separator.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(columns)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([_escape_separated(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def mark_as_utf8(text: str) -> str:
    """Put a byte order mark before a text that isn't ASCII: without it Excel reads the country's old encoding."""
    return text if text.isascii() else f"\ufeff{text}"


def escape_formula(text: str) -> str:
    """Escape a text that a spreadsheet could take for a formula: an apostrophe comes before it."""
    return f"'{text}" if text.lstrip()[:1] in _FORMULA_STARTS and text.strip() else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula` and the escapes of `format_csv`; an apostrophe that they would not have written stays."""
    text = unescape_separated(text)
    return text[1:] if text.startswith("'") and escape_formula(text[1:]) == text else text


def _escape_separated(text: str) -> str:
    """Escape what a program that separates cells otherwise, and ignores quotes then, could take for a formula."""
    return _AFTER_SEPARATOR.sub("'", text)


def unescape_separated(text: str) -> str:
    """Undo the escapes of `format_csv`."""
    return _ESCAPED.sub("", text)
