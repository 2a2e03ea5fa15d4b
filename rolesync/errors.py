"""Everything that rolesync refuses or fails at, each with the exit code that scripts rely on.

An error says what happened and where in `message`, and what to do next in `hint`; the command line shows both and
leaves with `exit_code`. Nothing here is caught and dropped on the way.
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
    """The base of all errors that a user can do something about.

    Args:
        message: what happened, and where (file, row, column, user, request).
        hint: what to do next; empty where nothing can be advised.
    """

    exit_code: Exit = Exit.UNEXPECTED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RolesyncError):
    """Options or settings that make no sense, found before anything is read or sent."""

    exit_code = Exit.USAGE


class DeclinedError(RolesyncError):
    """Whoever was asked said no, or broke off. Nothing was written."""

    exit_code = Exit.INTERRUPTED


class InputRefusedError(RolesyncError):
    """The list can't be used as it is."""

    exit_code = Exit.INPUT_REFUSED


class PlanRefusedError(RolesyncError):
    """A plan that is not what it says, belongs elsewhere, or is blocked. Nothing was written."""

    exit_code = Exit.BLOCKED


class RecordError(RolesyncError):
    """The audit record can't be written, so nothing may be written to Studio either."""


class RecordBrokenError(RolesyncError):
    """The audit record is not the one that was written."""

    exit_code = Exit.INCOMPLETE


class UnsettledRunError(RolesyncError):
    """Nobody knows yet what some requests of a run did, so nothing can be concluded from it."""

    exit_code = Exit.INCOMPLETE


class LockHeldError(RolesyncError):
    """Another run works on the same account."""

    exit_code = Exit.LOCKED


class StudioError(RolesyncError):
    """Studio refused, could not be reached, or answered something unusable.

    Args:
        message: what Studio said, and to which request.
        hint: what to do next.
        status: the HTTP status, 0 where there was no whole answer.
        retry_after: seconds that Studio asked to wait, if it did.
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
    """403: the token's owner may not do this; final."""


class NotFoundError(StudioError):
    """404: no such user (or, for `PUT /users/roles`, at least one of them)."""


class TooLargeError(StudioError):
    """413: the batch has more actions than this server takes."""


class UnprocessableError(StudioError):
    """422: a value that Studio doesn't accept."""


class RateLimitedError(StudioError):
    """429, or 403 with "Rate Limit Exceeded": Studio did nothing and asks to wait."""


class ServerError(StudioError):
    """5xx: Studio failed; whether a write took effect is unknown."""


class UnreachableError(StudioError):
    """No whole answer came (refused, reset, timed out); whether a write took effect is unknown."""


class NeverSentError(UnreachableError):
    """No connection was made, so Studio can't have received the request."""


class NoTokenError(NeverSentError):
    """There is no usable token, so the request was not sent; another attempt would fail in the same way."""


class UnreadableAnswerError(StudioError):
    """A whole answer came that is not what the reference says; whether a write took effect is unknown."""


class IncompleteReadError(StudioError):
    """Studio's answers don't add up to a complete picture, so nothing may be concluded from them."""
