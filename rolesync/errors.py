"""The errors of rolesync, each with the exit code that scripts rely on.

`message` describes what happened and where, `hint` what to do next. The command line shows both and exits with
`exit_code`. No package catches these errors and drops them.
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    UNEXPECTED = 1
    PENDING = 2
    INPUT_REFUSED = 3
    BLOCKED = 4
    INCOMPLETE = 5
    STUDIO = 6
    LOCKED = 7
    USAGE = 64
    INTERRUPTED = 130


class RolesyncError(Exception):
    """The base of all errors that a user can act on.

    Args:
        message: what happened, and where (file, row, column, user, request).
        hint: what to do next; "" if there is no advice.
    """

    exit_code: Exit = Exit.UNEXPECTED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RolesyncError):
    """Wrong options or settings, found before anything is read or sent."""

    exit_code = Exit.USAGE


class DeclinedError(RolesyncError):
    """The user answered no, or interrupted a question. Nothing was written."""

    exit_code = Exit.INTERRUPTED


class InputRefusedError(RolesyncError):
    """The list can't be used."""

    exit_code = Exit.INPUT_REFUSED


class PlanRefusedError(RolesyncError):
    """The plan was changed, is for another account, or is blocked. Nothing was written."""

    exit_code = Exit.BLOCKED


class RecordError(RolesyncError):
    """The audit record can't be written. Then nothing may be written to Studio."""


class RecordBrokenError(RolesyncError):
    """The audit record was changed after it was written."""

    exit_code = Exit.INCOMPLETE


class UnsettledRunError(RolesyncError):
    """The results of some requests of a run are unknown, so the run can't be used."""

    exit_code = Exit.INCOMPLETE


class LockHeldError(RolesyncError):
    """Another run holds the lock of the account."""

    exit_code = Exit.LOCKED


class StudioError(RolesyncError):
    """Studio refused, could not be reached, or sent an unusable response.

    Args:
        message: the request, and the response or what went wrong.
        hint: what to do next.
        status: the HTTP status; 0 without a complete response.
        retry_after: seconds that Studio asked to wait; None if it didn't ask.
    """

    exit_code = Exit.STUDIO

    def __init__(self, message: str, *, hint: str = "", status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after


class BadRequestError(StudioError):
    """400: a required parameter is missing, or the request is malformed."""


class UnauthorizedError(StudioError):
    """401: the token is missing, expired or revoked."""


class ForbiddenError(StudioError):
    """403: the token's owner may not do this. Retrying doesn't help."""


class NotFoundError(StudioError):
    """404: no such user (or, for `PUT /users/roles`, at least one of them)."""


class NotOfferedError(StudioError):
    """404 for a search, or for changes to users whom Studio shows: this Studio doesn't offer the call."""


class TooLargeError(StudioError):
    """413: the batch has more actions than this server accepts."""


class UnprocessableError(StudioError):
    """422: Studio doesn't accept a value."""


class RateLimitedError(StudioError):
    """429, or 403 with "Rate Limit Exceeded": Studio did nothing and asks to wait."""


class ServerError(StudioError):
    """5xx: Studio failed. Whether a write took effect is unknown."""


class UnreachableError(StudioError):
    """No complete response (refused, reset, timed out). Whether a write took effect is unknown."""


class NeverSentError(UnreachableError):
    """No connection was made, so Studio can't have received the request."""


class NoTokenError(NeverSentError):
    """There is no usable token, so the request was not sent; another attempt would fail in the same way."""


class UnreadableAnswerError(StudioError):
    """A complete response that contradicts the API reference. Whether a write took effect is unknown."""


class IncompleteReadError(StudioError):
    """The responses of Studio are incomplete or contradict each other, so they can't be used."""
