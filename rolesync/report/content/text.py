"""Escapes untrusted text for display, and formats what all forms of a report show: users, sizes, times, reasons."""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rolesync.model.periods import Period
from rolesync.model.reasons import HeldReason, describe_reason
from rolesync.planner.verdicts import format_number, format_share

SENTENCE_LIMIT = 600
"""Maximum number of characters shown of a message; more than of a cell, because messages quote cells."""

CELL_LIMIT = 200
"""Maximum number of characters shown of a cell; CSV and JSON contain the whole text."""

COMMAND = re.compile(r"""`[^`]+`|(?<=: )rolesync (?:'[^']*'|"[^"]*"|[^;'"])*|(?<=→ )rolesync [^;,]*$""")
"""Finds the commands in a message or a hint."""

_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))),
)
"""Letters and marks that draw nothing, although Unicode does not class them as control or format characters."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_NEXT_UNIT = 1_000
_MINUTE = 60
_MANY_HOURS = 100  # from here on, minutes are left out


def escape_for_display(text: str, limit: int | None = None) -> str:
    r"""Return `text` on one line, with a visible escape for each character that could hide text or control a terminal.

    Control, format (bidi, zero-width), private and unassigned characters, lone surrogates and line separators become
    `\n`, `\x1b`, `\u202e` and so on. Visible characters stay, backslashes too: the result is for reading and can't be
    decoded.

    Args:
        text: any text, of any length.
        limit: at most this many characters are kept, followed by the number of all; None for all.
    """
    head = text if limit is None else text[:limit]
    plain = head.isprintable() and _INVISIBLE.isdisjoint(head)
    escaped = head if plain else "".join(map(_escape_character, head))
    if limit is None or (len(text) <= limit and len(escaped) <= limit):
        return escaped
    return f"{escaped[:limit]}… ({len(text):,} characters)"


def list_text(path: str) -> str:
    """Format the path of a list for display: as it was typed, if it is below the current folder."""
    if path == "-":
        return "standard input"
    with suppress(OSError):  # the current folder may be gone
        path = path.removeprefix(str(Path.cwd() / "_")[:-1])
    return escape_for_display(path, CELL_LIMIT)


def _escape_character(char: str) -> str:
    if char not in _INVISIBLE and (char.isprintable() or unicodedata.category(char) == "Zs"):
        return char
    return char.encode("unicode_escape").decode("ascii")


def plural(number: int, noun: str, plural_noun: str = "") -> str:
    """Format a number with its noun, as in `1 removal` and `2,000 removals`."""
    return f"{number:,} {noun if number == 1 else plural_noun or noun + 's'}"


def user_parts(name: str, email: str, user_id: int, limit: int | None = CELL_LIMIT) -> tuple[str, ...]:
    """Return a user's name, address and id, as in `Ada Lovelace`, `<ada@example.edu>`, `#12`; not the missing ones."""
    parts = (
        escape_for_display(name, limit),
        f"<{escape_for_display(email, limit)}>" if email else "",
        f"#{user_id}" if user_id else "",
    )
    return tuple(part for part in parts if part)


def format_user(name: str, email: str, user_id: int, limit: int | None = CELL_LIMIT) -> str:
    """Name a user by name, address and id, as in `Ada Lovelace <ada@example.edu> #12`, without the missing parts."""
    return " ".join(user_parts(name, email, user_id, limit)) or "(not named)"


def reason_sentence(reason: str, days: Period | None = None) -> str:
    """Explain the reason of a change, see `describe_reason`."""
    return escape_for_display(describe_reason(reason, days), CELL_LIMIT)


def held_words(reason: str) -> str:
    """Name the reason for holding a row, as in `not in Studio`; a reason of a later version stays as it is."""
    return _HELD_WORDS.get(reason) or escape_for_display(reason, CELL_LIMIT).replace("_", " ")


_HELD_WORDS: Mapping[str, str] = {
    HeldReason.NOT_IN_STUDIO: "not in Studio",
    HeldReason.SEARCH_REFUSED: "with a refused search",
    HeldReason.AMBIGUOUS: "ambiguous",
    HeldReason.IDENTITY_MISMATCH: "with an identity mismatch",
    HeldReason.ALREADY: "already changed",
    HeldReason.REMOVALS_HELD: "waiting while removals are held",
    HeldReason.GRACE: "in the grace period",
    HeldReason.EXCLUDED: "excluded by the reviewer",
    HeldReason.RENAMED: "renamed in Studio",
    HeldReason.ADDRESS_MOVED: "with the former address of another user",
    HeldReason.MAY_BE_LISTED: "perhaps listed",
    HeldReason.CLOCK: "waiting for the right date",
}


def format_guard_value(rule: str, value: float | None) -> str:
    """Format a guard's limit or value: shares in percent, other numbers as they are, `-` for None."""
    if value is None:
        return "-"
    return format_share(value) if rule.endswith("_share") else format_number(value)


def size_text(size: int) -> str:
    """Format a size in bytes, in decimal units to three digits, as in `310 GB` and `1.25 MB`."""
    number, unit = float(size), 0
    while round(number) >= _NEXT_UNIT and unit < len(_UNITS) - 1:
        number, unit = number / _NEXT_UNIT, unit + 1
    digits = 0 if not unit else max(0, 3 - len(str(int(number))))
    text = f"{number:,.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text} {_UNITS[unit]}"


def duration_text(seconds: int) -> str:
    """Format seconds in at most two units, as in `45 s`, `12 min` and `3 h 20 min`."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    minutes = round(seconds / _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h" if hours >= _MANY_HOURS or not minutes else f"{hours} h {minutes} min"


def outcome_text(outcome: str) -> str:
    """Name the outcome of a past change, see `PastChange`."""
    return _OUTCOMES.get(outcome, escape_for_display(outcome, CELL_LIMIT))


_OUTCOMES = {
    "no_effect": "no effect",
    "gone": "no longer in Studio",
    "unknown": "unknown",
    "side_effect": "by Studio itself",
}


def row_text(row: int | None) -> str:
    """Format a row number; empty for 0 or None."""
    return str(row) if row else ""
