"""Describes the media of users who lose a role: of each user, and in total."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.frames import IMPACT
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action, Completeness
from rolesync.report.content.text import duration_text, escape_for_display, plural, size_text

if TYPE_CHECKING:
    import pandas as pd

    from rolesync.model.plans import Plan

_NOTE_LIMIT = 400  # characters
_TRANSFER = "; Studio can transfer a leaver's unshared media to another user (POST /transfer_media)"


class MediaGlance(NamedTuple):
    """What a user owns at a glance: the media, their last view, both in a sentence with the rest, and what to sort by.

    `size` is in bytes, 0 where unknown, None for a user who owns no media. `last_viewed` is a day, "" where unknown.
    """

    owned: str
    viewed: str
    sentence: str
    size: int | None
    last_viewed: str


NO_GLANCE = MediaGlance("", "", "", None, "")
"""For a user whose media were not looked up."""


def impact_glances(impact: pd.DataFrame | None) -> dict[int, MediaGlance]:
    """Describe by user id the media of each user at a glance; empty if they were not looked up."""
    if impact is None:
        return {}
    texts = impact_texts(impact)
    cells = zip(*(impact[name].tolist() for name in IMPACT), strict=True)
    return {user_id: _glance(texts[user_id], *values) for user_id, *values in cells}


def impact_glance_total(plan: Plan) -> dict[str, str] | None:
    """Sum up what the users with a removal own: a few words, and a sentence.

    None without removals, or if the media were not looked up.
    """
    losing = plan.changes["user_id"][plan.changes["action"] == Action.REMOVE.value]
    if plan.impact is None or not len(losing):
        return None
    impact = plan.impact[plan.impact["user_id"].isin(losing)]
    known_media = impact[impact["known"] != Completeness.NOTHING.value]
    owned, size = (sum(known_media[name].tolist()) for name in ("owned", "size"))
    if not len(known_media):
        return {"owned": "Media unknown", "sentence": impact_total(impact)}
    least = "At least " if (known_media["known"] == Completeness.AT_LEAST.value).any() else ""
    latest = max(known_media["last_viewed"].tolist(), default="")[:10]
    unknown = len(impact) - len(known_media)
    sentences = [
        f"of {plural(len(known_media), 'user')} with a removal{' together' if len(known_media) > 1 else ''}",
        f", last viewed on {escape_for_display(latest)}" if latest else "",
        f"; media of {plural(unknown, 'user')} unknown" if unknown else "",
        _TRANSFER if owned else "",
    ]
    return {"owned": f"{least}{plural(owned, 'medium', 'media')}, {size_text(size)}", "sentence": "".join(sentences)}


def impact_texts(impact: pd.DataFrame | None) -> dict[int, str]:
    """Describe by user id the media of each user, as in `owns 412 media, 310 GB, 88 h`.

    `impact` is None, and the result empty, if the media were not looked up.
    """
    if impact is None:
        return {}
    cells = zip(*(impact[name].tolist() for name in IMPACT), strict=True)
    return {user_id: _describe(*values) for user_id, *values in cells}


def without_excluded(impact: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Leave out the users whose removal a reviewer has excluded."""
    is_excluded = (held["reason"] == HeldReason.EXCLUDED.value) & (held["action"] == Action.REMOVE.value)
    return impact[~impact["user_id"].isin(held["user_id"][is_excluded])]


def impact_total(impact: pd.DataFrame) -> str:
    """Sum up the media of the users who lose a role, or would lose it if their removal were not held."""
    known_media = impact[impact["known"] != Completeness.NOTHING.value]
    unknown = plural(len(impact) - len(known_media), "user")
    if not len(known_media):
        return f"media of {unknown} unknown" if len(impact) else "no user loses a role"
    least = "at least " if (known_media["known"] == Completeness.AT_LEAST.value).any() else ""
    numbers = [sum(known_media[name].tolist()) for name in ("owned", "size", "duration")]
    remark = f"; media of {unknown} unknown" if len(known_media) < len(impact) else ""
    users = plural(len(known_media), "user with a removal owns", "users with a removal own")
    return f"{users} {least}{_media(*numbers)}{remark}{_TRANSFER if numbers[0] else ''}"


def _describe(  # noqa: PLR0913, PLR0917  # the columns of IMPACT
    known: str, owned: int, reachable: int, size: int, duration: int, newest: str, last_viewed: str, note: str
) -> str:
    if known == Completeness.NOTHING:
        return f"media unknown: {escape_for_display(note, _NOTE_LIMIT)}"
    if not reachable:
        return "no media"
    least = "at least " if known == Completeness.AT_LEAST else ""
    owns = f"owns {least}{_media(owned, size, duration)}" if owned or least else "owns no media"
    latest = f", the newest of {escape_for_display(newest[:10])}" if newest else ""
    viewed = f", last viewed on {escape_for_display(last_viewed[:10])}" if last_viewed else ""
    remark = f"; {escape_for_display(note, _NOTE_LIMIT)}" if note else ""
    return f"{owns}{latest}{viewed}; can open {reachable:,}{remark}"


def _glance(  # noqa: PLR0913, PLR0917  # as above, after the sentence
    text: str,
    known: str,
    owned: int,
    reachable: int,
    size: int,
    duration: int,
    newest: str,
    last_viewed: str,
    note: str,
) -> MediaGlance:
    del duration, note
    if known == Completeness.NOTHING:
        return MediaGlance("media unknown", "", text, 0, "")
    least = "at least " if known == Completeness.AT_LEAST else ""
    if not reachable or not (owned or least):
        return MediaGlance("no media", "", text, None, "")
    day = escape_for_display(last_viewed[:10])
    latest = f"newest of {escape_for_display(newest[:10])}" if newest else ""
    media = f"{least}{plural(owned, 'medium', 'media')}, {_size(owned, size)}"
    return MediaGlance(media, f"last viewed {day}" if day else latest, text, size, day)


def _media(owned: int, size: int, duration: int) -> str:
    return f"{plural(owned, 'medium', 'media')}, {_size(owned, size)}, {duration_text(duration)}"


def _size(owned: int, size: int) -> str:
    return "size unknown" if owned and not size else size_text(size)
