"""What people have in Studio who lose a role, in words: of each, and of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.model.frames import IMPACT
from rolesync.model.vocabulary import Completeness
from rolesync.report.content.text import duration_text, escape_for_display, plural, size_text

if TYPE_CHECKING:
    import pandas as pd

_NOTE_LIMIT = 400  # characters


def impact_texts(impact: pd.DataFrame | None) -> dict[int, str]:
    """Say by user id what each has, as in `owns 412 media, 310 GB, 88 h`; nothing of anybody where nobody asked."""
    if impact is None:
        return {}
    cells = zip(*(impact[name].tolist() for name in IMPACT), strict=True)
    return {user_id: _text(*others) for user_id, *others in cells}


def impact_total(impact: pd.DataFrame) -> str:
    """Sum up what all have who lose a role, or would if their removal weren't held."""
    told = impact[impact["known"] != Completeness.NOTHING.value]
    unknown = len(impact) - len(told)
    if not len(told):
        people = plural(unknown, "person who loses a role, or would", "people who lose a role, or would")
        return f"not known of {people}" if unknown else "nobody loses a role"
    least = "at least " if (told["known"] == Completeness.AT_LEAST.value).any() else ""
    numbers = [sum(told[name].tolist()) for name in ("owned", "size", "duration")]
    rest = f"; of {plural(unknown, 'person', 'people')} it is not known" if unknown else ""
    people = plural(len(told), "person who loses a role, or would, owns", "people who lose a role, or would, own")
    return f"{people} {least}{_belongings(*numbers)}{rest}"


def _text(known: str, owned: int, reachable: int, size: int, duration: int, newest: str, note: str) -> str:  # noqa: PLR0913, PLR0917  # one a column
    if known == Completeness.NOTHING:
        return f"media not known: {escape_for_display(note, _NOTE_LIMIT)}"
    if not reachable:
        return "no media"
    least = "at least " if known == Completeness.AT_LEAST else ""
    own = f"owns {least}{_belongings(owned, size, duration)}" if owned or least else "owns no media"
    made = f", the newest of {escape_for_display(newest[:10])}" if newest else ""
    more = f"; {escape_for_display(note, _NOTE_LIMIT)}" if note else ""
    return f"{own}{made}; can open {reachable:,}{more}"


def _belongings(owned: int, size: int, duration: int) -> str:
    return f"{plural(owned, 'medium', 'media')}, {size_text(size)}, {duration_text(duration)}"
