"""Text that came from elsewhere, made fit to be shown, and the few phrases that all forms share."""

import unicodedata
from collections.abc import Mapping

from rolesync.model.reasons import REASONS, HeldReason

SENTENCE_LIMIT = 600
"""Characters of a message; longer than a cell's, because sentences quote cells."""

CELL_LIMIT = 200
"""Characters of one text that a person is shown; whoever needs the rest finds it in the CSV or JSON form."""

_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))),
)
"""Letters and marks that draw nothing, though Unicode doesn't class them as control or format characters."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_NEXT_UNIT = 1_000
_MINUTE = 60
_MANY_HOURS = 100  # from here on minutes tell nothing


def escape_for_display(text: str, limit: int | None = None) -> str:
    r"""Return `text` on one line, with each character that could hide or steer something as a visible escape.

    Control, format (bidi, zero-width), private and unassigned characters, lone surrogates and line separators become
    `\n`, `\x1b`, `\u202e` and so on; all that is drawn stays as it is. A backslash stays too, so the result is for
    reading, not for turning back.

    Args:
        text: any text, of any length.
        limit: at most so many characters are kept, and a note says how many there were.
    """
    head = text if limit is None else text[:limit]
    plain = head.isprintable() and _UNSEEN.isdisjoint(head)
    shown = head if plain else "".join(map(_shown, head))
    if limit is None or (len(text) <= limit and len(shown) <= limit):
        return shown
    return f"{shown[:limit]}… ({len(text):,} characters)"


def _shown(char: str) -> str:
    if char not in _UNSEEN and (char.isprintable() or unicodedata.category(char) == "Zs"):
        return char
    return char.encode("unicode_escape").decode("ascii")


def plural(number: int, noun: str, plural_noun: str = "") -> str:
    """Say how many, as in `1 removal` and `2,000 removals`."""
    return f"{number:,} {noun if number == 1 else plural_noun or noun + 's'}"


def person(name: str, email: str, user_id: int, limit: int | None = CELL_LIMIT) -> str:
    """Name a person by all that is known, as in `Ada Lovelace <ada@example.edu> #12`."""
    known = (
        escape_for_display(name, limit),
        f"<{escape_for_display(email, limit)}>" if email else "",
        f"#{user_id}" if user_id else "",
    )
    return " ".join(part for part in known if part) or "(not named)"


def reason_sentence(reason: str) -> str:
    """Say in a sentence why a change is planned; a reason of a later version stays as it is."""
    return REASONS.get(reason, escape_for_display(reason, CELL_LIMIT))


def held_words(reason: str) -> str:
    """Say why something is held, as in `not in Studio`; a reason of a later version stays as it is."""
    return _HELD_WORDS.get(reason) or escape_for_display(reason, CELL_LIMIT).replace("_", " ")


_HELD_WORDS: Mapping[str, str] = {
    HeldReason.NOT_IN_STUDIO: "not in Studio",
    HeldReason.AMBIGUOUS: "with a shared address",
    HeldReason.IDENTITY_MISMATCH: "with an id and address that disagree",
    HeldReason.ALREADY: "already changed",
    HeldReason.REMOVALS_HELD: "with removals on hold",
    HeldReason.GRACE: "in the grace period",
    HeldReason.EXCLUDED: "taken out by the reviewer",
}


def format_guard_value(rule: str, value: float | None) -> str:
    """Spell a guard's limit or value: shares in percent, numbers plainly, `-` where there is none."""
    if value is None:
        return "-"
    scaled, unit = (value * 100, "%") if rule.endswith("_share") else (value, "")
    return f"{scaled:,.2f}".rstrip("0").rstrip(".") + unit


def size_text(size: int) -> str:
    """Spell bytes for people, in decimal units to three digits, as in `310 GB` and `1.25 MB`."""
    number, left = float(size), list(_UNITS)
    unit = left.pop(0)
    while left and round(number) >= _NEXT_UNIT:
        number, unit = number / _NEXT_UNIT, left.pop(0)
    digits = 0 if unit == _UNITS[0] else max(0, 3 - len(str(int(number))))
    text = f"{number:,.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text} {unit}"


def duration_text(seconds: int) -> str:
    """Spell a duration for people, in the two units that matter, as in `45 s`, `12 min` and `3 h 20 min`."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    minutes = round(seconds / _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h" if hours >= _MANY_HOURS or not minutes else f"{hours} h {minutes} min"


def outcome_text(outcome: str) -> str:
    """Say what came of a change of the past, see `PastChange`."""
    return _OUTCOMES.get(outcome, escape_for_display(outcome, CELL_LIMIT))


_OUTCOMES = {"no_effect": "no effect", "gone": "no longer in Studio", "unknown": "not known: never found out"}


def row_text(row: int | None) -> str:
    """Spell a source row; empty where there is none."""
    return str(row) if row else ""
