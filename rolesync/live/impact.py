"""What people have in Studio who are about to lose a role: whose that is, and the numbers, from what Studio shows.

Of each medium somebody may open, Studio says who owns it, its size, its duration and when it was made, but not when
anybody last used it. So the newest medium is the nearest to their last use that can be told.
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
"""Of one medium; a number above, or below 0, can't be meant, and counts as not given."""


class Medium(Protocol):
    """What is counted of a medium; None or "" where Studio doesn't say."""

    @property
    def owner_id(self) -> int | None:
        """Whose it is."""

    @property
    def size(self) -> int | None:
        """Its bytes."""

    @property
    def duration(self) -> float | None:
        """Its seconds."""

    @property
    def created_at(self) -> str:
        """When it was made, as ISO 8601."""


@dataclass(slots=True)
class MediaTotals:
    """What one person has, counted as it is read, a page after the other."""

    user_id: int
    seen: int = 0
    owned: int = 0
    size: int = 0
    duration: float = 0.0
    newest: datetime | None = None
    missing: Counter[str] = field(default_factory=Counter)  # how often Studio doesn't give something

    def add(self, media: Iterable[Medium]) -> None:
        """Count some more media."""
        for medium in media:
            self.seen += 1
            if medium.owner_id is None:
                self.missing["owner"] += 1
            elif medium.owner_id == self.user_id:
                self._own(medium)

    def _own(self, medium: Medium) -> None:
        self.owned += 1
        for name, most in (("size", MOST_BYTES), ("duration", MOST_SECONDS)):
            number = getattr(medium, name)
            if number is not None and 0 <= number <= most:
                setattr(self, name, getattr(self, name) + number)
            else:
                self.missing[name] += 1
        made = _time(medium.created_at)
        if made and (self.newest is None or made > self.newest):
            self.newest = made

    def row(self, reachable: int) -> dict[str, Any]:
        """Say what was counted, as a row of IMPACT; `reachable` is how many media there are in all."""
        part = self.seen < reachable
        notes = [f"only the first {self.seen:,} of {reachable:,} media were looked at"] if part else []
        notes += [f"Studio gives no {name} of {number:,} of them" for name, number in sorted(self.missing.items())]
        return {
            "user_id": self.user_id,
            "known": (Completeness.AT_LEAST if notes else Completeness.ALL).value,
            "owned": self.owned,
            "reachable": reachable,
            "size": self.size,
            "duration": round(self.duration),
            "newest": self.newest.isoformat().replace("+00:00", "Z") if self.newest else "",
            "note": "; ".join(notes),
        }


def unknown(user_id: int, why: str) -> dict[str, Any]:
    """Say of whom nothing is known, as a row of IMPACT."""
    nothing: dict[str, Any] = dict.fromkeys(("owned", "reachable", "size", "duration"), 0)
    return {**nothing, "user_id": user_id, "known": Completeness.NOTHING.value, "newest": "", "note": why}


def impact_of(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Put rows together as IMPACT, by user id."""
    ordered = sorted(rows, key=lambda row: int(row["user_id"]))
    return frame(IMPACT, {name: [row[name] for row in ordered] for name in IMPACT})


def _time(text: str) -> datetime | None:
    """Read when a medium was made, in UTC if no zone is given; None where that is no time."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
