"""The normal forms in which addresses and sets of roles are compared and stored."""

import json
import unicodedata
from collections.abc import Iterable

ANY_USER = "*@"
"""The beginning of a setting that names all users with addresses in a domain."""


def email_key(address: str) -> str:
    """Normalise an address for comparison: trim it, convert it to NFC, and fold the case letter by letter.

    Full case folding would make `strauß` and `strauss` equal, who are two users.
    """
    if address.isascii():
        return address.strip().lower()
    folded = "".join(map(_fold, unicodedata.normalize("NFC", address.strip())))
    return unicodedata.normalize("NFC", folded)


def _fold(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def format_roles(names: Iterable[str]) -> str:
    """Encode role names as a JSON array of the sorted distinct names."""
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def parse_roles(text: str) -> list[str]:
    """Decode the text of `format_roles`. An empty text is an empty set."""
    names: list[str] = json.loads(text) if text else []
    return names
