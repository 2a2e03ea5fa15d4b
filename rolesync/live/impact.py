"""Counts the media that users own who are about to lose a role, from what Studio shows of each medium.

Studio shows the owner, size, duration and creation time of each medium, and newer versions the last view. The newest
medium shows when its owner was last active, the last view whether anybody still needs the media.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import pandas as pd

from rolesync.model.frames import IMPACT, frame
from rolesync.model.vocabulary import Completeness

MOST_BYTES = 2**48
MOST_SECONDS = 2**32
"""Limits for one medium; a negative or higher number is impossible, and counts as missing."""


class Medium(Protocol):
    """The facts of a medium that are counted; None or "" if Studio doesn't report a fact."""

    @property
    def owner_id(self) -> int | None:
        """The user who owns it."""

    @property
    def size(self) -> int | None:
        """Its size in bytes."""

    @property
    def duration(self) -> float | None:
        """Its duration in seconds."""

    @property
    def created_at(self) -> str:
        """When it was created, ISO 8601."""

    @property
    def last_viewed(self) -> str | None:
        """When it was last viewed, ISO 8601; "" if never, None if Studio doesn't say."""


@dataclass(slots=True)
class MediaTotals:
    """The totals of one user's media, added up page by page."""

    user_id: int
    seen: int = 0
    owned: int = 0
    size: int = 0
    duration: float = 0.0
    newest: datetime | None = None
    last_viewed: datetime | None = None
    has_unknown_views: bool = False  # a medium whose last view is unknown could be the one viewed last
    missing: Counter[str] = field(default_factory=Counter)  # by attribute: on how many media it is missing

    def add(self, media: Iterable[Medium]) -> None:
        """Count further media."""
        for medium in media:
            self.seen += 1
            if medium.owner_id is None:
                self.missing["owner"] += 1
            elif medium.owner_id == self.user_id:
                self._add_owned(medium)

    def _add_owned(self, medium: Medium) -> None:
        self.owned += 1
        for name, most in (("size", MOST_BYTES), ("duration", MOST_SECONDS)):
            number = getattr(medium, name)
            if number is not None and 0 <= number <= most:
                setattr(self, name, getattr(self, name) + number)
            else:
                self.missing[name] += 1
        self.newest = _later(self.newest, _parse_time(medium.created_at))
        viewed = _parse_time(medium.last_viewed or "")
        self.last_viewed = _later(self.last_viewed, viewed)
        self.has_unknown_views |= viewed is None and medium.last_viewed != ""

    def row(self, reachable: int) -> dict[str, Any]:
        """Return the totals as a row of IMPACT; `reachable` is the number of all media that the user can open."""
        is_part = self.seen < reachable
        notes = [f"only the first {self.seen:,} of {reachable:,} media were read"] if is_part else []
        notes += [f"Studio shows no {name} for {number:,} of them" for name, number in sorted(self.missing.items())]
        return {
            "user_id": self.user_id,
            "known": (Completeness.AT_LEAST if notes else Completeness.ALL).value,
            "owned": self.owned,
            "reachable": reachable,
            "size": self.size,
            "duration": round(self.duration),
            "newest": _format_time(self.newest),
            "last_viewed": "" if self.has_unknown_views else _format_time(self.last_viewed),
            "note": "; ".join(notes),
        }


def unknown_impact(user_id: int, reason: str) -> dict[str, Any]:
    """Return the row of IMPACT for a user whose media are unknown."""
    totals: dict[str, Any] = dict.fromkeys(("owned", "reachable", "size", "duration"), 0)
    times = {"newest": "", "last_viewed": ""}
    return {**totals, **times, "user_id": user_id, "known": Completeness.NOTHING.value, "note": reason}


def impact_of(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Make IMPACT from rows, sorted by user id."""
    ordered = sorted(rows, key=lambda row: int(row["user_id"]))
    return frame(IMPACT, {name: [row[name] for row in ordered] for name in IMPACT})


def _parse_time(text: str) -> datetime | None:
    """Parse a time of a medium, in UTC if it has no zone; None if it is not a time."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _later(time: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (time, other) if moment), default=None)


def _format_time(time: datetime | None) -> str:
    return time.isoformat().replace("+00:00", "Z") if time else ""
