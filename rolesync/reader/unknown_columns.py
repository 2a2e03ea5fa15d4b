"""Columns whose headers nobody knows, and that a list doesn't read: their cells may speak against a user all the same.

A cell such as `suspended` or `no longer works here since May` certainly shows that its user no longer counts. Then the
list is refused, and the operator decides by an option. A column of yes and no is ignored, and a finding says so,
because no may mean anything.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rolesync.model.findings import Code, Finding, error, name_some, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.column_words import answer, speaks_against_user
from rolesync.reader.doubtful_columns import WordRows, describe_objections, keep_or_ignore, word_against
from rolesync.reader.header import Layout

MAX_WORDS = 12  # different cells of a column of words; a column with more holds texts


class UnreadColumns:
    """Collects the words against users, and all cells of the columns that have few different ones.

    Args:
        layout: the columns of the list.
        guess: the name of the encoding if it is a guess; then a word counts as it is read in any encoding.
    """

    def __init__(self, layout: Layout, guess: str = "") -> None:
        self._guess = guess
        self._header = layout.header
        self._against: dict[int, dict[str, WordRows]] = {place: {} for place in layout.unread}
        self._words: dict[int, Counter[str]] = {place: Counter() for place in layout.unread}

    @property
    def columns_of_words(self) -> tuple[int, ...]:
        """The columns that have had few different cells so far."""
        return tuple(self._words)

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Add a row that gives a role, as wide as the header or shorter."""
        for place, against in self._against.items():
            cell = cells[place].strip() if place < len(cells) else ""
            cell = word_against(cell, self._guess)
            if speaks_against_user(cell):
                against.setdefault(cell, WordRows()).add(number)
            if place in self._words:
                self.add_words(place, {cell: 1})

    def add_words(self, place: int, counts: Mapping[str, int]) -> None:
        """Add cells of a column of words, with the number of rows of each; the caller adds words against users."""
        words = self._words[place]
        words.update(counts)
        if len(words) > MAX_WORDS:
            self.add_texts(place)

    def add_texts(self, place: int) -> None:
        """Note that a column has many different cells."""
        del self._words[place]

    def findings(self, header_row: int, also: str = "") -> Iterator[Finding]:
        """Refuse each column that speaks against a user; name the columns that say no. See `DoubtfulColumns`."""
        for place, against in self._against.items():
            column, words = self._header[place], self._words.get(place)
            if against:
                counted = (
                    None if words is None else sorted(words.keys() - against.keys(), key=lambda word: -words[word])
                )
                text = f"{describe_objections(list(against), against)}; {keep_or_ignore(column, counted, also)}"
                yield error(Code.COLUMN_UNCLEAR, text, row=header_row or None, column=column)
            elif words and (noes := _noes(words)):
                answers = name_some(f"{quoted(word)} in {words[word]:,} row{'s' * (words[word] > 1)}" for word in noes)
                text = f"the column isn't read, though it says no: {answers}; check that this is not about the role"
                yield Finding(Level.INFO, Code.COLUMN_IGNORED.value, text, header_row or None, column)


def _noes(words: Mapping[str, int]) -> list[str]:
    """The words for no in a column of nothing but yes and no; of signs and digits, some must say yes."""
    answers = {word: answer(word) for word in words if word}
    noes = sorted(word for word, is_yes in answers.items() if is_yes is False)
    is_certain = True in answers.values() or any(map(str.isalpha, noes))
    return noes if is_certain and None not in answers.values() else []
