"""What programs and keyboards put into an identity without its author seeing it: taken away, or the reason to refuse.

Nothing here turns one person's address into another's: a letter is never exchanged for one that looks like it, except
full-width forms, which East Asian keyboards write for the plain ones.
"""

import re
import unicodedata
from collections.abc import Iterator

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
LOST = "\ufffd"  # what programs write for a letter that they could not read
JOINERS = "\u200c\u200d"  # part of words in some scripts, and an accident between plain letters
OVERRIDES = re.compile("[\u202d\u202e]")  # text shows in another order than it is written: nobody saw what stands there

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202c\u2060-\u2069\ufeff]")
_WORD = re.compile(r"[^@.]+")
_NAMED = re.compile(r'(?:"[^"<>@]*"|[^"<>@;]*)\s*<([^<>]*)>')
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "GEORGIAN", "CHEROKEE"})
_LIKE_LATIN = frozenset("аеһіјорсԁԛѕухԝѵ" + "αινορυ" + "օսհո")  # noqa: RUF001  # that is the point
_LATIN = str.maketrans("авеһікмнјорсԁтԛѕухԝѵ" + "αβεηικμνορτυχ", "abehikmhjopcdtqsyxwv" + "abehikmvoptyx")


def without_invisible(text: str) -> str:
    """Take zero-width characters and direction marks away; joiners only from between plain letters."""
    seen = _INVISIBLE.sub("", text)
    bare = seen.translate(dict.fromkeys(map(ord, JOINERS)))
    return (bare if bare.isascii() else seen).strip()


def bare_address(text: str) -> tuple[str, tuple[str, ...]]:
    """Take away what stands around one address.

    Returns:
        What is left, whether or not it is an address, and what was taken away, as words for people.
    """
    removed = []
    seen = without_invisible(text)
    if seen != text:
        removed.append("invisible characters")
        text = seen
    narrow = text.translate(FULL_WIDTH)
    if narrow != text:
        removed.append("full-width letters")
        text = narrow
    if named := _NAMED.fullmatch(text):
        removed.append("a name and brackets around the address")
        text = named[1].strip()
    # A percent sign is an escape in a link and a letter in an address: which one it was can't be told.
    if (link := _MAILTO.match(text)) and "%" not in text:
        removed.append("'mailto:'")
        text = text[link.end() :].strip()
    return text, tuple(removed)


def describe_lookalikes(text: str, key: str) -> str:
    """Say why letters of an address may not be the ones they look like; "" where they are.

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
    """Whether a word of an address is of other letters that all look like Latin ones."""
    return any(not word.isascii() and set(filter(str.isalpha, word)) <= _LIKE_LATIN for word in _WORD.findall(key))


def unmangled(text: str) -> str:
    """The text that this one was before a program read its UTF-8 as Windows-1252; "" where it wasn't.

    The bytes of one letter outside ASCII become two or three that hardly ever stand together otherwise: `jÃ¼rgen`.
    """
    if text.isascii():
        return ""
    try:
        return b"".join(map(_windows_byte, text)).decode("utf-8")
    except UnicodeError:
        return ""


def _windows_byte(letter: str) -> bytes:
    # The five bytes that Windows-1252 doesn't define are kept by most programs as control characters.
    return letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252")


def as_latin(text: str) -> str:
    """Put Latin letters for those that look like them in either case, to tell what was meant; never to read it."""
    return text.translate(_LATIN)


def _scripts(word: str) -> Iterator[str]:
    for letter in word:
        script = unicodedata.name(letter, "").partition(" ")[0]
        if letter.isalpha() and script in _ALIKE_SCRIPTS:
            yield script
