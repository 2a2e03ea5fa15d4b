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
_NO_PHRASES = {"parts", "harmless", "months", "before_date"}
_YEAR, _MONTH, _DAY = "#", "~", "="
_IS_YEAR = re.compile("(?:19|20)[0-9]{2}")
_DAY_NUMBER = r"\b[0-9]{1,2}(?:st|nd|rd|th|er)?"
_OF = r"(?: (?:of|de|di|del|do))?"
_DATE = re.compile(
    "|".join(
        [
            rf"{_DAY_NUMBER}{_OF} ~(?:{_OF} #)?",
            rf"~ {_DAY_NUMBER}(?= |$)(?: #)?",
            r"# [0-9]{1,2} [0-9]{1,2}(?= |$)",
            r"\b[0-9]{1,2}(?: [0-9]{1,2})? #",
            r"\b[0-9]{1,2} [0-9]{1,2}(?= |$)",
            r"(?:[0-9]{4}年)?[0-9]{1,2}月(?:[0-9]{1,2}日)?(?= |$)",
        ]
    )
)
"""A date in folded words, such as `3rd of ~ #`, `~ 3`, `# 5 3`, `5 #` or `3 5`."""
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


@cache
def part_key() -> bytes:
    """What each part of a Japanese text that speaks against a user begins with."""
    (first,) = {str(part)[0] for part in word_tables()["remarks"]["parts"]}
    return first.encode()


def _years(phrase: str) -> Iterator[str]:
    yield from {phrase.replace(_YEAR, "20"), phrase.replace(_YEAR, "19")}


def _key(phrase: bytes) -> bytes:
    parts: list[bytes] = _ASCII_PART.findall(phrase)
    return max(parts, key=lambda part: b" " in part[1:-1])  # the first of these


def remark_speaks_against(cell: str) -> bool:
    """Whether a text says that its user no longer counts."""
    if len(cell) > MAX_REMARK:
        return False
    if not cell.isascii() and any(part in cell for part in word_tables()["remarks"]["parts"]):
        return True
    words, against, harmless = _words(cell), _by_first_word(), _harmless_by_first_word()
    says_so = any(
        _begins(words, place, against[word]) and not _begins(words, place, harmless.get(word, ()))
        for place, word in enumerate(words)
        if word in against
    )
    return says_so and _key_pattern().search(cell) is not None  # as `plain_rows` does, which looks only for these keys


def _begins(words: Sequence[str], place: int, phrases: Sequence[Sequence[str]]) -> bool:
    return any(
        all(map(_fits, words[place : place + len(phrase)], phrase))
        for phrase in phrases
        if place + len(phrase) <= len(words)
    )


def _fits(word: str, part: str) -> bool:
    """Whether a word is that of a phrase; where a month or a year is, a whole date may be."""
    return word == part or (word == _DAY and part in {_MONTH, _YEAR})


def text_before_date(cell: str) -> str:
    """The folded words of a text before its first date, without `since`, `on` and the like; "" without a date.

    A month alone is a date only at the end, before a year, or after such a word: `may` is more often no month.
    """
    if len(cell) > MAX_REMARK:
        return ""
    words, before = _words(cell), _before_date()
    for place, word in enumerate(words):
        is_last_or_dated = words[place + 1 : place + 2] in ([], [_YEAR])
        is_month = word == _MONTH and (is_last_or_dated or (place > 0 and words[place - 1] in before))
        if word in {_DAY, _YEAR} or is_month:
            while place and words[place - 1] in before:
                place -= 1  # noqa: PLW2901  # the end of what is returned
            return " ".join(words[:place])
    return ""


def _words(text: str) -> list[str]:
    """The folded words of a text; a date is `=`, a year `#`, a month `~`."""
    plain = _APOSTROPHES.sub("", text)
    if plain.isascii():
        words = _WORD.findall(plain.casefold())
    else:
        words = [fold_word(word) for word in _WORD.findall(unicodedata.normalize("NFKC", plain))]
    folded = " ".join(map(_stand_in, words))
    return _DATE.sub(_DAY, folded).split(" ") if folded else []


def _stand_in(word: str) -> str:
    if word.isdecimal():
        return _YEAR if _IS_YEAR.fullmatch(word) else word
    return _MONTH if word in _months() else word


@cache
def _months() -> frozenset[str]:
    return frozenset(folded_words([word_tables()["remarks"]["months"]]))


@cache
def _before_date() -> frozenset[str]:
    return frozenset(folded_words([word_tables()["remarks"]["before_date"]]))


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
            words = _words(text.replace(_YEAR, "2000").replace(_MONTH, "may").replace(_DAY, "3 may"))
            grouped.setdefault(words[0], []).append(words)
    return grouped
