"""One cell → one day, or the reason why not.

ISO dates are plain. Other forms are read where only one day can be meant, and told; where day and month could be
exchanged, nobody knows which is which.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from rolesync.model.findings import CellError, Code, Note, Tell, quoted
from rolesync.model.vocabulary import Level

ADVICE = "write it like 2026-06-30, or leave the cell empty"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
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
_NAME = "|".join([*_FULL, "sept", *MONTHS])
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?(Z|\+00:00)?$")  # what a program adds to a day without a time
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", re.ASCII)  # day first wherever dots are used
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_NAMED = re.compile(rf"(\d{{1,2}})[-. ]{{1,2}}({_NAME})\.?[-, ]{{1,2}}(\d{{4}})", re.ASCII | re.IGNORECASE)
_MONTH_NAMED = re.compile(rf"({_NAME})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.ASCII | re.IGNORECASE)


def read_date(cell: str, tell: Tell) -> date | None:
    """Read a day; None for a blank cell.

    Args:
        cell: the cell.
        tell: hears of a date that is not written as 2026-06-30.

    Raises:
        CellError: it is no day, or it may be two.
    """
    if not cell:
        return None
    day, message = _read(cell)
    if message:
        tell(Note(Level.WARNING, Code.DATE_NORMALISED, message))
    return day


@lru_cache(maxsize=1024)  # many rows share a few days
def _read(cell: str) -> tuple[date | None, str]:
    text = cell.strip()
    if not text:
        return None, ""
    plain = _MIDNIGHT.sub("", text)
    days = sorted(set(_days(plain)))
    if not days:
        raise CellError(Code.DATE_INVALID, f"{quoted(cell)} is no day{_reason(plain)}; {ADVICE}")
    if len(days) > 1:
        either = " or ".join(map(str, days))
        raise CellError(Code.DATE_AMBIGUOUS, f"{quoted(cell)} may be {either}; {ADVICE}")
    return days[0], "" if _ISO.fullmatch(text) else f"{quoted(cell)} is read as {days[0]}"


def _days(text: str) -> Iterator[date]:
    """Yield every day that the text can mean."""
    for year, month, day in _numbers(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _numbers(text: str) -> Iterator[tuple[str, str | int, str]]:
    if found := _ISO.fullmatch(text):
        yield found[1], found[2], found[3]
    elif found := _YEAR_FIRST.fullmatch(text):
        yield found[1], found[3], found[4]
    elif found := _DOTTED.fullmatch(text):
        yield found[3], found[2], found[1]
    elif found := _EITHER.fullmatch(text):
        yield found[4], found[3], found[1]
        yield found[4], found[1], found[3]
    elif found := _DAY_NAMED.fullmatch(text):
        yield found[3], _month(found[2]), found[1]
    elif found := _MONTH_NAMED.fullmatch(text):
        yield found[3], _month(found[1]), found[2]


def _month(name: str) -> int:
    return MONTHS.index(name[:3].casefold()) + 1


def _reason(text: str) -> str:
    if re.fullmatch(r"\d{5}(\.\d+)?", text, re.ASCII):
        return ": a spreadsheet's day number, which counts from another day in other programs"
    if re.search(r"\d:\d", text):
        return ": it has a time, and roles begin and end with the day"
    if re.fullmatch(r"\d{1,2}[-/. ]+\w+[-/. ]+\d{2}", text):
        return ": its year has two digits"
    return ""
