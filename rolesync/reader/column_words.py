"""What a header and a cell say, in eight languages: which kind of column it is, and whether its row counts.

The words are in `column_words.toml`. Case, accents, full-width letters, blanks, `_`, `-` and punctuation make no
difference, nor do notes such as `*`, `[Required]` or `(TT.MM.JJJJ)`, the number of a question, and the endings of
`activo/a` and `désactivé(e)`. Everything else does: `private email` is no `email`, and `aktiv (bis 31.7.)` is not
`aktiv`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rolesync.reader.remarks import remark_speaks_against, text_before_date
from rolesync.reader.word_tables import fold_word, folded_words, has_word_about, word_tables, words_about
from rolesync.tables.header_text import MOJIBAKE_BOM


class ColumnKind(StrEnum):
    """What a column holds.

    - ACTION: words about the row, such as `add` and `removed`, or a status.
    - REMOVE: yes takes the row's role away.
    - STATUS: words about the person or account, such as `suspended`.
    - ACTIVE: yes means that the person counts.
    - AGAINST: yes means that the person doesn't count.
    """

    EMAIL = "email"
    ROLE = "role"
    ROLES = "roles"
    ACTION = "action"
    REMOVE = "remove"
    STATUS = "status"
    ACTIVE = "active"
    AGAINST = "against"
    STARTS = "starts"
    EXPIRES = "expires"
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"


ABOUT_PERSON = frozenset({ColumnKind.STATUS, ColumnKind.ACTIVE, ColumnKind.AGAINST})
"""The kinds of columns about a person or account. `cell_meaning` decides whether a cell speaks against a user."""


class HeaderMeaning(NamedTuple):
    """What a header means.

    Attributes:
        kind: the kind of column.
        sure: False if the word has another meaning, too. Then the cells, or the user, must decide.
    """

    kind: ColumnKind
    sure: bool = True

    @property
    def may_speak_against(self) -> bool:
        """Whether a cell of such a column may speak against a user although the column isn't read for its field."""
        return self.kind in ABOUT_PERSON or (self.kind in {ColumnKind.STARTS, ColumnKind.EXPIRES} and not self.sure)


class CellMeaning(StrEnum):
    """What a cell says about its row.

    With ASK, the user must decide: the person is on leave, invited, locked out … UNKNOWN is any other text.
    """

    COUNTS = "counts"
    AGAINST = "against"
    ASK = "ask"
    UNKNOWN = "unknown"
    BLANK = "blank"


_OF_PROGRAMS = ABOUT_PERSON | {ColumnKind.GIVEN_NAME, ColumnKind.FAMILY_NAME}

_FLAGS = {
    ColumnKind.ACTIVE: (CellMeaning.COUNTS, CellMeaning.AGAINST),
    ColumnKind.AGAINST: (CellMeaning.AGAINST, CellMeaning.COUNTS),
    ColumnKind.REMOVE: (CellMeaning.AGAINST, CellMeaning.COUNTS),
}
"""What yes and no mean in a column."""

_NEGATIVE = frozenset({ColumnKind.AGAINST, ColumnKind.REMOVE})
_STATES = frozenset({ColumnKind.ACTION, *ABOUT_PERSON})
_AROUND = {
    "row": frozenset({ColumnKind.ACTION, ColumnKind.STATUS, ColumnKind.STARTS, ColumnKind.EXPIRES, *_FLAGS}),
    "person": _STATES | {ColumnKind.EXPIRES},
    "flag": frozenset(_FLAGS),
    "time": frozenset({ColumnKind.AGAINST}),
}
"""The words around a header by their name in the file, and the kinds of headers that they go with."""
_BEFORE, _AFTER = {"row", "person", "time"}, {"person", "flag", "time"}
_STATUS_OF = {"row": ColumnKind.ACTION, "person": ColumnKind.STATUS}

_NOTE = re.compile(r"[\[({<【]([^\[\](){}<>【】]*)[\])}>】]")
_DATE_FORMAT = re.compile(r"[ymdtjah]{1,4}([-./ ]+[ymdtjahs:]{1,8}){1,5}", re.IGNORECASE)
_SIGNS = re.compile(r"^[^\w\[({<【]+|[^\w\])}>】]+$")
_NUMBER = re.compile(r"^\(?[0-9]{1,2}[.):]\s*(?=[^\W\d])")  # of a question in a form
_MAX_HEADER = 200  # characters; longer cells are texts, and files hold cells of any length
_HEADER_WORD = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[^\W_A-Z][^\W_A-Z]*|[A-Z][^\W_A-Z]*")  # `contractEnd` has two words
_FIRST_WORD = re.compile(r"\W*[^\W_]+")
_GENDER = re.compile(r"(?:\([aoen]s?\)|/-?(?:[aoe]|in)|[*:_·.](?:e|in))$")


@lru_cache(maxsize=2**16)  # a header is looked at several times, with thousands of cells
def header_meaning(text: str) -> HeaderMeaning | None:
    """Tell what a header means by itself; None for an unknown header."""
    if len(text) > _MAX_HEADER:
        return None
    folded = _fold_header(text)
    if meaning := _meaning(folded):
        return meaning
    at_work = _meaning(_fold_header(text, "work"))
    if at_work and at_work.kind is ColumnKind.EMAIL:
        return at_work
    parts = words_about("status")
    if folded.startswith(parts) or folded.endswith(parts):
        return HeaderMeaning(ColumnKind.STATUS, sure=False)
    return _meaning_of_words(text)


def header_meanings(header: Sequence[str]) -> tuple[HeaderMeaning | None, ...]:
    """Tell what each cell of a header means.

    Beside a column of given names, `Name` is the family name; beside one of family names, `nombre` is the given name.
    """
    meanings = [header_meaning(text) for text in header]
    kinds = {meaning.kind for meaning in meanings if meaning}
    for beside, kind in (
        (ColumnKind.GIVEN_NAME, ColumnKind.FAMILY_NAME),
        (ColumnKind.FAMILY_NAME, ColumnKind.GIVEN_NAME),
    ):
        if beside in kinds and kind not in kinds:
            words = set(folded_words(word_tables()["name_beside"][beside.value]))
            for place, text in enumerate(header):
                if _fold_header(text) in words:
                    meanings[place] = HeaderMeaning(kind)
    return tuple(meanings)


def is_of_other_program(text: str, meaning: HeaderMeaning | None) -> bool:
    """Whether a header shows that another program wrote the file, such as `First name`, `Login` or `Last access`."""
    if meaning is not None and meaning.kind in _OF_PROGRAMS:
        return True
    return len(text) <= _MAX_HEADER and _fold_header(text) in words_about("other_programs")


@lru_cache(maxsize=4096)  # many rows share a few words
def cell_meaning(kind: ColumnKind, cell: str) -> CellMeaning:
    """Tell what a cell says about its row, in a column of this kind.

    Args:
        kind: ACTION, REMOVE or one of `ABOUT_PERSON`.
        cell: the cell.
    """
    if not cell.strip():
        return CellMeaning.BLANK
    word = fold_word(cell)
    yes, no = _answers()
    if kind in _FLAGS and word in yes | no:
        if_yes, if_no = _FLAGS[kind]
        return if_yes if word in yes else if_no
    words = _status_words()
    meaning = words.get(word) or words.get(fold_word(_GENDER.sub("", cell.strip()))) or CellMeaning.UNKNOWN
    if kind in _NEGATIVE and meaning is CellMeaning.COUNTS and word not in words_about("keep"):
        return CellMeaning.UNKNOWN  # is the user enabled, or the block?
    return meaning


@lru_cache(maxsize=4096)
def answer(cell: str) -> bool | None:
    """Whether a cell is a word for yes (True) or no (False); None for any other cell."""
    word, (yes, no) = fold_word(cell), _answers()
    return word in yes if word in yes | no else None


@lru_cache(maxsize=4096)
def speaks_against_user(cell: str) -> bool:
    """Whether a cell certainly says that its user no longer counts, whatever the header of its column means.

    The whole cell is such a word, or such a word before a date, or has such a remark in it.
    """
    if cell_meaning(ColumnKind.STATUS, cell) is CellMeaning.AGAINST:
        return _is_about_person(cell)
    word = text_before_date(cell) if _begins_against(cell) else ""
    if word and cell_meaning(ColumnKind.STATUS, word) is CellMeaning.AGAINST:
        return _is_about_person(word) or fold_word(word) in words_about("dated")
    return remark_speaks_against(cell)


def status_words(meaning: CellMeaning) -> Iterator[str]:
    """Yield the words with a meaning, as the file has them, for messages and options."""
    for words in word_tables()["words"][meaning.value].values():
        yield from words


@lru_cache(maxsize=2**16)  # as for its meaning
def _fold_header(text: str, *more_notes: str) -> str:
    """Normalise a header, without its number and the notes and signs around it."""
    notes = {note for name in ("notes", *more_notes) for note in words_about(name)}

    def keep(match: re.Match[str]) -> str:
        note = match[1].strip()
        return "" if fold_word(note) in notes or _DATE_FORMAT.fullmatch(note) else match[0]

    plain = _NOTE.sub(keep, unicodedata.normalize("NFKC", text.removeprefix(MOJIBAKE_BOM)))
    plain = _NUMBER.sub("", _SIGNS.sub("", plain))
    return fold_word(plain) if plain else ""


def _meaning(folded: str) -> HeaderMeaning | None:
    """The meaning of a folded header, also with words around it, such as `is active`, `user status` or `deleted at`."""
    if meaning := _header_words().get(folded):
        return meaning
    for name, kinds in _AROUND.items():
        for word in words_about(name):
            rests = [folded.removeprefix(word)] if name in _BEFORE else []
            rests += [folded.removesuffix(word)] if name in _AFTER else []
            for rest in rests:
                meaning = _meaning(rest) if rest != folded else None
                if meaning and meaning.kind in kinds:
                    return meaning._replace(kind=_STATUS_OF.get(name, meaning.kind)) if _is_status(meaning) else meaning
    return None


def _meaning_of_words(text: str) -> HeaderMeaning | None:
    """The unsure meaning of a header in which a word may be about an end or a block, such as `Fecha de cese`."""
    words = [fold_word(word) for word in _HEADER_WORD.findall(unicodedata.normalize("NFKC", text))]
    if has_word_about(words, "things"):
        return None
    if has_word_about(words, "end"):
        return HeaderMeaning(ColumnKind.EXPIRES, sure=False)
    kinds = {meaning.kind for word in words if (meaning := _header_words().get(word))}
    is_negated = ColumnKind.ACTIVE in kinds and has_word_about(words, "no")
    if is_negated or ColumnKind.AGAINST in kinds or has_word_about(words, "block"):
        return HeaderMeaning(ColumnKind.AGAINST, sure=False)
    return None


def _is_status(meaning: HeaderMeaning) -> bool:
    return meaning.kind in {ColumnKind.ACTION, ColumnKind.STATUS}


def _is_about_person(cell: str) -> bool:
    return fold_word(_GENDER.sub("", cell.strip())) not in words_about("of_things")


def _begins_against(cell: str) -> bool:
    """Whether the first word of a cell begins a word of [words.against]."""
    first = _FIRST_WORD.match(cell)
    return first is not None and fold_word(first[0]) in _first_words_against()


@lru_cache(maxsize=1)
def _first_words_against() -> frozenset[str]:
    firsts = map(_FIRST_WORD.match, status_words(CellMeaning.AGAINST))
    return frozenset(folded_words([[first[0] for first in firsts if first]]))


@lru_cache(maxsize=1)
def _header_words() -> Mapping[str, HeaderMeaning]:
    meanings: dict[str, HeaderMeaning] = {}
    for table, sure in (("unclear", False), ("header", True)):
        for kind, lines in word_tables()[table].items():
            meanings |= dict.fromkeys(folded_words(lines), HeaderMeaning(ColumnKind(kind), sure))
    return meanings


@lru_cache(maxsize=1)
def _status_words() -> Mapping[str, CellMeaning]:
    words = word_tables()["words"]
    kinds = (CellMeaning.COUNTS, CellMeaning.AGAINST, CellMeaning.ASK)
    return {word: meaning for meaning in kinds for word in folded_words(words[meaning.value])}


@lru_cache(maxsize=1)
def _answers() -> tuple[frozenset[str], frozenset[str]]:
    """The words for yes and for no."""
    words = word_tables()["words"]
    return frozenset(folded_words(words["yes"])), frozenset(folded_words(words["no"]))
