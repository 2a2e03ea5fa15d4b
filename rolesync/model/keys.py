"""The spellings under which addresses and sets of roles are compared and kept."""

import json
import unicodedata
from collections.abc import Iterable


def email_key(address: str) -> str:
    """The one spelling under which two addresses are the same: trimmed, NFC, case-folded letter by letter.

    Full case folding would make `strauß` and `strauss` one, who are two people.
    """
    if address.isascii():
        return address.strip().lower()
    folded = "".join(map(_fold, unicodedata.normalize("NFC", address.strip())))
    return unicodedata.normalize("NFC", folded)


def _fold(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def format_roles(names: Iterable[str]) -> str:
    """Spell a set of role names as a JSON array of the sorted distinct names."""
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def parse_roles(spelled: str) -> list[str]:
    """Read a `format_roles` back; an empty text is an empty set."""
    names: list[str] = json.loads(spelled) if spelled else []
    return names
