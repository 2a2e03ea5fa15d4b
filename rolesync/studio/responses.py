"""Turns Studio's answers into values or errors: one table from status to error, and strict reading of JSON.

Only the message of the error holds the reason why a request ended; `model.request_effect` classifies this reason.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
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
    NoRouteError,
    NotFoundError,
    NotOfferedError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreachableError,
    UnreadableAnswerError,
)

_REDIRECTION = 3  # the first digit of such a status
_MAX_TEXT = 200  # characters of an answer in a message
_MAX_QUOTED = 100  # characters of a single value
_NOT_JSON = (ValueError, RecursionError)  # the latter from very deep nesting

_STATUSES: Mapping[int, tuple[type[StudioError], str]] = {
    400: (BadRequestError, "this is a defect of rolesync or a change of the API: report it with this message"),
    401: (
        UnauthorizedError,
        "the token is wrong, expired or revoked: set a new ROLESYNC_TOKEN, or run `rolesync login`",
    ),
    403: (ForbiddenError, "the token's owner lacks the permission: use the token of a Studio admin"),
    404: (NotFoundError, "check the user id, and that base_url is the right Studio"),
    413: (TooLargeError, "set a smaller ROLESYNC_CHUNK_SIZE"),
    422: (UnprocessableError, "check the spelling of roles and ids (`rolesync doctor` lists the roles Studio knows)"),
    429: (RateLimitedError, "Studio limits the request rate: try again later, or set ROLESYNC_REQUESTS_PER_SECOND"),
}
"""The error for each documented status, and what to do next."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `headers` are found in any case, `content` is the decoded body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def error_for(answer: Answer, where: str) -> StudioError:
    """Turn an answer other than 200 into its error.

    Args:
        answer: any status but 200.
        where: the request, for the message.
    """
    status = answer.status
    text = _error_text(answer)
    retry_after = _retry_after(answer.headers)
    message = f"{where}: Studio answered {status}{wait_text(retry_after)}" + (f" ({text})" if text else "")
    if (
        status == HTTPStatus.FORBIDDEN and b"rate limit exceeded" in answer.content.lower()
    ):  # as other Instructure APIs do
        status = HTTPStatus.TOO_MANY_REQUESTS
    undocumented = "this status isn't documented: if it appears again, report it with this message"
    kind, hint = _STATUSES.get(status, (StudioError, undocumented))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, hint = ServerError, "Studio has a problem: try again later"
    elif status // 100 == _REDIRECTION and "Location" in answer.headers:
        target = answer.headers["Location"][:_MAX_TEXT]
        hint = f"it redirects to {target!r}; the token is not sent there: correct base_url"
    elif kind is NotFoundError and b"<" in answer.content[:200]:
        kind = NoRouteError
    return kind(message, hint=hint, status=answer.status, retry_after=retry_after)


def not_offered_error(message: str) -> NotOfferedError:
    """Make the error for a call that this Studio doesn't offer; `message` names the call, and the 404 that shows it."""
    return NotOfferedError(
        f"{message}, so it doesn't offer this call; the request changed nothing",
        hint="check base_url; if it is right, ask Instructure whether the API of this account offers this call",
        status=HTTPStatus.NOT_FOUND.value,
    )


def wait_text(retry_after: float | None) -> str:
    """Describe in a message for how many seconds Studio asked to wait, if it did; a client may wait less."""
    return f" and asked to wait {retry_after:,g} s" if retry_after else ""


def object_of(answer: Answer, where: str) -> dict[str, Any]:
    """Parse the JSON object of a 200.

    Raises:
        UnreadableAnswerError: the content is something else.
    """
    try:
        value = json.loads(answer.content)
    except _NOT_JSON:
        raise unreadable_error(where, f"no JSON object but {_start(answer, 60)!r}") from None
    if not isinstance(value, dict):
        raise unknown_form_error(where, f"no object but {quote(value)}")
    return value


def unreadable_error(where: str, content: str) -> UnreadableAnswerError:
    """Make the error for a 200 that no version of Studio's API would send."""
    return UnreadableAnswerError(
        f"{where}: Studio answered 200 with {content}",
        hint="check that base_url is Studio's address, without a log-in page or proxy in between",
        status=200,
    )


def wrong_field_error(
    where: str, noun: str, item: Mapping[str, object], key: str, expected: str
) -> UnreadableAnswerError:
    """Make the error for a 200 in which a field is missing, or isn't as the reference has it; it quotes the field.

    Args:
        where: the request, for the message.
        noun: the object with the field, for the message.
        item: the object, as Studio sent it.
        key: the field.
        expected: the kind of value that belongs there.
    """
    return unknown_form_error(
        where,
        f"{noun} whose {key} is {quote(item[key])}, where {expected} belongs"
        if key in item
        else f"{noun} without {key}: {quote(item)}",
    )


def unknown_form_error(where: str, content: str) -> UnreadableAnswerError:
    """Make the error for a 200 that Studio sent, as far as its form shows, but that doesn't fit the reference."""
    return UnreadableAnswerError(
        f"{where}: Studio answered 200 with {content}",
        hint="Studio's API may have changed, or this is a defect of rolesync: report it with this message",
        status=200,
    )


def quote(value: object) -> str:
    """Quote a value of an answer as JSON, shortened."""
    try:
        text = json.dumps(value)
    except RecursionError:
        return "something nested too deeply"
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…"


def oversize_error(where: str, status: int, max_mb: float) -> UnreadableAnswerError:
    """Make the error for an answer whose decoded body has more than `max_mb` MB."""
    return UnreadableAnswerError(
        f"{where}: Studio answered {status} with more than {max_mb:g} MB, so the rest was not read",
        hint="check base_url; if Studio's answers really are that large, set a larger ROLESYNC_MAX_RESPONSE_MB",
        status=status,
    )


def no_answer_error(
    error: requests.exceptions.RequestException, where: str, studio: str, connect_timeout: float, timeout: float
) -> StudioError:
    """Make the error for a missing answer, in one sentence; the library's text could contain the whole request.

    Args:
        error: the error of the library.
        where: the request, for the message.
        studio: its scheme and host.
        connect_timeout: how long a connection may take, in seconds.
        timeout: how long connection, headers and body together may take, in seconds.
    """
    inner = error.args[0] if error.args else None
    cause = getattr(inner, "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        return _tls_error(cause, where, studio)
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.InvalidProxyURL):
        problem = "can't be reached" if isinstance(error, requests.exceptions.ProxyError) else "has no valid address"
        return NeverSentError(f"{where}: the proxy {problem}", hint=_PROXY)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        seconds = min(connect_timeout, timeout)
        return NeverSentError(f"{where}: no connection to {studio} within {seconds:g} s", hint=_REACH)
    if isinstance(cause, NewConnectionError):
        return NeverSentError(f"{where}: {studio} can't be reached", hint=_REACH)
    if isinstance(error, requests.exceptions.Timeout) or isinstance(
        inner, ReadTimeoutError
    ):  # the latter while the body is read
        return UnreachableError(f"{where}: no complete answer from {studio} within {timeout:g} s", hint=_SLOW)
    return UnreachableError(f"{where}: the connection to {studio} broke ({type(error).__name__})", hint=_REACH)


def _error_text(answer: Answer) -> str:
    """Extract the text of an error body: JSON with error, errors or message, plain text; "" for HTML."""
    try:
        body = json.loads(answer.content)
    except _NOT_JSON:
        return "" if b"<" in answer.content[:200] else _start(answer, _MAX_TEXT)
    if isinstance(body, dict):
        for key in ("error_description", "error", "errors", "message"):
            if body.get(key):
                return _one_line(body[key])
    return _one_line(body) if body else ""


def _start(answer: Answer, length: int) -> str:
    """Return the start of an unexpected body; guessing the encoding from all of it could take long."""
    return _one_line(answer.content[:1000].decode("utf-8", "replace"))[:length]


def _one_line(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:_MAX_TEXT]


def http_date(text: str) -> datetime | None:
    """Parse the date of an HTTP header; None if it is missing or invalid."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Parse Retry-After, seconds or a date by Studio's clock; None if it is missing or invalid."""
    text = headers.get("Retry-After", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    until = http_date(text)
    now = http_date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _tls_error(cause: BaseException | None, where: str, studio: str) -> StudioError:
    if cause is not None and any(isinstance(part, ssl.SSLCertVerificationError) for part in cause.args):
        return StudioError(
            f"{where}: the certificate of {studio} isn't trusted",
            hint="check base_url; behind a company proxy set ROLESYNC_CA_BUNDLE",
        )
    return UnreachableError(f"{where}: no secure connection (TLS) with {studio}", hint=_REACH)


_SLOW = "Studio or the network is too slow: try again later, or set a larger ROLESYNC_TIMEOUT"
_PROXY = "check the setting proxy, such as http://HOST:PORT, or the variables HTTPS_PROXY and NO_PROXY"
_REACH = "check base_url and the network with `rolesync doctor`, then run the same command again"
