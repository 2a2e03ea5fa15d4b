"""The JSON forms of a source and an approval, which plan files, audit records and JSON output share."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rolesync.model.lists import Source
from rolesync.model.plans import Approval


def time_json(time: datetime) -> str:
    """Format a time with time zone as ISO 8601 in UTC, with `Z`."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def source_json(source: Source) -> dict[str, Any]:
    """Encode the source of a plan: `null` for an unknown time, and where no run is taken back."""
    modified_at = time_json(source.modified_at) if source.modified_at else None
    return {**asdict(source), "modified_at": modified_at, "undoes": source.undoes or None}


def approval_json(approval: Approval | None) -> dict[str, Any] | None:
    """Encode an approval: `null` for no approval, an unknown operator, or a release without a reason."""
    if approval is None:
        return None
    return {
        "reviewer": approval.reviewer,
        "operator": approval.operator or None,
        "approved_at": time_json(approval.approved_at),
        "seen": approval.confirmed_effect,
        "made_from": approval.reviewed_digest,
        "excluded": approval.excluded,
        "released": [{**asdict(release), "reason": release.reason or None} for release in approval.released],
    }
