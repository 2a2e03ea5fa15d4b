"""From settings to a conversation with Studio: how to connect, and which token to send."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from rolesync import __version__
from rolesync.errors import UsageError
from rolesync.settings import Settings
from rolesync.studio.auth.oauth import Access, OAuthToken, first_token
from rolesync.studio.auth.token_endpoint import DeveloperKey, TokenEndpoint
from rolesync.studio.auth.token_store import StoredToken, TokenStore
from rolesync.studio.auth.tokens import FixedToken, TokenSource
from rolesync.studio.transport import Connection

Now = Callable[[], datetime]


def connection_of(own: Settings) -> Connection:
    """Say how to talk to the Studio of the settings.

    Raises:
        UsageError: no Studio is set.
    """
    contact = f" ({own.contact})" if own.contact else ""
    return Connection(
        studio=own.studio,
        user_agent=f"rolesync/{__version__}{contact}",
        timeout=own.timeout,
        connect_timeout=own.connect_timeout,
        attempts=own.attempts,
        retry_seconds=own.retry_seconds,
        concurrency=own.concurrency,
        requests_per_second=own.requests_per_second,
        proxy=own.proxy_for_studio,
        ca_bundle=str(own.ca_bundle or ""),
    )


def token_of(own: Settings, now: Now, counts: Counter[str]) -> TokenSource:
    """Choose the token: OAuth's where a developer key is set, else the fixed one.

    Args:
        own: the settings.
        now: the clock; its times carry a zone.
        counts: requests for tokens are counted here.

    Raises:
        UsageError: there is no token, or one that can't be sent.
        RolesyncError: the token store can't be read.
    """
    if own.client_id:
        return OAuthToken(oauth_of(own, now, counts), scheme=own.auth_scheme)
    if own.refresh_token.get_secret_value() and not own.token.get_secret_value():
        raise UsageError("refresh_token is set, but client_id isn't", hint="set ROLESYNC_CLIENT_ID of the same key")
    return FixedToken(own.token, scheme=own.auth_scheme)


def oauth_of(own: Settings, now: Now, counts: Counter[str] | None = None) -> Access:
    """Collect what the developer key of the settings needs to get tokens.

    Raises:
        UsageError: no Studio is set.
    """
    key = DeveloperKey(own.client_id, own.client_secret)
    endpoint = TokenEndpoint(connection_of(own), key, Counter() if counts is None else counts)
    return Access(endpoint, TokenStore(own.account_dir), own.refresh_token, now)


def log_in(own: Settings, code: SecretStr, now: Now) -> StoredToken:
    """Exchange the code that a person brought from Studio, and store the pair.

    Raises:
        StudioError: Studio refuses the code, or no answer came.
        RolesyncError: the pair can't be stored.
    """
    return first_token(oauth_of(own, now), code, own.redirect_uri)
