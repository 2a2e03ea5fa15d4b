"""Characters that programs and keyboards put into an identity unseen: removed, or a reason to refuse the identity.

No user's address is ever turned into another's. Letters are never replaced by look-alikes, with one exception:
full-width forms, which East Asian keyboards write for plain letters.
"""

import re
import unicodedata
from collections.abc import Iterator

from rolesync.model.keys import FULL_WIDTH, strip_invisible

REPLACEMENT_CHARACTER = "\ufffd"  # programs write it for a letter that they could not read
BIDI_OVERRIDES = re.compile("[\u202d\u202e]")  # they display text in another order than it is stored

_WORD = re.compile(r"[^@.]+")
_WITH_NAME = re.compile(r'(?:"[^"<>@]*"|[^"<>@;]*)\s*<([^<>]*)>')
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_LOOKALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "GEORGIAN", "CHEROKEE"})
_LOOKS_LATIN = frozenset("аеһіјорсԁԛѕухԝѵ" + "αινορυ" + "օսհո")  # noqa: RUF001  # look-alikes are the point
_LATIN = str.maketrans("авеһікмнјорсԁтԛѕухԝѵ" + "αβεηικμνορτυχ", "abehikmhjopcdtqsyxwv" + "abehikmvoptyx")


def strip_decoration(text: str) -> tuple[str, tuple[str, ...]]:
    """Remove what surrounds a single address: a name and brackets, `mailto:`, invisible characters, full-width forms.

    Returns:
        The remaining text, which need not be an address, and descriptions of what was removed.
    """
    removed = []
    visible = strip_invisible(text)
    if visible != text:
        removed.append("invisible characters")
        text = visible
    narrow = text.translate(FULL_WIDTH)
    if narrow != text:
        removed.append("full-width letters")
        text = narrow
    if with_name := _WITH_NAME.fullmatch(text):
        removed.append("a name and brackets around the address")
        text = with_name[1].strip()
    # A percent sign is an escape in a link but a letter in an address, so a link with one is unclear.
    if (link := _MAILTO.match(text)) and "%" not in text:
        removed.append("'mailto:'")
        text = text[link.end() :].strip()
    return text, tuple(removed)


def describe_lookalikes(text: str, key: str) -> str:
    """Describe why letters of an address may not be what they look like; "" if none is suspicious.

    Args:
        text: the address as it is written.
        key: its `email_key`.
    """
    for letter in text:
        plain = unicodedata.normalize("NFKC", letter)
        if not letter.isascii() and plain.isascii() and unicodedata.normalize("NFC", letter) == letter:
            return f"{unicodedata.name(letter, 'a letter')} (U+{ord(letter):04X}) only looks like {plain!r}"
    for word in _WORD.findall(key):
        scripts = sorted(set(_scripts(word)))
        if len(scripts) > 1:
            names = " and ".join(script.capitalize() for script in scripts)
            return f"{word!r} mixes {names} letters, which look alike"
    return ""


def looks_latin(key: str) -> bool:
    """Whether a word of an address consists of non-Latin letters that all look like Latin ones."""
    return any(not word.isascii() and set(filter(str.isalpha, word)) <= _LOOKS_LATIN for word in _WORD.findall(key))


def undo_mojibake(text: str) -> str:
    """The original of a text whose UTF-8 was read as Windows-1252, such as `jÃ¼rgen`; "" for any other text.

    A false match is unlikely: the two or three characters that a letter becomes hardly ever follow each other.
    """
    if text.isascii():
        return ""
    try:
        return b"".join(map(_windows_byte, text)).decode("utf-8")
    except UnicodeError:
        return ""


def _windows_byte(letter: str) -> bytes:
    # Windows-1252 leaves five bytes undefined; most programs keep them as control characters.
    return letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252")


def replace_lookalikes(text: str) -> str:
    """Replace letters by the Latin ones that they look like in upper or lower case; only to compare, never to read."""
    return text.translate(_LATIN)


def _scripts(word: str) -> Iterator[str]:
    for letter in word:
        script = unicodedata.name(letter, "").partition(" ")[0]
        if letter.isalpha() and script in _LOOKALIKE_SCRIPTS:
            yield script
