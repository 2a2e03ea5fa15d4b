"""The normal forms in which addresses, role names and sets of roles are compared and stored."""

import json
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

ANY_USER = "*@"
"""The beginning of a setting that names all users with addresses in a domain."""


FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""The plain letters and signs for which East Asian keyboards write full-width forms."""

_JOINERS = "\u200c\u200d"  # part of words in some scripts, but an accident between plain letters
PUNYCODE = "xn--"  # begins a label of a domain that encodes letters outside ASCII

_LONGEST_LABEL = 63  # characters; the time to decode grows with the square
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202c\u2060-\u2069\ufeff]")


def email_key(address: str) -> str:
    """Normalise an address for comparison, whether it is from a list, a setting or Studio.

    Blanks around it and invisible characters are removed, full-width forms are replaced, the text is converted to NFC,
    the case is folded letter by letter, and a Punycode domain is decoded. Full case folding would make `strauß` and
    `strauss` equal, who are two users.
    """
    if address.isascii():
        key = address.strip().lower()
        return _decode_domain(key) if PUNYCODE in key else key
    key = _fold(address)
    return _decode_domain(key) if PUNYCODE in key else key


def email_spellings(key: str) -> tuple[str, ...]:
    """List the forms in which Studio may store the address of a key, apart from case, the key itself first.

    An address in ASCII has one form. Other addresses may have a domain in Punycode, or be stored in NFD.
    """
    if key.isascii():
        return (key,)
    local, at, domain = key.rpartition("@") if "@" in key else (key, "", "")
    encoded = ".".join(map(_encode_label, domain.split(".")))
    parts = [f"{local}{at}", unicodedata.normalize("NFD", f"{local}{at}")]
    domains = [domain, encoded, unicodedata.normalize("NFD", domain)]
    return tuple(dict.fromkeys(part + end for end in domains for part in parts))


def strip_invisible(text: str) -> str:
    """Remove zero-width characters and direction marks; joiners only if the rest is ASCII."""
    visible = _INVISIBLE.sub("", text)
    without_joiners = visible.translate(dict.fromkeys(map(ord, _JOINERS)))
    return (without_joiners if without_joiners.isascii() else visible).strip()


def role_key(name: str) -> str:
    """Normalise the name of a role to NFC: names are equal if they differ only in how a letter is composed."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _fold(text: str) -> str:
    visible = unicodedata.normalize("NFC", strip_invisible(text.strip()).translate(FULL_WIDTH).strip())
    return unicodedata.normalize("NFC", "".join(map(_fold_letter, visible)))


def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def _decode_domain(key: str) -> str:
    local, at, domain = key.rpartition("@")
    return local + at + ".".join(map(_decode_label, domain.split(".")))


def _decode_label(label: str) -> str:
    """Decode a label from Punycode, unless its letters would be normalised to others, as in a forged label."""
    if not label.startswith(PUNYCODE) or len(label) > _LONGEST_LABEL:
        return label
    with suppress(UnicodeError):
        decoded = label.removeprefix(PUNYCODE).encode("ascii").decode("punycode")
        if _encode_label(decoded) == label and _fold(decoded) == decoded:
            return decoded
    return label


def _encode_label(label: str) -> str:
    return label if label.isascii() else PUNYCODE + label.encode("punycode").decode("ascii")


def format_roles(names: Iterable[str]) -> str:
    """Encode role names as a JSON array of the sorted distinct names."""
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def parse_roles(text: str) -> list[str]:
    """Decode the text of `format_roles`. An empty text is an empty set."""
    names: list[str] = json.loads(text) if text else []
    return names
