"""Check tokens: fixed ones, and the OAuth tokens of one developer key, whose refresh tokens rotate.

Issued tokens are in the database, so that a sandbox with a file knows them after a restart.
"""

import base64
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import unquote_plus, urlencode, urlsplit

from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError

Permission = Literal["all", "read", "none"]

_CODE_LIFETIME = 600


class Tokens:
    """Issues tokens, and checks what their bearer may do.

    Args:
        db: the sandbox's database.
        options: the tokens, the developer key and their behaviour.
        clock: seconds since 1970.
        new_token: returns a new token; its argument is the kind (code, access or refresh), with which the token begins.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        options: Options,
        clock: Callable[[], float],
        new_token: Callable[[str], str] = lambda kind: f"{kind}-{secrets.token_urlsafe(24)}",
    ) -> None:
        self._db = db
        self._options = options
        self._clock = clock
        self._new_token = new_token
        self._fixed: dict[str, Permission] = {
            options.token: "all",
            options.reader_token: "read",
            options.outsider_token: "none",
        }

    def authorise(self, header: str | None, *, write: bool) -> None:
        """Check that a request is allowed.

        Args:
            header: the text of `Authorization`, None if it is missing.
            write: whether the request changes roles.

        Raises:
            ApiError: 401 without a valid token; 403 if its owner may not do this.
        """
        permission = self._use_token(self._token(header))
        if permission == "none" or (write and permission == "read"):
            raise ApiError(403, "You do not have permission to perform this action")

    def issue_code(self, params: Mapping[str, str]) -> str:
        """Answer `authorize`: return the address to redirect to, with a code valid for ten minutes and without `state`.

        Raises:
            ApiError: 400 or 401, with the error code of OAuth.
        """
        if params.get("client_id") != self._options.client_id:
            raise ApiError(401, "invalid_client")
        if params.get("response_type") != "code":
            raise ApiError(400, "unsupported_response_type")
        address = params.get("redirect_uri", "")
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.hostname in {None, "localhost", "127.0.0.1", "::1"}:
            raise ApiError(400, "invalid_redirect_uri")
        code = self._new_token("code")
        self._db.execute("INSERT INTO codes VALUES (?, ?, ?)", (code, address, self._clock() + _CODE_LIFETIME))
        return f"{address}{'&' if parts.query else '?'}{urlencode({'code': code})}"

    def exchange(self, form: Mapping[str, str], header: str | None) -> dict[str, Any]:
        """Answer `token`: a new pair for a code or a refresh token.

        Args:
            form: the fields of the body.
            header: the text of `Authorization`, which may hold the developer key as HTTP Basic; None if it is missing.

        Raises:
            ApiError: 400 or 401, with the error code of OAuth.
        """
        key = _basic(header or "") or (form.get("client_id"), form.get("client_secret"))
        if key != (self._options.client_id, self._options.client_secret):
            raise ApiError(401, "invalid_client")
        grant = form.get("grant_type", "")
        if grant == "authorization_code":
            self._spend_code(form)
            return self._issue()
        if grant == "refresh_token":
            return self._issue(ends_refresh_token=self._spend_refresh_token(form.get("refresh_token", "")))
        raise ApiError(400, "unsupported_grant_type" if grant else "invalid_request")

    def _token(self, header: str | None) -> str:
        if header is None:
            return ""
        scheme, separator, token = header.strip().partition(" ")
        if not separator:
            return scheme if self._options.bare_key else ""
        return token.strip() if scheme.lower() == "bearer" else ""

    def _use_token(self, token: str) -> Permission:
        """Return what a token permits. The first use of an access token ends the refresh token that it replaces."""
        if token in self._fixed:
            return self._fixed[token]
        query = "SELECT expires_at, ends_refresh_token FROM access_tokens WHERE token = ?"
        row = self._db.execute(query, (token,)).fetchone()
        if row is None or row[0] <= self._clock():
            raise ApiError(401, "Invalid access token" if row is None else "Access token has expired")
        if row[1]:
            self._db.execute("DELETE FROM refresh_tokens WHERE token = ?", (row[1],))
            self._db.execute("UPDATE access_tokens SET ends_refresh_token = '' WHERE token = ?", (token,))
        return "all"

    def _spend_code(self, form: Mapping[str, str]) -> None:
        query = "DELETE FROM codes WHERE code = ? RETURNING redirect_uri, expires_at"
        row = self._db.execute(query, (form.get("code", ""),)).fetchone()
        if row is None or row[0] != form.get("redirect_uri") or row[1] <= self._clock():
            raise ApiError(400, "invalid_grant")

    def _spend_refresh_token(self, token: str) -> str:
        """Use up a refresh token; returns the token that ends at the first use of the new access token, or ""."""
        if not self._db.execute("SELECT 1 FROM refresh_tokens WHERE token = ?", (token,)).fetchone():
            raise ApiError(400, "invalid_grant")
        if self._options.old_refresh_token == "ends_on_first_use":  # noqa: S105  # no password
            return token
        self._db.execute("DELETE FROM refresh_tokens WHERE token = ?", (token,))
        return ""

    def _issue(self, *, ends_refresh_token: str = "") -> dict[str, Any]:
        access, refresh = self._new_token("access"), self._new_token("refresh")
        now = self._clock()
        row = (access, now + self._options.token_lifetime, ends_refresh_token)
        self._db.execute("INSERT INTO access_tokens VALUES (?, ?, ?)", row)
        self._db.execute("INSERT INTO refresh_tokens VALUES (?)", (refresh,))
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self._options.token_lifetime,
            "refresh_token": refresh,
            "created_at": int(now),
        }


def _basic(header: str) -> tuple[str, str] | None:
    """Return the developer key of HTTP Basic, both parts of which are form-encoded; None for another scheme."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
