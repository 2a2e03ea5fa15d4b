"""Why a change is planned, and why it is held: the codes for programs, and the sentences for people."""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why a change is planned."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"
    LISTED_WITHOUT_ROLE = "listed_without_role"
    NO_EMAIL = "no_email"
    UNDO = "undo"


REASONS: Mapping[str, str] = {
    Reason.LISTED: "the list gives the role, Studio doesn't yet",
    Reason.NOT_LISTED: "the list doesn't name this person",
    Reason.LISTED_WITHOUT_ROLE: "the list names this person, but not for this role",
    Reason.NO_EMAIL: "the list doesn't name this person, who has no e-mail in Studio and can only be named by user_id",
    Reason.UNDO: "takes back what an earlier run did",
}


class HeldReason(StrEnum):
    """Why something known is not done."""

    NOT_IN_STUDIO = "not_in_studio"
    AMBIGUOUS = "ambiguous"
    IDENTITY_MISMATCH = "identity_mismatch"
    ALREADY = "already"
    REMOVALS_HELD = "removals_held"
    GRACE = "grace"
    EXCLUDED = "excluded"


WAITING = frozenset({HeldReason.REMOVALS_HELD.value, HeldReason.GRACE.value})
"""Why a removal waits of which the list is clear: only its time hasn't come."""
