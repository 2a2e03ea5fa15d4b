"""What an answer of Studio means, or that none came: one table from status to exception, and strict reading of JSON."""

import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NeverSentError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreachableError,
    UnreadableAnswerError,
)

LONGEST_TEXT = 200
_NOT_JSON = (ValueError, RecursionError)  # the latter for absurdly deep nesting

STATUSES: Mapping[int, tuple[type[StudioError], str]] = {
    400: (BadRequestError, "this is a defect of rolesync or a change of the API: report it with this message"),
    401: (UnauthorizedError, "the token is wrong, expired or revoked: set ROLESYNC_TOKEN anew, or `rolesync login`"),
    403: (ForbiddenError, "the token's owner lacks the permission: use the token of a Studio admin"),
    404: (NotFoundError, "check the user id, and that the address is the right Studio's"),
    413: (TooLargeError, "set a smaller ROLESYNC_CHUNK_SIZE"),
    422: (UnprocessableError, "check the spelling of roles and ids (`rolesync doctor` lists the roles Studio knows)"),
    429: (RateLimitedError, "Studio asks for fewer requests: try later, or set ROLESYNC_REQUESTS_PER_SECOND"),
}
"""What each documented status is, and what to do next."""


def error_for(answer: requests.Response, where: str) -> StudioError:
    """Turn an answer that isn't 200 into its exception.

    Args:
        answer: of any status but 200.
        where: the request, for the message.
    """
    status = answer.status_code
    said = _text_of(answer)
    message = f"{where}: Studio answered {status}" + (f" ({said})" if said else "")
    if status == HTTPStatus.FORBIDDEN and b"rate limit exceeded" in answer.content.lower():  # siblings limit so too
        status = HTTPStatus.TOO_MANY_REQUESTS
    kind, hint = STATUSES.get(status, (StudioError, "this status isn't documented: check the address"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, hint = ServerError, "Studio has a problem of its own: try again later"
    elif answer.is_redirect:
        target = answer.headers.get("Location", "")[:LONGEST_TEXT]
        hint = f"it redirects to {target!r}, which is not followed with the token: correct the address"
    return kind(message, hint=hint, status=answer.status_code, retry_after=_retry_after(answer.headers))


def object_of(answer: requests.Response, where: str) -> dict[str, Any]:
    """Read a 200's JSON object.

    Raises:
        UnreadableAnswerError: it is something else.
    """
    try:
        value = json.loads(answer.content)
    except _NOT_JSON:
        value = None
    if not isinstance(value, dict):
        raise unreadable(where, f"no JSON object but {_start(answer, 60)!r}")
    return value


def unreadable(where: str, what: str) -> UnreadableAnswerError:
    """Make the error for a 200 whose content is not what the reference says."""
    return UnreadableAnswerError(
        f"{where}: Studio answered 200 with {what}",
        hint="check that the address is Studio's own and that no log-in page or proxy stands between",
        status=200,
    )


def no_answer(
    error: requests.exceptions.RequestException, where: str, studio: str, timeouts: tuple[float, float]
) -> StudioError:
    """Say in one sentence why no answer came; the library's own text can hold the whole request.

    Args:
        error: what the library raised.
        where: the request, for the message.
        studio: its scheme and host.
        timeouts: seconds that a connection, and each part of the answer, were waited for.
    """
    inner = error.args[0] if error.args else None
    cause = getattr(inner, "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        return _no_tls(cause, where, studio)
    if isinstance(error, requests.exceptions.ProxyError):
        return NeverSentError(f"{where}: the proxy can't be reached", hint=_REACH)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NeverSentError(f"{where}: no connection to {studio} within {timeouts[0]:g} s", hint=_REACH)
    if isinstance(cause, NewConnectionError):
        return NeverSentError(f"{where}: {studio} can't be reached", hint=_REACH)
    if isinstance(error, requests.exceptions.Timeout) or isinstance(inner, ReadTimeoutError):  # the latter in the body
        return UnreachableError(f"{where}: no answer from {studio} within {timeouts[1]:g} s", hint=_REACH)
    return UnreachableError(f"{where}: the connection to {studio} broke ({type(error).__name__})", hint=_REACH)


def _text_of(answer: requests.Response) -> str:
    """Find what an error body says, whatever its form: {"error"}, {"errors"}, {"message"}, HTML or nothing."""
    try:
        body = json.loads(answer.content)
    except _NOT_JSON:
        return "" if b"<" in answer.content[:200] else _start(answer, LONGEST_TEXT)
    if isinstance(body, dict):
        for key in ("error_description", "error", "errors", "message"):
            if body.get(key):
                return _one_line(body[key])
    return _one_line(body) if body else ""


def _start(answer: requests.Response, length: int) -> str:
    """Show how a body begins that isn't what was expected; looking at all of it to guess its encoding can take long."""
    return _one_line(answer.content[:1000].decode("utf-8", "replace"))[:length]


def _one_line(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:LONGEST_TEXT]


def http_date(text: str) -> datetime | None:
    """Read a date as HTTP headers spell it; None where it is absent or unreadable."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After in seconds, or as a date by Studio's own clock; None where it is absent or unreadable."""
    text = headers.get("Retry-After", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    until = http_date(text)
    now = http_date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _no_tls(cause: BaseException | None, where: str, studio: str) -> StudioError:
    if cause is not None and any(isinstance(part, ssl.SSLCertVerificationError) for part in cause.args):
        return StudioError(
            f"{where}: the certificate of {studio} isn't trusted",
            hint="check the address; behind a company proxy set ROLESYNC_CA_BUNDLE",
        )
    return UnreachableError(f"{where}: no secure connection (TLS) with {studio}", hint=_REACH)


_REACH = "check the address and the network (`rolesync doctor`), then run the same command again"
