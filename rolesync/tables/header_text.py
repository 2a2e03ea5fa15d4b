"""How header cells are compared: without case, whitespace, `_`, `-` and byte order marks."""

import re

MOJIBAKE_BOM = "ï»¿"  # a UTF-8 byte order mark that a program decoded as Windows-1252
# U+2010 and U+2011 are hyphens that word processors write; U+FEFF is the byte order mark inside a joined file.
_IGNORED = re.compile(r"[\s_\-\u2010\u2011\ufeff]+")
_LETTERS = re.compile(r"[A-Z]{1,3}", re.IGNORECASE)
_ALPHABET = 26


def fold_header(text: str) -> str:
    """Normalise a header cell for comparison: case-folded, without whitespace, `_`, hyphens and byte order marks."""
    return _IGNORED.sub("", text.removeprefix(MOJIBAKE_BOM)).casefold()


def column_number(name: str) -> str:
    """Turn the letters of a spreadsheet's column into its number, counted from 1; other names stay as they are."""
    if not _LETTERS.fullmatch(name.strip()):
        return name.strip()
    number = 0
    for letter in name.strip().upper():
        number = number * _ALPHABET + ord(letter) - ord("A") + 1
    return str(number)
