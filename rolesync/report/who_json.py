"""An access review as JSON."""

from typing import Any

from rolesync.model.who import AccessReview, Holder, Origin, Reading


def who_json(review: AccessReview) -> dict[str, Any]:
    """Return an access review as JSON.

    Returns:
        `account`, `as_of` (null for now), `time`, `roles` (by name the `first`, `last` and `next` reading, and the
        number that the last proof `counted`), `holders_file` (whether the file of the last holders is usable),
        `record_ends`, and `holders`. Each has `status` (holds, unclear, lost), `origin` (run, other_hands,
        before_record, unknown), `since`, `not_before`, `last_proven`, and of a run `run`, `row`, `list`, `reviewer`.
    """
    return {
        "account": review.account,
        "as_of": review.as_of or None,
        "time": review.time,
        "roles": {
            role: {
                "first": _reading(readings.first),
                "last": _reading(readings.last),
                "next": _reading(readings.next),
                "counted": readings.counted,
            }
            for role, readings in review.readings.items()
        },
        "holders_file": review.has_snapshot,
        "record_ends": review.ends or None,
        "holders": [_holder(holder) for holder in review.holders],
    }


def _reading(reading: Reading | None) -> dict[str, str] | None:
    return reading._asdict() if reading else None


def _holder(holder: Holder) -> dict[str, Any]:
    evidence, facts = holder.evidence, holder.facts
    by_run = evidence.origin is Origin.RUN
    return {
        "status": holder.status.value,
        "role": holder.role,
        "user_id": holder.user_id,
        "email": holder.email or None,
        "name": holder.name or None,
        "origin": evidence.origin.value,
        "since": evidence.time or None,
        "not_before": (evidence.changed_after or None) if not by_run or evidence.in_vain else None,
        "last_proven": holder.last_proven or None,
        "run": evidence.run or None,
        "row": evidence.row or None,
        "list": (facts.source or None) if by_run and not facts.undoes else None,
        "undoes": facts.undoes or None,
        "reviewer": (facts.reviewer or None) if by_run else None,
        "operator": (facts.operator or None) if by_run else None,
    }
