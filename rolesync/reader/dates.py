"""A cell → a date, or the reason why it is refused.

ISO dates are read as they are. Another form is read, with a note, if it can mean only one day. If day and month could
be swapped, the date is refused as ambiguous.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

from rolesync.model.findings import CellError, Code, Note, OnNote, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.word_tables import fold_word, words_about

ADVICE = "write it like 2026-06-30, or leave the cell empty"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_NAME = "|".join([*_FULL, "sept", *_MONTHS])
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?(Z|\+00:00)?$| 12:00(:00)? ?[Aa]\.?[Mm]\.?$")
"""What programs add to a date without a time."""

_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?:[:.]\d.*|Z| ?[AaPp]\.?[Mm]\.?)?$", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", re.ASCII)  # wherever dots are used, the day comes first
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_NAMED = re.compile(rf"(\d{{1,2}})[-. ]{{1,2}}({_NAME})\.?[-, ]{{1,2}}(\d{{4}})", re.ASCII | re.IGNORECASE)
_MONTH_NAMED = re.compile(rf"({_NAME})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.ASCII | re.IGNORECASE)


def read_date(cell: str, on_note: OnNote) -> date | None:
    """Read a date; None for a blank cell.

    Args:
        cell: the cell.
        on_note: is called with a note if the date is not written like 2026-06-30.

    Raises:
        CellError: the cell is not a date, or is ambiguous.
    """
    if not cell:
        return None
    day, message = _read(cell)
    if message:
        on_note(Note(Level.WARNING, Code.DATE_NORMALISED, message))
    return day


def read_last_day(cell: str, on_note: OnNote, read: Callable[[str, OnNote], date | None] = read_date) -> date | None:
    """Read the last day of a role; None for a blank cell or a word such as `never`.

    Args:
        cell: the cell.
        on_note: see `read_date`.
        read: reads a date.

    Raises:
        CellError: see `read_date`.
    """
    return None if has_no_end(cell) else read(cell, on_note)


def has_no_end(cell: str) -> bool:
    """Whether a cell of a column of last days says that the role has none."""
    return cell[:1].isalpha() and fold_word(cell) in words_about("no_end")


def possible_days(cell: str) -> list[date]:
    """The days that a cell may mean, in order; more than one if day and month may be exchanged."""
    return sorted(set(_possible_days(_MIDNIGHT.sub("", cell.strip()))))


def is_date(cell: str) -> bool:
    """Whether a cell is a date, also one whose day and month may be exchanged."""
    return bool(possible_days(cell))


def without_time(cell: str) -> str:
    """A cell without the time after its date."""
    return _TIME.sub("", cell.strip())


@lru_cache(maxsize=1024)  # many rows share a few dates
def _read(cell: str) -> tuple[date | None, str]:
    """Read a date; return it with the message of its note, "" for none."""
    text = cell.strip()
    if not text:
        return None, ""
    date_text = _MIDNIGHT.sub("", text)
    days = sorted(set(_possible_days(date_text)))
    if not days:
        raise CellError(Code.DATE_INVALID, f"{quoted(cell)} is not a date{_describe_mistake(date_text)}; {ADVICE}")
    if len(days) > 1:
        choices = " or ".join(map(str, days))
        raise CellError(Code.DATE_AMBIGUOUS, f"{quoted(cell)} may be {choices}; {ADVICE}")
    return days[0], "" if _ISO.fullmatch(text) else f"{quoted(cell)} is read as {days[0]}"


def _possible_days(text: str) -> Iterator[date]:
    """Yield every day that the text can mean."""
    for year, month, day in _possible_parts(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _possible_parts(text: str) -> Iterator[tuple[str, str | int, str]]:
    """Yield year, month and day in every order that the text can mean."""
    if match := _ISO.fullmatch(text):
        yield match[1], match[2], match[3]
    elif match := _YEAR_FIRST.fullmatch(text):
        yield match[1], match[3], match[4]
    elif match := _DOTTED.fullmatch(text):
        yield match[3], match[2], match[1]
    elif match := _EITHER.fullmatch(text):
        yield match[4], match[3], match[1]
        yield match[4], match[1], match[3]
    elif match := _DAY_NAMED.fullmatch(text):
        yield match[3], _month(match[2]), match[1]
    elif match := _MONTH_NAMED.fullmatch(text):
        yield match[3], _month(match[1]), match[2]


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].casefold()) + 1


def _describe_mistake(text: str) -> str:
    if re.fullmatch(r"\d{5}(\.\d+)?", text, re.ASCII):
        return ": it is a spreadsheet's day number, whose first day differs between programs"
    if re.search(r"\d:\d", text):
        return ": it has a time, but roles start and expire with the day"
    if re.fullmatch(r"\d{1,2}[-/. ]+\w+[-/. ]+\d{2}", text):
        return ": its year has two digits"
    return ""
