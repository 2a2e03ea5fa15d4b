"""The codes that appear in code, output, plan files and the audit record."""

from enum import StrEnum


class Mode(StrEnum):
    """Whether holders who are not in the list lose their managed roles."""

    SYNC = "sync"
    ADDITIVE = "additive"


class Action(StrEnum):
    """The API's two verbs."""

    ADD = "add"
    REMOVE = "remove"


RIVAL_ROLES = {"Admin": "Subaccount admin", "Subaccount admin": "Admin"}
"""In Studio's web interface, adding one role removes the other; whether the API does so too is not documented."""


class Completeness(StrEnum):
    """How much is known of what a user owns: all, a part (the numbers are minimums), or nothing."""

    ALL = "all"
    AT_LEAST = "at_least"
    NOTHING = "nothing"


class Level(StrEnum):
    """The severity of a finding.

    An error refuses the list. With `bad_rows=hold`, the error of a row becomes `held`: the row has no effect, and no
    user loses a role. A warning needs a look. Info is for the record.
    """

    ERROR = "error"
    HELD = "held"
    WARNING = "warning"
    INFO = "info"


class ReadMethod(StrEnum):
    """What was read, and how: all holders of a role, users on the pages of a role, users one by one, or media."""

    HOLDERS = "holders"
    SCAN = "scan"
    ONE_BY_ONE = "one_by_one"
    MEDIA = "media"


class VerdictStatus(StrEnum):
    """The decision of a guard."""

    PASS = "pass"  # noqa: S105  # no password
    WARN = "warn"
    BLOCK = "block"


class OutcomeStatus(StrEnum):
    """The outcome of one change. `drifted` was not sent, because the user had changed since the plan."""

    DONE = "done"
    FAILED = "failed"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


ON_REMOVALS = frozenset(
    {"max_shrink_share", "owner", "protected_users", "max_removals", "max_removals_share", "min_holders"}
)
"""Guards that block a plan without removals only if its additions would cost their users other roles."""
