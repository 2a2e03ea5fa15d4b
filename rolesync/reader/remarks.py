"""Remarks that speak against a user: a phrase such as `no longer works here` anywhere in a cell of any column.

The phrases are in `column_words.toml`. Each has a key, so that most texts need no further look.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from rolesync.reader.word_tables import UMLAUTS, fold_word, folded_words, word_tables

MAX_REMARK = 200  # characters; longer cells are texts about anything

KEY = 7  # bytes of a key

_ASCII_PART = re.compile(rb"(?=([a-z0-9 ]{%d}))" % KEY)
_NO_PHRASES = {"harmless", "months"}
_YEAR, _MONTH = "#", "~"
_IS_YEAR = re.compile("(?:19|20)[0-9]{2}")
_APOSTROPHES = re.compile("['\u2019`\u00b4]")
_WORD = re.compile(r"[^\W_]+")


@cache
def phrases_against() -> tuple[str, ...]:
    """The phrases that speak against a user, as the file has them."""
    lines = word_tables()["remarks"].items()
    return tuple(phrase for name, phrases in lines if name not in _NO_PHRASES for phrase in phrases)


@cache
def keys() -> tuple[bytes, ...]:
    """A part of each phrase that a text with this phrase has: `KEY` bytes of ASCII, small, with a blank if possible."""
    phrases = (form for phrase in phrases_against() for form in _years(phrase))
    return tuple(dict.fromkeys(_key(phrase.encode("latin-1", "replace")) for phrase in phrases))


def _years(phrase: str) -> Iterator[str]:
    yield from {phrase.replace(_YEAR, "20"), phrase.replace(_YEAR, "19")}


def _key(phrase: bytes) -> bytes:
    parts: list[bytes] = _ASCII_PART.findall(phrase)
    return max(parts, key=lambda part: b" " in part[1:-1])  # the first of these


def remark_speaks_against(cell: str) -> bool:
    """Whether a text says that its user no longer counts."""
    if len(cell) > MAX_REMARK:
        return False
    words, against, harmless = _words(cell), _by_first_word(), _harmless_by_first_word()
    says_so = any(
        _begins(words, place, against[word]) and not _begins(words, place, harmless.get(word, ()))
        for place, word in enumerate(words)
        if word in against
    )
    return says_so and _key_pattern().search(cell) is not None  # `plain_rows` sees no other texts


def _begins(words: Sequence[str], place: int, phrases: Sequence[Sequence[str]]) -> bool:
    return any(words[place : place + len(phrase)] == phrase for phrase in phrases)


def _words(text: str) -> list[str]:
    """The folded words of a text; a year is `#`, a month `~`."""
    plain = _APOSTROPHES.sub("", text)
    if plain.isascii():
        words = _WORD.findall(plain.casefold())
    else:
        words = [fold_word(word) for word in _WORD.findall(unicodedata.normalize("NFKC", plain))]
    return [_stand_in(word) for word in words]


def _stand_in(word: str) -> str:
    if word.isdecimal():
        return _YEAR if _IS_YEAR.fullmatch(word) else word
    return _MONTH if word in _months() else word


@cache
def _months() -> frozenset[str]:
    return frozenset(folded_words([word_tables()["remarks"]["months"]]))


@cache
def _key_pattern() -> re.Pattern[str]:
    return re.compile("|".join(key.decode() for key in keys()), re.IGNORECASE | re.ASCII)


@cache
def _by_first_word() -> Mapping[str, Sequence[Sequence[str]]]:
    return _grouped(phrases_against())


@cache
def _harmless_by_first_word() -> Mapping[str, Sequence[Sequence[str]]]:
    return _grouped(word_tables()["remarks"]["harmless"])


def _grouped(phrases: Sequence[str]) -> Mapping[str, Sequence[Sequence[str]]]:
    """The words of each phrase, by the first one, also with `ae` for `ä` and so on."""
    grouped: dict[str, list[list[str]]] = {}
    for phrase in phrases:
        for text in {phrase, phrase.translate(UMLAUTS)}:
            words = _words(text.replace(_YEAR, "2000").replace(_MONTH, "may"))
            grouped.setdefault(words[0], []).append(words)
    return grouped
