"""Each way in which a request can end has one meaning, both by its error and by its status in the record."""

import pytest

from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NeverSentError,
    NotFoundError,
    NoTokenError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreachableError,
    UnreadableAnswerError,
)
from rolesync.model.request_effect import (
    RequestEffect,
    effect_of,
    effect_of_status,
    is_repeatable,
    is_transient,
    record_status,
)

CASES = [  # error, its status in the record, its effect, whether a read and a write may be sent again
    (BadRequestError("", status=400), 400, RequestEffect.REFUSED, False, False),
    (NotFoundError("", status=404), 404, RequestEffect.REFUSED, False, False),
    (TooLargeError("", status=413), 413, RequestEffect.REFUSED, False, False),
    (UnprocessableError("", status=422), 422, RequestEffect.REFUSED, False, False),
    (UnauthorizedError("", status=401), 401, RequestEffect.NOTHING_DONE, False, False),
    (ForbiddenError("", status=403), 403, RequestEffect.NOTHING_DONE, False, False),
    (RateLimitedError("", status=403), 403, RequestEffect.NOTHING_DONE, True, True),
    (RateLimitedError("", status=429), 429, RequestEffect.NOTHING_DONE, True, True),
    (NeverSentError(""), "not_sent", RequestEffect.NOTHING_DONE, True, True),
    (NoTokenError(""), "not_sent", RequestEffect.NOTHING_DONE, False, False),
    (ServerError("", status=503), "unknown", RequestEffect.UNCLEAR, True, False),
    (UnreachableError(""), "unknown", RequestEffect.UNCLEAR, True, False),
    (UnreadableAnswerError("", status=200), "unknown", RequestEffect.UNCLEAR, True, False),
    (StudioError("", status=302), 302, RequestEffect.UNCLEAR, False, False),
    (StudioError(""), 0, RequestEffect.UNCLEAR, False, False),
]


@pytest.mark.parametrize(("error", "status", "effect", "read", "write"), CASES, ids=str)
def test_every_error_has_one_status_and_one_effect(
    error: StudioError, status: int | str, effect: RequestEffect, *, read: bool, write: bool
) -> None:
    assert (record_status(error), effect_of(error), effect_of_status(status)) == (status, effect, effect)
    assert (is_transient(error), is_repeatable(error)) == (read, write)


@pytest.mark.parametrize(
    ("status", "effect"),
    [(200, RequestEffect.APPLIED), (None, RequestEffect.UNCLEAR), ([], RequestEffect.UNCLEAR)],
)
def test_a_status_of_the_record_is_classified_whatever_it_holds(status: object, effect: RequestEffect) -> None:
    assert effect_of_status(status) is effect
