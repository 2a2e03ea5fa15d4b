"""Which encodings a text may have that is neither UTF-8 nor UTF-16, the likeliest first.

It remains a guess: a reader may use it where no user and no role depends on it. The evidence: a text consists of words
of one language and script, without signs inside words and without capitals after small letters. The table of encodings
and letters is `encodings.toml`. General detectors need more text than a few names.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

SAMPLE = 64 * 2**10  # bytes of lines with letters outside ASCII that are looked at
_FOREIGN_BYTE = re.compile(rb"[\x80-\xff]")
_FOREIGN_WORD = re.compile(r"[^\x00-\x7f]+")
_NEVER_TEXT = {"Cc", "Cn", "Co", "Cs"}  # control characters, unassigned and private characters
_IN_WORD, _OTHER_SCRIPT, _CAPITAL = -3.0, -2.0, -1.0  # the weights of evidence against an encoding
_OTHER_LETTER, _RARE, _SIGN = -0.5, -0.2, 0.0
_UNCOMMON = 0.3  # for a letter that is not among the common ones, where several scripts fill the same bytes
_MARGIN = 0.05  # between encodings that fit about equally
_WORD_SIGNS = "\u2019\u00b7\u30fb"
_AFTER_LATIN = "\u0370"  # from here on, letters of other scripts
_FIRST_IDEOGRAPH = "\u2e80"  # from here on, an alphabet holds only the commonest of many characters


class _Encoding(NamedTuple):
    name: str
    codec: str
    alphabets: Sequence[frozenset[str]]
    common: frozenset[str]


@cache
def _encodings() -> Mapping[str, _Encoding]:
    table = tomllib.loads(Path(__file__).with_name("encodings.toml").read_text(encoding="utf-8"))
    entries = {entry["name"]: entry for entry in table["encoding"]}
    return {name: _encoding(entry, entries.get(entry.get("letters_of"), entry)) for name, entry in entries.items()}


def _encoding(entry: Mapping[str, Any], letters: Mapping[str, Any]) -> _Encoding:
    alphabets = list(map(frozenset, letters["letters"]))
    return _Encoding(entry["name"], entry["codec"], alphabets, frozenset(letters.get("common", "")))


def codec_of(name: str) -> str:
    """The codec of an encoding that has a name here; of another name, the name itself."""
    encoding = _encodings().get(name.strip().casefold())
    return encoding.codec if encoding else name


def check_encoding(name: str) -> str:
    """Return the name of an encoding of text, or "".

    Raises:
        ValueError: there is no such encoding.
    """
    try:
        "x".encode(codec_of(name) if name else "utf-8")
    except (LookupError, UnicodeError):
        text = f"{name!r} is not an encoding of text: write it like utf-8, windows-1252 or shift_jis"
        raise ValueError(text) from None
    return name


@lru_cache(maxsize=4096)
def other_readings(text: str, name: str) -> tuple[str, ...]:
    """What a text that was read in a guessed encoding is in the other ones; empty for ASCII.

    Args:
        text: the text; bytes that the encoding doesn't have are lone surrogates.
        name: the name of the encoding.
    """
    if text.isascii():
        return ()
    try:
        data = text.encode(codec_of(name), "surrogateescape")
    except UnicodeEncodeError:
        return ()
    return tuple(data.decode(encoding.codec, "replace") for encoding in _encodings().values())


def is_mostly_utf8(data: bytes) -> bool:
    """Whether a text that is not valid UTF-8 has as many letters in UTF-8 as other bytes: two texts were joined."""
    text = _sample(data).decode("utf-8", "surrogateescape")
    invalid = sum("\udc80" <= character <= "\udcff" for character in text)
    return sum(not character.isascii() for character in text) >= 2 * invalid


def guess_encodings(data: bytes) -> list[str]:
    """The names of the encodings that a text may have, the likeliest first; empty if none can be meant."""
    return list(_scores(_sample(data)))


def rival_encodings(data: bytes, name: str) -> list[str]:
    """The encodings that a text may have as well as the named one, and in which it is in another script than Latin."""
    sample = _sample(data)
    scores, encodings = _scores(sample), _encodings()
    scripts = {other: _scripts(sample.decode(encodings[other].codec)) for other in _near(scores, name)}
    script_of_guess = scripts.get(name, frozenset())
    return (
        [other for other, script in scripts.items() if not script & script_of_guess]
        if script_of_guess and "LATIN" not in script_of_guess
        else []
    )


def _near(scores: Mapping[str, float], name: str) -> list[str]:
    return [other for other, score in scores.items() if score >= scores.get(name, 0) - _MARGIN]


def _scripts(text: str) -> frozenset[str]:
    """The scripts of a text's letters outside ASCII."""
    return frozenset(
        unicodedata.name(letter, "").split(" ")[0] for letter in text if letter > "\x7f" and letter.isalpha()
    )


def _scores(sample: bytes) -> dict[str, float]:
    """How well each encoding fits that a text may have, the likeliest first."""
    scores = {}
    for encoding in _encodings().values():
        try:
            text = sample.decode(encoding.codec)
        except UnicodeDecodeError:
            continue
        if _NEVER_TEXT.isdisjoint(map(unicodedata.category, set("".join(_FOREIGN_WORD.findall(text))))):
            scores[encoding.name] = round(_fit(text, encoding), 2)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))  # stable: the order of the table decides a tie


def _sample(data: bytes) -> bytes:
    """The first lines with letters outside ASCII."""
    lines: dict[bytes, None] = {}
    size, place = 0, 0
    while size < SAMPLE and (match := _FOREIGN_BYTE.search(data, place)):
        end = data.find(b"\n", match.end())
        place = end if end >= 0 else len(data)
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : place]
        size += len(line)
        lines[line] = None
    return b"\n".join(lines)


def _fit(text: str, encoding: _Encoding) -> float:
    """How well a text fits the languages of an encoding, at most 1: the mean over its characters outside ASCII.

    The text of each line is in one language: a list may hold names from many countries, but a person has one.
    """
    lines = [_foreign_characters(line) for line in text.splitlines()]
    fits = sum(
        max(sum(_character_fit(*place, alphabet) for place in line) for alphabet in encoding.alphabets)
        - sum(_UNCOMMON for _, character, _ in line if encoding.common and character.lower() not in encoding.common)
        for line in lines
    )
    return fits / max(1, sum(map(len, lines)))


def _foreign_characters(line: str) -> list[tuple[str, str, str]]:
    """The characters of a line outside ASCII, each with its neighbours."""
    padded = f" {line} "
    places = (place for word in _FOREIGN_WORD.finditer(padded) for place in range(*word.span()))
    return [(padded[place - 1], padded[place], padded[place + 1]) for place in places]


def _character_fit(before: str, character: str, after: str, alphabet: frozenset[str]) -> float:
    if not character.isalpha():
        return _IN_WORD if before.isalpha() and after.isalpha() and character not in _WORD_SIGNS else _SIGN
    fit = 1.0 if character in alphabet or character.lower() in alphabet else _OTHER_LETTER
    if character >= _FIRST_IDEOGRAPH:
        return max(fit, _RARE)
    if character.isupper() and (before.islower() or (before.isupper() and after.islower())):
        fit += _CAPITAL
    if character >= _AFTER_LATIN and any(neighbour.isascii() and neighbour.isalpha() for neighbour in (before, after)):
        fit += _OTHER_SCRIPT
    return fit
