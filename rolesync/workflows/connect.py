"""Settings → what a command needs of the outside: a client with its token, and the record."""

import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic import SecretStr

from rolesync import __version__
from rolesync.audit.record import Record, open_record
from rolesync.errors import UsageError
from rolesync.history.earlier_runs import EarlierRuns, load_earlier_runs
from rolesync.model.hosts import is_loopback
from rolesync.settings import Settings
from rolesync.studio.auth.oauth import Access, OAuthToken, first_token
from rolesync.studio.auth.token_endpoint import DeveloperKey, TokenEndpoint
from rolesync.studio.auth.token_store import StoredToken, TokenStore
from rolesync.studio.auth.tokens import FixedToken, TokenSource
from rolesync.studio.client import Client
from rolesync.studio.transport import Connection
from rolesync.workflows.context import Context
from rolesync.workflows.state_folder import make_account_folder

Now = Callable[[], datetime]


@contextmanager
def connect(context: Context) -> Iterator[Client]:
    """Open a client for the Studio that the settings name; close it when the `with` block ends.

    Raises:
        UsageError: no Studio or no token is set.
        RolesyncError: the token store can't be read.
    """
    counts = Counter[str]()
    connection, tokens = connection_of(context.settings), token_of(context.settings, context.now, counts)
    with Client(
        connection,
        tokens,
        sleep=context.sleep,
        clock=context.seconds,
        wall_clock=context.now,
        counts=counts,
        answered=context.answered,
        retrying=context.retrying,
    ) as client:
        try:
            yield client
        finally:
            context.requested.update(counts)


def open_account_record(context: Context) -> Record:
    """Open the account's record to append to it.

    Raises:
        UsageError: its folder can't be written.
        RecordError: the record can't be opened.
    """
    settings = context.settings
    make_account_folder(settings)
    key, max_bytes = settings.audit_key.get_secret_value(), settings.audit_max_mb * 1_000_000
    return open_record(settings.account_dir, now=context.now, key=key, max_bytes=max_bytes)


def earlier_runs_of(context: Context) -> EarlierRuns:
    """Load the earlier runs from the account's record.

    Raises:
        RecordError: the record can't be read.
        RecordBrokenError: the record was changed after it was written.
    """
    return load_earlier_runs(context.settings.account_dir, key=context.settings.audit_key.get_secret_value())


def connection_of(settings: Settings) -> Connection:
    """Take from the settings how to connect to Studio.

    Raises:
        UsageError: no Studio is set, or `ca_bundle` can't be used.
    """
    _check_certificates(settings)
    contact = f" ({settings.contact})" if settings.contact else ""
    return settings.part(
        Connection,
        user_agent=f"rolesync/{__version__}{contact}",
        proxy=_proxy(settings),
        ca_bundle=str(settings.ca_bundle or ""),
    )


def _check_certificates(settings: Settings) -> None:
    """Refuse a `ca_bundle` that can't be used, which each request would report without its name."""
    bundle = settings.ca_bundle
    if not bundle:
        return
    try:
        certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        certificates.load_verify_locations(*((None, bundle) if bundle.is_dir() else (bundle, None)))
    except OSError as error:  # an SSLError is one
        raise UsageError(
            f"ca_bundle {bundle} can't be used: {error.strerror or error}",
            hint="name a file of PEM certificates, or unset ca_bundle to use the built-in ones",
        ) from error


def _proxy(settings: Settings) -> str:
    """The proxy for Studio, or "". Decided once: asking the environment costs more than a request."""
    studio = urlsplit(settings.studio)
    host = studio.hostname or ""
    if settings.proxy:
        return settings.proxy
    return "" if is_loopback(host) or proxy_bypass(host) else getproxies().get(studio.scheme, "")


def token_of(settings: Settings, now: Now, counts: Counter[str]) -> TokenSource:
    """Choose the token: OAuth if a developer key is set, else the fixed token.

    Args:
        settings: the settings.
        now: the clock; its times carry a zone.
        counts: where requests for tokens are counted.

    Raises:
        UsageError: no token is set, or the token can't be sent.
        RolesyncError: the token store can't be read.
    """
    if settings.client_id:
        return OAuthToken(oauth_of(settings, now, counts), scheme=settings.auth_scheme)
    if settings.refresh_token.get_secret_value() and not settings.token.get_secret_value():
        raise UsageError(
            "refresh_token is set, but client_id isn't",
            hint="set ROLESYNC_CLIENT_ID of the developer key that the refresh token belongs to",
        )
    return FixedToken(settings.token, scheme=settings.auth_scheme)


def oauth_of(settings: Settings, now: Now, counts: Counter[str] | None = None) -> Access:
    """Collect the parts that get tokens with the developer key of the settings.

    Raises:
        UsageError: no Studio is set.
    """
    key = DeveloperKey(settings.client_id, settings.client_secret)
    endpoint = TokenEndpoint(connection_of(settings), key, Counter() if counts is None else counts)
    return Access(endpoint, TokenStore(settings.account_dir), settings.refresh_token, now)


def log_in(settings: Settings, code: SecretStr, now: Now) -> StoredToken:
    """Exchange the authorisation code of a login for a pair of tokens, and store the pair.

    Raises:
        StudioError: Studio refuses the code, or doesn't answer.
        RolesyncError: the pair can't be stored.
    """
    return first_token(oauth_of(settings, now), code, settings.redirect_uri)
