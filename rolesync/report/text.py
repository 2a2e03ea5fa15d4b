"""Text that came from elsewhere, made fit to be shown, and the few phrases that all forms share."""

import unicodedata

from rolesync.model import REASONS

CELL_LIMIT = 200
"""Characters of one text that a person is shown; whoever needs the rest finds it in the CSV or JSON form."""

_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))),
)
"""Letters and marks that draw nothing, though Unicode doesn't class them as control or format characters."""

_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def safe(text: str, limit: int | None = None) -> str:
    r"""Return `text` on one line, with each character that could hide or steer something as a visible escape.

    Control, format (bidi, zero-width), private and unassigned characters, lone surrogates and line separators become
    `\n`, `\x1b`, `\u202e` and so on; all that is drawn stays as it is. A backslash stays too, so the result is for
    reading, not for turning back.

    Args:
        text: any text, of any length.
        limit: at most so many characters are kept, and a note says how many there were.
    """
    head = text if limit is None else text[:limit]
    shown = head if head.isascii() and head.isprintable() else "".join(map(_shown, head))
    if limit is None or (len(text) <= limit and len(shown) <= limit):
        return shown
    return f"{shown[:limit]}… ({len(text):,} characters)"


def _shown(char: str) -> str:
    if char not in _UNSEEN and (char.isprintable() or unicodedata.category(char) == "Zs"):
        return char
    return char.encode("unicode_escape").decode("ascii")


def defuse(text: str) -> str:
    """Return `safe` text so that no spreadsheet takes it for a formula: an apostrophe comes before it if needed."""
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text.strip() else text


def plural(number: int, noun: str, plural_noun: str = "") -> str:
    """Say how many, as in `1 removal` and `2,000 removals`."""
    return f"{number:,} {noun if number == 1 else plural_noun or noun + 's'}"


def person(name: str, email: str, user_id: int, limit: int | None = CELL_LIMIT) -> str:
    """Name a person by all that is known, as in `Ada Lovelace <ada@example.edu> #12`."""
    known = (
        safe(name, limit),
        f"<{safe(email, limit)}>" if email else "",
        f"#{user_id}" if user_id else "",
    )
    return " ".join(part for part in known if part) or "(not named)"


def reason_sentence(reason: str) -> str:
    """Say in a sentence why a change is planned; a reason of a later version stays as it is."""
    return REASONS.get(reason, safe(reason, CELL_LIMIT))


def amount(rule: str, value: float | None) -> str:
    """Spell a guard's limit or value: shares in percent, numbers plainly, `-` where there is none."""
    if value is None:
        return "-"
    scaled, unit = (value * 100, "%") if rule.endswith("_share") else (value, "")
    return f"{scaled:,.2f}".rstrip("0").rstrip(".") + unit


def row_text(row: int | None) -> str:
    """Spell a source row; empty where there is none."""
    return str(row) if row else ""
