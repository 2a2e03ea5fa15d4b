"""What a request that changes roles has done, by the way it ended: one answer for sender, retries, record and history.

Why it ended is the message of its error; this module only classifies.
"""

from enum import StrEnum

from rolesync.errors import (
    NeverSentError,
    NoTokenError,
    RateLimitedError,
    ServerError,
    StudioError,
    UnreachableError,
    UnreadableAnswerError,
)
from rolesync.model.vocabulary import OutcomeStatus

APPLIED = (200,)
REFUSED = (400, 404, 413, 422)
NOTHING_DONE = (401, 403, 429, OutcomeStatus.NOT_SENT.value)


class RequestEffect(StrEnum):
    """What a request has done.

    `APPLIED`: Studio applied it, and its answer shows the result. `REFUSED`: Studio refused one of its actions; whether
    it applied others can be read. `NOTHING_DONE`: it never left, or Studio never looked at its actions. `UNCLEAR`: only
    reading can show it.
    """

    APPLIED = "applied"
    REFUSED = "refused"
    NOTHING_DONE = "nothing_done"
    UNCLEAR = "unclear"


def record_status(error: StudioError) -> int | str:
    """Return how a failed request ended, as the record keeps it: `not_sent`, `unknown`, or the HTTP status."""
    if isinstance(error, NeverSentError):
        return OutcomeStatus.NOT_SENT.value
    if isinstance(error, ServerError | UnreachableError | UnreadableAnswerError):
        return OutcomeStatus.UNKNOWN.value
    return error.status


def effect_of_status(status: object) -> RequestEffect:
    """Classify a request by its status in the record; an undocumented status is unclear."""
    if status in APPLIED:
        return RequestEffect.APPLIED
    if status in REFUSED:
        return RequestEffect.REFUSED
    return RequestEffect.NOTHING_DONE if status in NOTHING_DONE else RequestEffect.UNCLEAR


def effect_of(error: StudioError) -> RequestEffect:
    """Classify a failed request by its error."""
    return effect_of_status(record_status(error))


def is_transient(error: BaseException) -> bool:
    """Whether the cause may go away, so that a request without side effects is worth another attempt."""
    transient = isinstance(error, RateLimitedError | ServerError | UnreachableError | UnreadableAnswerError)
    return transient and not isinstance(error, NoTokenError)


def is_repeatable(error: BaseException) -> bool:
    """Whether a request that changes something may be sent again: the cause may go away, and Studio did nothing."""
    return isinstance(error, RateLimitedError | NeverSentError) and not isinstance(error, NoTokenError)
