"""The fixed words of the project: in code, output, plan files and the record alike."""

from collections.abc import Mapping
from enum import StrEnum


class Mode(StrEnum):
    """Whether holders that the list doesn't name lose their managed roles."""

    SYNC = "sync"
    ADDITIVE = "additive"


class Action(StrEnum):
    """The API's two verbs."""

    ADD = "add"
    REMOVE = "remove"


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


class Completeness(StrEnum):
    """How much is known of what somebody has: all of it, a part so that the numbers are at least these, or nothing."""

    ALL = "all"
    AT_LEAST = "at_least"
    NOTHING = "nothing"


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


class Level(StrEnum):
    """How much a finding weighs.

    An error refuses the list. Where bad rows may be held, the error of a row is `held` instead: nothing comes of the
    row, and nobody loses a role. A warning is worth a look, info is for the record.
    """

    ERROR = "error"
    HELD = "held"
    WARNING = "warning"
    INFO = "info"


class ReadMethod(StrEnum):
    """What was read and how: a role's holders, in full; people on a role's pages, or by a request each; media."""

    HOLDERS = "holders"
    SCAN = "scan"
    ONE_BY_ONE = "one_by_one"
    MEDIA = "media"


class VerdictStatus(StrEnum):
    """What a guard says."""

    PASS = "pass"  # noqa: S105  # no password
    WARN = "warn"
    BLOCK = "block"


class OutcomeStatus(StrEnum):
    """What became of one change; `drifted` was not sent, because the person had changed since the plan was made."""

    DONE = "done"
    FAILED = "failed"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
