"""The words of `column_words.toml`: how they are read from the file, and how words are compared."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

_IGNORED = re.compile(r"[\s_\-\u2010\u2011\ufeff.,:;!\u00a1'\u2019`\u00b4\"]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]")  # those of Latin letters; Japanese marks distinguish letters
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold_word(text: str) -> str:
    """Normalise a word for comparison; a text without letters stays as it is."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", plain)))
    return _IGNORED.sub("", plain) or plain.strip()


def folded_words(lines: Mapping[str, Sequence[str]] | Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the folded words of all languages, also with `ae` for `ä` and so on."""
    for words in lines.values() if isinstance(lines, Mapping) else lines:
        for word in words:
            yield from (fold_word(word), fold_word(word.translate(UMLAUTS)))


@lru_cache(maxsize=1)
def word_tables() -> Mapping[str, Any]:
    """The tables of the file."""
    return tomllib.loads(files(__package__).joinpath("column_words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=64)  # more than the file has lines about headers
def words_about(name: str) -> tuple[str, ...]:
    """The folded words of a line about headers."""
    return tuple(dict.fromkeys(folded_words([word_tables()["about"][name]])))


def has_word_about(words: Iterable[str], name: str) -> bool:
    """Whether one of some folded words is in a line about headers; there, `*` stands for any text."""
    exact, patterns = _exact_and_patterns(name)
    return any(word in exact or any(fnmatchcase(word, pattern) for pattern in patterns) for word in words)


@lru_cache(maxsize=64)
def _exact_and_patterns(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    words = words_about(name)
    return frozenset(words), tuple(word for word in words if "*" in word)
