"""An OAuth token that renews itself: one refresh at a time across threads and processes, stored before it is used.

The order is always: lock, read the store again, make room for the new pair, ask, store, use. What remains: a process
that is killed in the moment between the last byte of Studio's answer and the end of the store's rename loses the new
pair; if Studio ends the old refresh token at once, a person has to `rolesync login`. Ctrl-C and SIGTERM don't strike
there, since both steps run in a thread of their own, which is waited for.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
Good = Callable[[StoredToken], bool]

REMEMBERED = 20  # fingerprints of configured refresh tokens; the oldest are forgotten


@dataclass(frozen=True)
class Access:
    """What tokens are made of: where they come from, where they are kept, what a person has set, and the clock.

    `configured` is the refresh token of the settings, "" for none; `now` gives times that carry a zone.
    """

    endpoint: TokenEndpoint
    store: TokenStore
    configured: SecretStr
    now: Callable[[], datetime]

    def current(self) -> StoredToken | None:
        """Return the stored pair, unless it is another key's or a refresh token was configured since.

        Raises:
            RolesyncError: the store can't be read.
        """
        stored = self.store.read()
        if stored is None or stored.client_id != self.endpoint.client_id:
            return None
        configured = fingerprint(self.configured)
        return stored if not configured or configured in stored.spent else None

    def obtain(self, ask: Callable[[], Grant], old: SecretStr) -> StoredToken:
        """Ask for a new pair and store it, with room made for it before; the store's lock is held by the caller.

        Args:
            ask: sends the one request.
            old: the refresh token that stays good if Studio sends none.
        """
        before = self.store.read()
        spent = before.spent if before and before.client_id == self.endpoint.client_id else ()
        known = dict.fromkeys(mark for mark in (*spent, fingerprint(self.configured)) if mark)
        with self.store.room() as keep:
            asked_at = self.now()  # before the request: a life counted from here never ends too late
            grant = ask()
            made = StoredToken(
                client_id=self.endpoint.client_id,
                access_token=grant.access_token,
                refresh_token=grant.refresh_token or old,
                obtained_at=asked_at,
                expires_at=None if grant.lifetime is None else asked_at + timedelta(seconds=grant.lifetime),
                spent=tuple(known)[-REMEMBERED:],
            )
            keep(made)
        return made


def first_token(access: Access, code: SecretStr, redirect_uri: str) -> StoredToken:
    """Turn the code that a person brought from Studio into the first pair, and store it.

    Raises:
        StudioError: Studio refuses the code, or no answer came.
        LockHeldError: another process doesn't end its renewal.
        RolesyncError: the store can't be used.
    """

    def work() -> StoredToken:
        with access.store.locked(access.endpoint.patience):
            return access.obtain(lambda: access.endpoint.exchange(code, redirect_uri), SecretStr(""))

    return _undisturbed(work)


class OAuthToken:
    """The access token of a developer key, from the store, renewed shortly before its end or when it is refused.

    Once a renewal has failed for good or with unknown outcome, every further call fails with the same error, so that
    no refresh token is ever sent twice by one process.

    Args:
        access: where tokens come from and are kept.
        scheme: the word before the token in the header; "" sends it bare.

    Raises:
        UsageError: there is neither a stored nor a configured token.
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
                "client_id is set, but there is no token of it yet",
                hint="get the first one with `rolesync login`, or set ROLESYNC_REFRESH_TOKEN",
            )

    def header(self) -> str:
        """Return the header for the next request, of a token that has still some time to live.

        Raises:
            NoTokenError: Studio refuses to renew it, or may have renewed it without our hearing of it; final.
            StudioError: Studio can't be reached or asks to wait; a later call tries again.
            RolesyncError: the store can't be used, or another process doesn't end its renewal.
        """
        current = self._good(self._lasts)
        if current is None:
            with self._lock:
                current = self._good(self._lasts) or _undisturbed(lambda: self._renewed(self._lasts))
        return self._spell(current)

    def renew(self, refused: str) -> bool:
        """Say whether there is another header than `refused`, which was answered with 401; makes one if it must.

        Raises as `header` does.
        """

        def another(token: StoredToken) -> bool:
            return self._spell(token) != refused

        with self._lock:
            return another(self._good(another) or _undisturbed(lambda: self._renewed(another)))

    def _good(self, good: Good) -> StoredToken | None:
        """Return the current token if it is good for the purpose; a failure is final for everybody."""
        failure, current = self._failure, self._current
        if failure is not None:
            raise copy(failure) from failure  # each thread needs one of its own, to hang its traceback on
        return current if current is not None and good(current) else None

    def _lasts(self, token: StoredToken) -> bool:
        return not token.is_due(self._access.now())

    def _spell(self, token: StoredToken) -> str:
        return f"{self._scheme} {token.access_token.get_secret_value()}".strip()

    def _renewed(self, good: Good) -> StoredToken:
        """Take a good token from the store, where another process may have put one, or make a new one."""
        access = self._access
        with access.store.locked(access.endpoint.patience):
            stored = access.current()
            if stored is not None and (good(stored) or stored.is_young(access.now())):
                self._current = stored
                return stored
            old = stored.refresh_token if stored else access.configured
            try:
                self._current = access.obtain(lambda: _refreshed(access.endpoint, old), old)
            except RolesyncError as error:
                if not is_repeatable(error):
                    self._failure = error
                raise
        self._log.info("token renewed", expires_at=str(self._current.expires_at))
        return self._current


def _refreshed(endpoint: TokenEndpoint, old: SecretStr) -> Grant:
    if not old.get_secret_value():
        raise LoginNeededError(
            "the access token has ended, and Studio gave no refresh token with it", hint="`rolesync login`"
        )
    return endpoint.refresh(old)


def _undisturbed(work: Callable[[], Result]) -> Result:
    """Do it in a thread of its own: signals reach the main thread only, which then still waits for the end."""
    with ThreadPoolExecutor(1, thread_name_prefix="token") as worker:
        return worker.submit(work).result()
