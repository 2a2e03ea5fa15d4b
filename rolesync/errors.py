"""The errors of rolesync, each with the exit code that scripts rely on.

`message` describes what happened and where, `hint` what to do next. If nothing handles an error, the command line shows
both and exits with `exit_code`.
"""

import errno
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command; `EXIT_CODES` in `cli/exit_codes.py` explains them."""

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
    """The base of all errors that the operator can act on.

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
    """Wrong options or settings, an unknown run, a missing package, or a file that can't be written."""

    exit_code = Exit.USAGE


OF_THE_PLACE = frozenset(
    {
        errno.EACCES,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Errors of files that another place or other rights prevent. All others are errors of the disk, such as a full
disk."""


def writing_error(message: str, error: OSError, *, hint: str) -> RolesyncError:
    """Make the error for a file that can't be written: wrong usage if another place helps, else an unexpected failure.

    Args:
        message: what can't be written, and where.
        error: why.
        hint: what to do if another place helps.
    """
    text = f"{message}: {error.strerror or error}"
    if error.errno in OF_THE_PLACE:
        return UsageError(text, hint=hint)
    return RolesyncError(text, hint="make room on the disk, or repair it; then run the same command")


class DeclinedError(RolesyncError):
    """The operator answered no, interrupted a question, or ended a review without an approval. Studio is unchanged."""

    exit_code = Exit.INTERRUPTED


class InputRefusedError(RolesyncError):
    """An input file can't be used: a list, a table to migrate, the decisions of a review, or a missing plan."""

    exit_code = Exit.INPUT_REFUSED


class PlanRefusedError(RolesyncError):
    """The plan can't be used, such as an edited, outdated, unapproved or blocked one. Nothing was written to Studio."""

    exit_code = Exit.BLOCKED


class NoPlanError(PlanRefusedError):
    """The file is something else than a plan, or was cut off, so that it has no content to check."""

    exit_code = Exit.INPUT_REFUSED


class RecordError(RolesyncError):
    """The audit record can't be read or written. From then on, nothing may be sent that changes Studio."""


class RecordPlaceError(RecordError):
    """The audit record can't be where the settings say, such as below a file, or at a path that is too long."""

    exit_code = Exit.USAGE


class RecordBrokenError(RolesyncError):
    """The audit record is not as it was written, or is sealed with another key than the one that is set."""

    exit_code = Exit.INCOMPLETE


class UnsettledRunError(RolesyncError):
    """The effects of some requests of a run are unknown, so the run can't be undone yet."""

    exit_code = Exit.INCOMPLETE


class LockHeldError(RolesyncError):
    """Another run holds the lock of the account, or another process the lock for renewing the token."""

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


class NoRouteError(NotFoundError):
    """404 with a web page instead of the API's text: Studio may not offer the call at all."""


class NotOfferedError(StudioError):
    """404 for a search, or for changes to users whom Studio shows: this Studio doesn't offer the call."""


class TooLargeError(StudioError):
    """413: the request has more actions than this server accepts."""


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
    """A response that contradicts the API reference, or is too large. Whether a write took effect is unknown."""


class IncompleteReadError(StudioError):
    """The responses of Studio are incomplete or contradict each other, so they can't be used."""
