"""Columns that a list doesn't read, but that may speak against a user, such as `Account status` or `until`.

Such a column is about the person or account, or its header has a second meaning. If each of its cells shows that the
person counts, the column is ignored, with a finding. If a cell speaks against a user, or its meaning is unknown, the
list is refused, and the operator decides by an option.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rolesync.model.findings import NAMED, Code, Finding, error, name_some, quoted, quoted_or_blank
from rolesync.model.vocabulary import Level
from rolesync.reader.column_words import (
    ABOUT_PERSON,
    CellMeaning,
    ColumnKind,
    HeaderMeaning,
    answer,
    cell_meaning,
    speaks_against_user,
)
from rolesync.reader.dates import has_no_end, is_date, possible_days, without_time
from rolesync.reader.header import Layout
from rolesync.reader.header_findings import option
from rolesync.reader.word_tables import fold_word
from rolesync.tables.guess_encoding import other_readings

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class WordRows:
    """A word of a column: how many rows have it, and the first of them."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, row: int) -> None:
        """Add a row."""
        self.count += 1
        if len(self.rows) < NAMED:
            self.rows.append(row)


class DoubtfulColumns:
    """Collects the words of the doubtful columns, row by row.

    Args:
        layout: the columns of the list.
        today: the day that decides whether a date speaks against a row.
        guess: the name of the encoding if it is a guess.
    """

    def __init__(self, layout: Layout, today: date, guess: str = "") -> None:
        self._today, self._guess = today, guess
        self._columns = [(place, layout.header[place], meaning) for place, meaning in layout.doubtful]
        self._words: list[dict[str, WordRows]] = [{} for _ in self._columns]

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Add a row that gives a role."""
        for (place, _, _), words in zip(self._columns, self._words, strict=True):
            cell = cells[place].strip() if place < len(cells) else ""
            words.setdefault(word_against(cell, self._guess), WordRows()).add(number)

    def findings(self, header_row: int, also: str = "") -> Iterator[Finding]:
        """Refuse each column that speaks against a user; say of the others that they are not read.

        Args:
            header_row: the header's row number; 0 if there is none.
            also: an option that the list needs in any case; "" for none.
        """
        for (_, column, header), words in zip(self._columns, self._words, strict=True):
            meanings = {word: _meaning(header.kind, word, self._today) for word in words}
            objections = list(_objections(header, meanings))
            if objections:
                text = describe_objections(objections, words)
                counting_words = [word for word in meanings if word not in objections]
                advice = _advice(column, header, counting_words, also, has_days=any(map(is_date, meanings)))
                yield error(Code.COLUMN_UNCLEAR, f"{text}; {advice}", row=header_row or None, column=column)
            elif any(words) and (header.kind in ABOUT_PERSON or CellMeaning.COUNTS in meanings.values()):
                counts = CellMeaning.COUNTS in meanings.values()
                text = "no cell speaks against a user" if counts else "no cell has a known word about its user"
                message = f"{text}, so the column is ignored"
                yield Finding(Level.INFO, Code.COLUMN_IGNORED.value, message, header_row or None, column)


def word_against(cell: str, guess: str) -> str:
    """A cell, or what it is in another encoding than the guessed one, if it then speaks against a user.

    Args:
        cell: the cell; bytes that are not UTF-8 are lone surrogates.
        guess: the name of the encoding if it is a guess; "" if it is certain, but for such bytes.
    """
    is_doubtful = guess or _NOT_UTF8.search(cell)
    readings = other_readings(cell, guess or "utf-8") if is_doubtful and not speaks_against_user(cell) else ()
    return next(filter(speaks_against_user, readings), cell)


def objecting_words(header: HeaderMeaning, words: Iterable[str], today: date) -> Iterator[str]:
    """Yield the words of a doubtful column that speak against a user or are unclear.

    Args:
        header: what the column's header means.
        words: all words of the column.
        today: the day that decides whether a date speaks against a row.
    """
    return _objections(header, {word: _meaning(header.kind, word, today) for word in words})


def is_against(header: HeaderMeaning, word: str, today: date) -> bool:
    """Whether a word of a doubtful column is known to speak against a user, or to leave it open; see above."""
    return _meaning(header.kind, word, today) in {CellMeaning.AGAINST, CellMeaning.ASK}


def _meaning(kind: ColumnKind, word: str, today: date) -> CellMeaning:
    """What a cell says about its row; a date speaks against a row outside of its days."""
    meaning = cell_meaning(kind, word) if kind in ABOUT_PERSON else CellMeaning.UNKNOWN
    if meaning is CellMeaning.UNKNOWN and speaks_against_user(word):
        return CellMeaning.AGAINST
    if meaning is not CellMeaning.UNKNOWN or kind in ABOUT_PERSON - {ColumnKind.AGAINST}:
        return meaning
    if kind is ColumnKind.EXPIRES and word.isalpha() and answer(word):
        return CellMeaning.ASK  # has the user left, or may the user stay to the end?
    return _meaning_of_date(kind, word, today)


def _meaning_of_date(kind: ColumnKind, word: str, today: date) -> CellMeaning:
    """What a date says about its row; one that may be two days, only if both say the same."""
    if not word.strip():
        return CellMeaning.BLANK
    meanings = {_meaning_of_day(kind, day, today) for day in possible_days(without_time(word))}
    if kind is ColumnKind.EXPIRES and has_no_end(word):
        meanings = {CellMeaning.COUNTS}
    if len(meanings) > 1:
        return CellMeaning.ASK
    return meanings.pop() if meanings else CellMeaning.UNKNOWN


def _meaning_of_day(kind: ColumnKind, day: date, today: date) -> CellMeaning:
    outside = {ColumnKind.STARTS: day > today, ColumnKind.EXPIRES: day < today}
    return CellMeaning.AGAINST if outside.get(kind, day <= today) else CellMeaning.COUNTS


def _objections(header: HeaderMeaning, meanings: dict[str, CellMeaning]) -> Iterator[str]:
    """Yield the words that speak against a user or are unclear.

    In a column whose header has a second meaning, unknown words matter only beside known ones. A blank cell is unclear
    in a column such as `active` where others say yes.
    """
    present = set(meanings.values())
    is_about_users = header.sure or bool(present - {CellMeaning.UNKNOWN, CellMeaning.BLANK})
    blank_unclear = header.kind is ColumnKind.ACTIVE and len(present) > 1
    for word, meaning in meanings.items():
        unclear = (meaning is CellMeaning.UNKNOWN and is_about_users) or (
            meaning is CellMeaning.BLANK and blank_unclear
        )
        if unclear or meaning in {CellMeaning.AGAINST, CellMeaning.ASK}:
            yield word


def describe_objections(objections: Sequence[str], words: Mapping[str, WordRows]) -> str:
    """Describe what a column says against users, and in which rows."""
    by_count = sorted(objections, key=lambda word: -words[word].count)
    described_words = name_some(_describe_word(word, words[word]) for word in by_count)
    return f"the column isn't read, but may say that users no longer count: {described_words}"


def _describe_word(word: str, rows: WordRows) -> str:
    numbers = ", ".join(map(str, rows.rows)) + (" …" if rows.count > len(rows.rows) else "")
    return f"{quoted_or_blank(word)} in {rows.count:,} row{'s' * (rows.count > 1)} ({numbers})"


def _advice(column: str, header: HeaderMeaning, counted_words: Sequence[str], also: str, *, has_days: bool) -> str:
    ignores = " ".join(filter(None, [also, option("ignore-column", column)]))
    if (header.kind not in ABOUT_PERSON and has_days) or any(map(is_date, counted_words)):
        kind = ColumnKind.EXPIRES if header.kind in ABOUT_PERSON else header.kind
        return f"if it limits the role, rename it to {quoted(kind.value)}; else ignore it: {ignores}"
    return keep_or_ignore(column, counted_words, also)


def keep_or_ignore(column: str, counted_words: Sequence[str] | None, also: str = "") -> str:
    """Write the options that decide about a column.

    Args:
        column: its header.
        counted_words: its words whose rows count; None if they are too many.
        also: an option that the list needs in any case; "" for none.
    """
    ignores = " ".join(filter(None, [also, option("ignore-column", column)]))
    words = [*{fold_word(word): word for word in reversed(counted_words or ())}.values()][::-1]
    if not words or len(words) > NAMED:
        return f"delete the rows that don't count, or read all rows: {ignores}"
    keeps = " ".join(filter(None, [also, *(option("keep", f"{column}={word}") for word in words)]))
    return f"read only the rows that count: {keeps}; or read all rows: {ignores}"
