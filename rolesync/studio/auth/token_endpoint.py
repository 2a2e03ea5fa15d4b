"""The one request that brings tokens: `POST /api/public/oauth/token`, sent once and never again by itself.

A refresh token can be spent by a request whose answer is lost, so each way of failing says whether Studio can have
seen the request. Nothing of an answer that may hold tokens gets into a message.
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
)
from rolesync.studio.auth.tokens import travels
from rolesync.studio.responses import error_for, no_answer
from rolesync.studio.transport import Connection, open_session

PATH = "/api/public/oauth/token"
WHERE = f"POST {PATH}"
KIND = "token"
"""What the request counts as."""

_WORD = re.compile(r"[a-z0-9_]{1,40}")  # as OAuth spells its errors; no token is that short and that plain
_LONGEST_LIFE = 10 * 366 * 86_400  # seconds


class LoginNeededError(UnauthorizedError, NoTokenError):
    """Studio takes neither the refresh token nor the developer key: a person has to authorise again."""


class TokenUnknownError(NoTokenError):
    """Studio may have issued tokens and spent the old one, but they didn't arrive."""


@dataclass(frozen=True, slots=True)
class DeveloperKey:
    """Who asks: a developer key as Studio's settings show it."""

    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True, slots=True)
class Grant:
    """What Studio issued. `refresh_token` is None where it sent none, `lifetime` (seconds) where it didn't say."""

    access_token: SecretStr
    refresh_token: SecretStr | None
    lifetime: float | None


class TokenEndpoint:
    """Asks for tokens with one developer key.

    Args:
        connection: where to and how.
        key: who asks.
        counts: each request is counted here, as kind `token`.
    """

    def __init__(self, connection: Connection, key: DeveloperKey, counts: Counter[str]) -> None:
        self.client_id = key.client_id
        self.patience = 2 * (connection.connect_timeout + connection.timeout)
        """Seconds after which another process that asks must have got its answer."""
        self._connection = connection
        self._key = key
        self._counts = counts

    def refresh(self, refresh_token: SecretStr) -> Grant:
        """Spend a refresh token for a new pair.

        Raises:
            LoginNeededError: Studio refuses it; final.
            TokenUnknownError: whether it is spent is unknown.
            NeverSentError: no connection was made; it may be tried again.
            RateLimitedError: Studio did nothing; it may be tried again.
            NoTokenError: any other refusal.
        """
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()})

    def exchange(self, code: SecretStr, redirect_uri: str) -> Grant:
        """Spend an authorisation code for the first pair; raises as `refresh` does."""
        form = {"grant_type": "authorization_code", "code": code.get_secret_value(), "redirect_uri": redirect_uri}
        return self._ask(form)

    def _ask(self, form: dict[str, str]) -> Grant:
        key, how = self._key, self._connection
        form = {"client_id": key.client_id, "client_secret": key.client_secret.get_secret_value(), **form}
        self._counts[KIND] += 1
        timeouts = (how.connect_timeout, how.timeout)
        with open_session(how) as session:
            try:
                answer = session.post(
                    how.studio + PATH,
                    data=form,
                    timeout=timeouts,
                    allow_redirects=False,  # the secrets go to the configured host only
                )
            except requests.exceptions.RequestException as error:
                raise _unanswered(no_answer(error, WHERE, how.studio, timeouts)) from error
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return _grant(answer)
        raise _refusal(answer)


def _unanswered(error: StudioError) -> StudioError:
    if isinstance(error, NeverSentError):
        return error
    if isinstance(error, UnreachableError):
        return _unknown(error.message, 0)
    return NoTokenError(error.message, hint=error.hint)  # a certificate that isn't trusted


def _unknown(what: str, status: int) -> TokenUnknownError:
    return TokenUnknownError(
        f"{what}; whether Studio issued a new token is unknown",
        hint="run the same command again: it tries once more; if Studio then refuses the token, `rolesync login`",
        status=status,
    )


def _refusal(answer: requests.Response) -> StudioError:
    """Turn an answer that brings no tokens into its exception, by the one table of statuses."""
    error = error_for(answer, WHERE)
    word = _word(answer)
    said = f"{WHERE}: Studio answered {error.status}" + (f" ({word})" if word else "")
    if isinstance(error, RateLimitedError):
        return RateLimitedError(said, hint=error.hint, status=error.status, retry_after=error.retry_after)
    if isinstance(error, ServerError):
        return _unknown(said, error.status)
    if isinstance(error, BadRequestError | UnauthorizedError):
        key = "check client_id and client_secret, then " if word == "invalid_client" else ""
        return LoginNeededError(said, hint=f"{key}authorise again: `rolesync login`", status=error.status)
    return NoTokenError(said, hint=error.hint, status=error.status)


def _word(answer: requests.Response) -> str:
    """Find OAuth's word for what is wrong, such as `invalid_grant`; anything longer might repeat what was sent."""
    body = _json(answer)
    word = body.get("error") if body else None
    return word if isinstance(word, str) and _WORD.fullmatch(word) else ""


def _grant(answer: requests.Response) -> Grant:
    body = _json(answer)
    access = _secret(body.get("access_token")) if body else None
    if body is None or access is None:
        what = "something that is no JSON object" if body is None else "no usable access_token"
        raise _unknown(f"{WHERE}: Studio answered {answer.status_code} with {what}", answer.status_code)
    return Grant(access, _secret(body.get("refresh_token")), _lifetime(body.get("expires_in")))


def _json(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _secret(value: object) -> SecretStr | None:
    return SecretStr(value) if isinstance(value, str) and travels(value) else None


def _lifetime(value: object) -> float | None:
    """Read `expires_in`; what makes no sense is as good as nothing, since a refused token is renewed anyway."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= _LONGEST_LIFE else None
