"""The exports of other programs that rolesync knows, as data: `known_exports.toml` holds them, this module its types.

Two packages use the table: the reader recognises exports and refuses them as lists; `migrate` reads them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from rolesync.reader.column_words import answer
from rolesync.reader.word_tables import fold_word

TABLE = "known_exports.toml"


class RowVerdict(Enum):
    """Whether a row counts, by a cell."""

    COUNTS = auto()
    DROPPED = auto()
    ASKED = auto()
    UNKNOWN = auto()


_ANSWERS = {True: ("true", "yes", "1"), False: ("false", "no", "0")}
"""The words of programs for yes and no."""

_VERDICT_OF_OTHERS = {
    "keep": RowVerdict.COUNTS,
    "refuse": RowVerdict.UNKNOWN,
    "drop": RowVerdict.DROPPED,
    "ask": RowVerdict.ASKED,
}


class RowCondition(BaseModel):
    """Which rows count, by the word in a column. Words are compared as `fold_word` has them; `*` stands for any text.

    Attributes:
        columns: the headers that the column may have; a file without such a column has no such condition.
        keep: words of rows that count; "" is a blank cell.
        drop: words of rows that are ignored.
        ask: words about which the user must decide.
        exact: further words of rows that count, whatever `drop` says; their `*` stands for itself.
        named: the words that the user names: their rows count, whatever else this condition says, and blank cells count
            only if "" is among them. Rows with any other open word don't count. None if the user names none.
        named_only: whether, once the user names words, no other word counts: the column says nothing about users.
        others: what happens to a row with any other word: it counts, is refused or ignored, or the user decides.
        disabled_bit: if it is not 0, the cell is a number, and the row counts unless the number has this bit.
        why: why a row is ignored, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] = Field(min_length=1)
    keep: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    ask: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    named: frozenset[str] | None = None
    named_only: bool = False
    others: Literal["keep", "refuse", "drop", "ask"] = "refuse"
    disabled_bit: int = 0
    why: str

    def judge(self, cell: str) -> RowVerdict:
        """Tell whether the row of a cell counts."""
        if self.named is None:
            return self._judge_known(cell) or _VERDICT_OF_OTHERS[self.others]
        word = _fold_cell(cell)
        if word in _fold_words(self.named).words:
            return RowVerdict.COUNTS
        counts = word and not self.named_only and self._judge_known(cell) is RowVerdict.COUNTS
        return RowVerdict.COUNTS if counts else RowVerdict.DROPPED

    def leaves_out(self, cell: str) -> bool:
        """Whether a row is dropped only because the user doesn't name the word of its cell."""
        return self.named is not None and self._judge_known(cell) is not RowVerdict.DROPPED

    def _judge_known(self, cell: str) -> RowVerdict | None:
        """Judge a cell by the words of this condition, without the user's; None for any other word."""
        if self.disabled_bit and cell.strip().isdecimal():
            return RowVerdict.DROPPED if int(cell) & self.disabled_bit else RowVerdict.COUNTS
        word = _fold_cell(cell)
        if word in _fold_words(self.exact).words:
            return RowVerdict.COUNTS
        if _is_among(word, self.drop):
            return RowVerdict.DROPPED
        if _is_among(word, self.keep):
            return RowVerdict.COUNTS
        if _is_among(word, self.ask):
            return RowVerdict.ASKED
        return self._judge_answer(cell)

    def _judge_answer(self, cell: str) -> RowVerdict | None:
        """Judge a yes or no in another language, such as the `Wahr` of Excel; None for any other cell."""
        is_yes = answer(cell)
        if is_yes is None:
            return None
        verdicts = {
            verdict
            for word in _ANSWERS[is_yes]
            for words, verdict in ((self.drop, RowVerdict.DROPPED), (self.keep, RowVerdict.COUNTS))
            if word in _fold_words(words).words
        }
        return next(iter(verdicts)) if len(verdicts) == 1 else None

    def decided(self, words: Iterable[str]) -> Self:
        """This condition after the user's decision: rows with these words count, too, see `named`."""
        return self.model_copy(update={"named": frozenset(words)})


class _FoldedWords(NamedTuple):
    """Words for comparison, and those of them in which `*` stands for any text."""

    words: frozenset[str]
    patterns: tuple[str, ...]


_fold_cell = lru_cache(maxsize=4096)(fold_word)  # many rows share a few words


@lru_cache(maxsize=64)  # once for all cells of a column; a few columns have conditions
def _fold_words(words: frozenset[str]) -> _FoldedWords:
    folded = frozenset(map(fold_word, words))
    return _FoldedWords(folded, tuple(word for word in folded if "*" in word))


def _is_among(word: str, words: frozenset[str]) -> bool:
    folded = _fold_words(words)
    return word in folded.words or any(fnmatchcase(word, pattern) for pattern in folded.patterns)


class Export(BaseModel):
    """A kind of export. The headers of a field are in the order of preference; `*` stands for any text.

    Attributes:
        name: its name for `migrate --from`.
        also: names for several kinds of exports of a program; the file decides which kind it is.
        title: what to call such a file in a message, with its article.
        source: where headers and words were looked up.
        confirmed: whether public material shows all headers and words.
        headers: sets of headers; a file that has all of any set is such an export. Without any, `--from` must name
            the export.
        without: headers that no such export has.
        email: the columns of addresses; where one is blank, the next counts.
        login: the columns of login names, which count where all addresses are blank, if they look like addresses.
        role, full_name, starts, expires: the headers of each field.
        name_parts: the headers of columns that together hold the name, if there is no `full_name`.
        every_role: whether each column of `role` holds a role; else the first that the file has.
        separator: the text between several roles in a cell; "" if a cell holds one.
        removal_sign: a role that begins with it is taken away.
        first_address: whether the first of several addresses in a cell counts.
        unix_dates: whether dates are seconds since 1970.
        example_row: how the first cell of a template's example begins.
        key: the headers of the column whose text identifies the user in a joined file.
        join_key: for each key the headers of the column in the joined file.
        join_email, join_login, join_name: the headers of the joined file.
        no_address: a pattern of texts that look like addresses but aren't; None without one.
        gives, lacks: what the export holds, and why it is not a list of roles. Both continue "it".
        mind: what else a user must know; "" for nothing.
        keep: which rows count.
        join_keep: which rows of the joined file count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    also: tuple[str, ...] = ()
    title: str
    source: str
    confirmed: bool
    headers: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    login: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    every_role: bool = False
    full_name: tuple[str, ...] = ()
    name_parts: tuple[tuple[str, ...], ...] = ()
    starts: tuple[str, ...] = ()
    expires: tuple[str, ...] = ()
    separator: str = ""
    removal_sign: str = ""
    first_address: bool = False
    unix_dates: bool = False
    example_row: str = ""
    key: tuple[str, ...] = ()
    join_key: tuple[tuple[str, ...], ...] = ()
    join_email: tuple[str, ...] = ()
    join_login: tuple[str, ...] = ()
    join_name: tuple[str, ...] = ()
    no_address: re.Pattern[str] | None = None
    gives: str = ""
    lacks: str
    mind: str = ""
    keep: tuple[RowCondition, ...] = ()
    join_keep: tuple[RowCondition, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether `migrate` can make a list of it: it has addresses, or keys of addresses in another file."""
        return bool(self.email or self.login or self.key)


@cache
def known_exports() -> Mapping[str, Export]:
    """All exports of the table, by name."""
    table = tomllib.loads((files(__package__) / TABLE).read_text(encoding="utf-8"))
    return {name: Export(name=name, **entry) for name, entry in table.items()}


def preset_names() -> tuple[str, ...]:
    """The names for `migrate --from`: of each readable export, and of several kinds together."""
    names = [name for export in known_exports().values() if export.readable for name in (*export.also, export.name)]
    return tuple(dict.fromkeys(names))
