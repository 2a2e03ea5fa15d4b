"""The fixed words of the project: in code, output, plan files and the record alike."""

from enum import StrEnum


class Mode(StrEnum):
    """Whether holders that the list doesn't name lose their managed roles."""

    SYNC = "sync"
    ADDITIVE = "additive"


class Action(StrEnum):
    """The API's two verbs."""

    ADD = "add"
    REMOVE = "remove"


class Completeness(StrEnum):
    """How much is known of what somebody has: all of it, a part so that the numbers are at least these, or nothing."""

    ALL = "all"
    AT_LEAST = "at_least"
    NOTHING = "nothing"


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
