"""The JSON of a medium, with the gaps and peculiarities that media of an old account have.

Most were uploaded and transcoded, some were recorded in the browser or are videos elsewhere. A few are not transcoded
yet, or never will be, and have no duration and no thumbnail. Some were never viewed, a few are archived.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

_SOURCES = ("upload", "screen_capture", "webcam", "youtube")
_STATUSES = ("done", "processing", "failed")


def medium_json(row: Sequence[Any], seed: int) -> dict[str, Any]:
    """Make the JSON values of a medium; the same row and seed give the same values.

    Args:
        row: id, title, duration in seconds, creation time, size in bytes, permission of the requesting user; then id,
            full name, display name and address of the owner.
        seed: the seed of the sandbox.
    """
    medium_id, title, duration, created_at, size, permission, *owner = row
    chance = random.Random(f"medium {seed} {medium_id}")  # noqa: S311  # reproducible on purpose
    source = chance.choices(_SOURCES, (75, 12, 8, 5))[0]
    status = chance.choices(_STATUSES, (94, 3, 3))[0]
    created = datetime.fromisoformat(created_at)
    viewed, viewed_by_student, archived = (_later(chance, created, share) for share in (0.8, 0.5, 0.1))
    viewed = max(filter(None, (viewed, viewed_by_student)), default=None)
    is_done = status == "done"
    embed_id = f"embed-{medium_id:08d}"
    return {
        "id": medium_id,
        "title": title,
        "description": f"{title}, made for the sandbox" if chance.random() < 0.6 else None,  # noqa: PLR2004  # a share
        "duration": duration if is_done else None,
        "created_at": created_at,
        "thumbnail_url": f"https://media.example.edu/{embed_id}.jpg" if is_done else None,
        "transcoding_status": status,
        "owner": dict(zip(("id", "full_name", "display_name", "email"), owner, strict=True)),
        "size": None if source == "youtube" else size,
        "source": source,
        "embed_id": embed_id,
        "lti_launch_id": f"launch-{medium_id:08d}",
        "permission": permission,
        "last_viewed": _text(viewed),
        "last_viewed_by_student": _text(viewed_by_student),
        "archived_at": _text(archived),
    }


def _later(chance: random.Random, created: datetime, share: float) -> datetime | None:
    """Draw a time in the year after the creation for this share of media; None for the others."""
    time = created + timedelta(minutes=chance.randint(1, 365 * 24 * 60))
    return time if chance.random() < share else None


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
