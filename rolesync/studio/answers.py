"""What an answer of Studio means: one table from status to exception, and strict reading of JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreadableAnswerError,
)

SERVER_FAILED = 500
LONGEST_TEXT = 200

STATUSES: Mapping[int, tuple[type[StudioError], str]] = {
    400: (BadRequestError, "this is a defect of rolesync or a change of the API: report it with this message"),
    401: (UnauthorizedError, "the token is wrong, expired or revoked: set a new one (ROLESYNC_TOKEN)"),
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
    if status == 403 and "rate limit" in said.lower():  # noqa: PLR2004  # siblings limit by 403 too
        status = 429
    kind, hint = STATUSES.get(status, (StudioError, "this status isn't documented: check the address"))
    if status >= SERVER_FAILED:
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
    except ValueError:
        value = None
    if not isinstance(value, dict):
        start = answer.text[:60].strip()
        raise unreadable(where, f"no JSON object but {start!r}")
    return value


def unreadable(where: str, what: str) -> UnreadableAnswerError:
    """Make the error for a 200 whose content is not what the reference says."""
    return UnreadableAnswerError(
        f"{where}: Studio answered 200 with {what}",
        hint="check that the address is Studio's own and that no log-in page or proxy stands between",
        status=200,
    )


def _text_of(answer: requests.Response) -> str:
    """Find what an error body says, whatever its form: {"error"}, {"errors"}, {"message"}, HTML or nothing."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return "" if b"<" in answer.content[:200] else _one_line(answer.text)
    if isinstance(body, dict):
        for key in ("error_description", "error", "errors", "message"):
            if body.get(key):
                return _one_line(body[key])
    return _one_line(body) if body else ""


def _one_line(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:LONGEST_TEXT]


def http_date(text: str) -> datetime | None:
    """Read a date as HTTP headers spell it; None where it is absent or unreadable."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
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
