"""Why a change is planned or held: codes for programs, and sentences for people."""

from collections.abc import Mapping
from enum import StrEnum

from rolesync.model.periods import Period, describe_gap


class Reason(StrEnum):
    """Why a change is planned."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"
    LISTED_WITHOUT_ROLE = "listed_without_role"
    NO_EMAIL = "no_email"
    UNDO = "undo"


REASONS: Mapping[str, str] = {
    Reason.LISTED: "the list gives this role, Studio doesn't yet",
    Reason.NOT_LISTED: "this user is not in the list",
    Reason.LISTED_WITHOUT_ROLE: "this user is in the list, but not for this role",
    Reason.NO_EMAIL: "this user is not in the list, and only user_id can name them: Studio has no e-mail address",
    Reason.UNDO: "reverses a change of an earlier run",
}


def describe_reason(reason: str, days: Period | None = None) -> str:
    """Explain why a change is planned.

    Args:
        reason: a `Reason`; a reason of a later version stays as it is.
        days: the days on which the change is right; None if it doesn't depend on dates.
    """
    text = REASONS.get(reason, reason)
    if days and reason == Reason.LISTED_WITHOUT_ROLE:
        return f"in the list, this role {describe_gap(days)}"
    return f"{text}; {days.text}" if days and reason == Reason.LISTED else text


class HeldReason(StrEnum):
    """Why a change is held."""

    NOT_IN_STUDIO = "not_in_studio"
    SEARCH_REFUSED = "search_refused"  # nobody knows whether the user is in Studio
    AMBIGUOUS = "ambiguous"
    IDENTITY_MISMATCH = "identity_mismatch"
    ALREADY = "already"
    REMOVALS_HELD = "removals_held"
    GRACE = "grace"
    EXCLUDED = "excluded"
    RENAMED = "renamed"  # a row has the former address of a user
    ADDRESS_MOVED = "address_moved"  # a row has an address that another user had before
    CLOCK = "clock"  # a date of the list, while this machine's clock may be wrong
    MAY_BE_LISTED = "may_be_listed"  # a user without an address, while no user fits a row


CLOCKS_DIFFER = "the clocks of this machine and of Studio differ"
WAITING = frozenset({HeldReason.REMOVALS_HELD.value, HeldReason.GRACE.value})
"""Reasons of removals that only wait: a reviewer may release them."""
