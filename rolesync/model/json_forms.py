"""The JSON forms of a source and an approval, which plan files, audit records and JSON output share."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rolesync.model.lists import Fetched, Source
from rolesync.model.plans import Approval


def time_json(time: datetime) -> str:
    """Format a time with time zone as ISO 8601 in UTC, with `Z`."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def source_json(source: Source) -> dict[str, Any]:
    """Encode the source of a plan: `null` for an unknown time, and where no run is taken back."""
    modified_at = time_json(source.modified_at) if source.modified_at else None
    encoded = {**asdict(source), "modified_at": modified_at, "undoes": source.undoes or None}
    if source.fetched is None:  # plans and records of earlier versions lack the key
        del encoded["fetched"]
    else:
        encoded["fetched"] = fetched_json(source.fetched)
    return encoded


def fetched_json(fetched: Fetched) -> dict[str, Any]:
    """Encode how a list came from its address: `null` for what the server didn't name, and for no failure."""
    return {
        "where": fetched.where,
        "fetched_at": time_json(fetched.fetched_at),
        "etag": fetched.etag or None,
        "last_modified": time_json(fetched.last_modified) if fetched.last_modified else None,
        "failure": fetched.failure or None,
    }


def read_fetched(encoded: Mapping[str, Any]) -> Fetched:
    """Decode what `fetched_json` made.

    Raises:
        KeyError, TypeError, ValueError: a value is missing, or is not what it should be.
    """
    last_modified = encoded["last_modified"]
    return Fetched(
        where=encoded["where"],
        fetched_at=datetime.fromisoformat(encoded["fetched_at"]),
        etag=encoded["etag"] or "",
        last_modified=datetime.fromisoformat(last_modified) if last_modified else None,
        failure=encoded["failure"] or "",
    )


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
