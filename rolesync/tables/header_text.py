"""How header cells are compared: without case, blanks, `_`, `-`, and a byte order mark that was taken for text."""

import re

MANGLED_MARK = "ï»¿"  # a byte order mark of UTF-8 that was read as Windows-1252
# The hyphens that word processors put, and a byte order mark, which joined files have in the middle.
_FORGIVEN = re.compile(r"[\s_\-\u2010\u2011\ufeff]+")


def fold(text: str) -> str:
    """Drop what header cells may differ in: case, blanks, `_`, `-`, and a byte order mark that was taken for text."""
    return _FORGIVEN.sub("", text.removeprefix(MANGLED_MARK)).casefold()
