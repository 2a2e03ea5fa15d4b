"""Rows of cells → CSV, and the escape that keeps a text from becoming a spreadsheet's formula."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet calculates instead of showing; it takes the full-width forms for the same signs."""


def format_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Format rows as CSV under these columns, with LF line ends; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def mark_as_utf8(text: str) -> str:
    """Put a byte order mark before a text that isn't ASCII: without it Excel reads the country's old encoding."""
    return text if text.isascii() else f"\ufeff{text}"


def escape_formula(text: str) -> str:
    """Escape a text that a spreadsheet could take for a formula: an apostrophe comes before it."""
    return f"'{text}" if text.lstrip()[:1] in _FORMULA_STARTS and text.strip() else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`; an apostrophe that `escape_formula` would not have written stays."""
    return text[1:] if text.startswith("'") and escape_formula(text[1:]) == text else text
