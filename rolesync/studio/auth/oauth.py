"""An OAuth token that renews itself: one refresh at a time across threads and processes, stored before it is used.

The order is always: lock, read the store again, reserve space, request, store, use. One risk remains. A process that is
killed between the last byte of Studio's answer and the end of the store's rename loses the new pair. If Studio revokes
the old refresh token immediately, a user must then run `rolesync login`. Ctrl-C and SIGTERM can't interrupt these
steps: both run in a separate thread, and the main thread waits for it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from pydantic import SecretStr

from rolesync.errors import RolesyncError, UsageError
from rolesync.model.request_effect import is_repeatable
from rolesync.studio.auth.token_endpoint import Grant, LoginNeededError, TokenEndpoint
from rolesync.studio.auth.token_store import StoredToken, TokenStore, fingerprint

Result = TypeVar("Result")
TokenCheck = Callable[[StoredToken], bool]

_REMEMBERED = 20  # fingerprints of configured refresh tokens; the oldest are dropped


@dataclass(frozen=True)
class Access:
    """Everything a renewal needs: token endpoint, store, settings and clock.

    `configured` is the refresh token of the settings, "" for none; the times of `now` have a zone.
    """

    endpoint: TokenEndpoint
    store: TokenStore
    configured: SecretStr
    now: Callable[[], datetime]

    def current(self) -> StoredToken | None:
        """Return the stored pair; None if it belongs to another key, or a refresh token was configured since.

        Raises:
            RolesyncError: the store can't be read.
        """
        stored = self.store.read()
        if stored is None or stored.client_id != self.endpoint.client_id:
            return None
        configured = fingerprint(self.configured)
        return stored if not configured or configured in stored.spent else None

    def obtain(self, request: Callable[[], Grant], old_refresh_token: SecretStr) -> StoredToken:
        """Request a new pair and store it, with space reserved before; the caller holds the store's lock.

        Args:
            request: sends the one request.
            old_refresh_token: the refresh token that stays valid if Studio sends none.
        """
        stored = self.store.read()
        spent = stored.spent if stored and stored.client_id == self.endpoint.client_id else ()
        fingerprints = dict.fromkeys(mark for mark in (*spent, fingerprint(self.configured)) if mark)
        with self.store.reserve() as store:
            requested_at = self.now()  # before the request: a lifetime from here never ends too late
            grant = request()
            token = StoredToken(
                client_id=self.endpoint.client_id,
                access_token=grant.access_token,
                refresh_token=grant.refresh_token or old_refresh_token,
                obtained_at=requested_at,
                expires_at=None if grant.lifetime is None else requested_at + timedelta(seconds=grant.lifetime),
                spent=tuple(fingerprints)[-_REMEMBERED:],
            )
            store(token)
        return token


def first_token(access: Access, code: SecretStr, redirect_uri: str) -> StoredToken:
    """Exchange the code that the user pasted for the first pair of tokens, and store the pair.

    Raises:
        StudioError: Studio refuses the code, or no answer came.
        LockHeldError: another process holds the lock for too long.
        RolesyncError: the store can't be used.
    """

    def exchange() -> StoredToken:
        with access.store.locked(access.endpoint.patience):
            return access.obtain(lambda: access.endpoint.exchange(code, redirect_uri), SecretStr(""))

    return _uninterrupted(exchange)


class OAuthToken:
    """The access token of a developer key, from the store; renewed shortly before it expires or when it is refused.

    After a renewal with a final or unknown failure, every further call fails with the same error. So one process never
    sends a refresh token twice.

    Args:
        access: token endpoint, store, settings and clock.
        scheme: the word before the token in the header; "" sends only the token.

    Raises:
        UsageError: no token is stored or configured.
        RolesyncError: the store can't be read.
    """

    def __init__(self, access: Access, *, scheme: str = "Bearer") -> None:
        self._access = access
        self._scheme = scheme
        self._lock = threading.Lock()
        self._failure: RolesyncError | None = None
        self._current = access.current()
        self._log = structlog.get_logger("rolesync.studio")
        if self._current is None and not access.configured.get_secret_value():
            raise UsageError(
                "client_id is set, but there is no token for it yet",
                hint="get the first one with `rolesync login`, or set ROLESYNC_REFRESH_TOKEN",
            )

    def header(self) -> str:
        """Return the header for the next request, with a token that doesn't expire soon.

        Raises:
            NoTokenError: Studio refuses to renew it, or the answer of a renewal was lost; final.
            StudioError: Studio can't be reached or asks to wait; a later call tries again.
            RolesyncError: the store can't be used, or another process holds the lock for too long.
        """
        current = self._valid(self._is_fresh)
        if current is None:
            with self._lock:
                current = self._valid(self._is_fresh) or _uninterrupted(lambda: self._renew(self._is_fresh))
        return self._format(current)

    def renew(self, refused: str) -> bool:
        """Return whether there is another header than `refused`, which was answered with 401; renews if needed.

        Raises as `header` does.
        """

        def is_other(token: StoredToken) -> bool:
            return self._format(token) != refused

        with self._lock:
            return is_other(self._valid(is_other) or _uninterrupted(lambda: self._renew(is_other)))

    def _valid(self, is_valid: TokenCheck) -> StoredToken | None:
        """Return the current token if it passes the check; raise a final failure again, in every thread."""
        failure, current = self._failure, self._current
        if failure is not None:
            raise copy(failure) from failure  # each thread needs its own copy for its traceback
        return current if current is not None and is_valid(current) else None

    def _is_fresh(self, token: StoredToken) -> bool:
        return not token.is_due(self._access.now())

    def _format(self, token: StoredToken) -> str:
        return f"{self._scheme} {token.access_token.get_secret_value()}".strip()

    def _renew(self, is_valid: TokenCheck) -> StoredToken:
        """Take a valid token from the store, where another process may have put one, or request a new one."""
        access = self._access
        with access.store.locked(access.endpoint.patience):
            stored = access.current()
            if stored is not None and (is_valid(stored) or stored.is_young(access.now())):
                self._current = stored
                return stored
            refresh_token = stored.refresh_token if stored else access.configured
            try:
                self._current = access.obtain(lambda: _refresh(access.endpoint, refresh_token), refresh_token)
            except RolesyncError as error:
                if not is_repeatable(error):
                    self._failure = error
                raise
        self._log.info("token renewed", expires_at=str(self._current.expires_at))
        return self._current


def _refresh(endpoint: TokenEndpoint, refresh_token: SecretStr) -> Grant:
    if not refresh_token.get_secret_value():
        raise LoginNeededError(
            "the access token has expired, and Studio issued no refresh token with it", hint="run `rolesync login`"
        )
    return endpoint.refresh(refresh_token)


def _uninterrupted(work: Callable[[], Result]) -> Result:
    """Run `work` in a separate thread: signals interrupt only the main thread, which still waits for the end."""
    with ThreadPoolExecutor(1, thread_name_prefix="token") as worker:
        return worker.submit(copy_context().run, work).result()
