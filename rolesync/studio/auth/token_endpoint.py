"""The one request that issues tokens: `POST /api/public/oauth/token`, sent once and never retried here.

A request whose answer is lost may have spent the refresh token. So each error shows whether Studio can have received
the request. No part of an answer that may hold tokens gets into a message.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from pydantic import SecretStr

from rolesync.errors import (
    BadRequestError,
    NeverSentError,
    NoTokenError,
    RateLimitedError,
    ServerError,
    StudioError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
)
from rolesync.studio.auth.tokens import is_header_safe
from rolesync.studio.responses import Answer, error_for, wait_text
from rolesync.studio.transport import Connection, open_session, prepare, send_once

PATH = "/api/public/oauth/token"
WHERE = f"POST {PATH}"
KIND = "token"
"""The kind under which the request is counted."""

_ERROR_CODE = re.compile(r"[a-z0-9_]{1,40}")  # an OAuth error code; no token is that short and plain
_MAX_LIFETIME = 10 * 366 * 86_400  # seconds


class LoginNeededError(UnauthorizedError, NoTokenError):
    """Studio accepts neither the refresh token nor the developer key: a user must authorise again."""


class TokenUnknownError(NoTokenError):
    """Studio may have issued new tokens and spent the old one, but the answer didn't arrive."""


@dataclass(frozen=True, slots=True)
class DeveloperKey:
    """A developer key, as Studio's settings show it."""

    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True, slots=True)
class Grant:
    """Issued tokens. `refresh_token` is None if Studio sent none, `lifetime` (seconds) if it named none."""

    access_token: SecretStr
    refresh_token: SecretStr | None
    lifetime: float | None


class TokenEndpoint:
    """Requests tokens with one developer key.

    Args:
        connection: the address, limits and timeouts.
        key: the developer key.
        counts: the requests by kind; these count as `token`.
    """

    def __init__(self, connection: Connection, key: DeveloperKey, counts: Counter[str]) -> None:
        self.client_id = key.client_id
        self.patience = 2 * (connection.connect_timeout + connection.timeout)
        """Seconds after which the request of another process must have ended."""
        self._connection = connection
        self._key = key
        self._counts = counts

    def refresh(self, refresh_token: SecretStr) -> Grant:
        """Exchange a refresh token for a new pair.

        Raises:
            LoginNeededError: Studio refuses it; final.
            TokenUnknownError: it is unknown whether the token is spent.
            NeverSentError: no connection was made; a retry is safe.
            RateLimitedError: Studio did nothing; a retry is safe.
            NoTokenError: any other refusal.
        """
        return self._request({"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()})

    def exchange(self, code: SecretStr, redirect_uri: str) -> Grant:
        """Exchange an authorisation code for the first pair; raises as `refresh` does."""
        form = {"grant_type": "authorization_code", "code": code.get_secret_value(), "redirect_uri": redirect_uri}
        return self._request(form)

    def _request(self, form: dict[str, str]) -> Grant:
        key, connection = self._key, self._connection
        form = {"client_id": key.client_id, "client_secret": key.client_secret.get_secret_value(), **form}
        self._counts[KIND] += 1
        with open_session(connection) as session:
            request = prepare(session, requests.Request("POST", connection.studio + PATH, data=form))
            try:
                answer = send_once(session, request, connection, WHERE)
            except StudioError as error:
                raise _no_grant(error) from error
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return _grant(answer)
        raise _refusal(answer)


def _no_grant(error: StudioError) -> StudioError:
    if isinstance(error, NeverSentError):
        return error
    if isinstance(error, UnreachableError | UnreadableAnswerError):
        return _unknown(error.message, error.status)
    return NoTokenError(error.message, hint=error.hint)  # a certificate that isn't trusted


def _unknown(message: str, status: int) -> TokenUnknownError:
    return TokenUnknownError(
        f"{message}; whether Studio issued a new token is unknown",
        hint="run the same command again: it tries once more; if Studio then refuses the token, run `rolesync login`",
        status=status,
    )


def _refusal(answer: Answer) -> StudioError:
    """Turn an answer without tokens into its error, by the one table of statuses."""
    error = error_for(answer, WHERE)
    code = _error_code(answer)
    message = f"{WHERE}: Studio answered {error.status}{wait_text(error.retry_after)}" + (f" ({code})" if code else "")
    if isinstance(error, RateLimitedError):
        return RateLimitedError(message, hint=error.hint, status=error.status, retry_after=error.retry_after)
    if isinstance(error, ServerError):
        return _unknown(message, error.status)
    if isinstance(error, BadRequestError | UnauthorizedError):
        first = "check client_id and client_secret, then " if code == "invalid_client" else ""
        return LoginNeededError(message, hint=f"{first}authorise again: `rolesync login`", status=error.status)
    return NoTokenError(message, hint=error.hint, status=error.status)


def _error_code(answer: Answer) -> str:
    """Extract OAuth's error code, such as `invalid_grant`; a longer text might repeat a secret."""
    body = _json(answer)
    code = body.get("error") if body else None
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""


def _grant(answer: Answer) -> Grant:
    body = _json(answer)
    access = _secret(body.get("access_token")) if body else None
    if body is None or access is None:
        content = "something that is no JSON object" if body is None else "no usable access_token"
        raise _unknown(f"{WHERE}: Studio answered {answer.status} with {content}", answer.status)
    return Grant(access, _secret(body.get("refresh_token")), _lifetime(body.get("expires_in")))


def _json(answer: Answer) -> dict[str, Any] | None:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _secret(value: object) -> SecretStr | None:
    return SecretStr(value) if isinstance(value, str) and is_header_safe(value) else None


def _lifetime(value: object) -> float | None:
    """Parse `expires_in`; an invalid value counts as missing, because a refused token is renewed anyway."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= _MAX_LIFETIME else None
