"""The letters by which a spreadsheet names a column: A, B, … Z, AA; and the names of columns with a blank header."""

import re
from collections.abc import Iterable

_LETTERS = re.compile(r"[A-Z]{1,3}", re.IGNORECASE)
_ALPHABET = 26


def column_letters(place: int) -> str:
    """The letters of a column, counted from 0."""
    letters, number = "", place + 1
    while number:
        number, letter = divmod(number - 1, _ALPHABET)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_place(letters: str) -> int:
    """The column of letters such as AB, counted from 0."""
    number = 0
    for letter in letters.upper():
        number = number * _ALPHABET + ord(letter) - ord("A") + 1
    return number - 1


def column_number(name: str) -> str:
    """Turn the letters of a column into its number, counted from 1; other names stay as they are."""
    name = name.strip()
    return str(column_place(name) + 1) if _LETTERS.fullmatch(name) else name


def name_column(header: str, place: int) -> str:
    """The header of a column, counted from 0; `column C` for a blank one, so that options can name it."""
    return header if header.strip() else f"column {column_letters(place)}"


def named_header(header: Iterable[str]) -> tuple[str, ...]:
    """A header with a name for each column, see `name_column`."""
    return tuple(name_column(text, place) for place, text in enumerate(header))
