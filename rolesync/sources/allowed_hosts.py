"""The hosts that a fetch over HTTP may reach: the server of the list, and those that the settings name.

The address of the connection is checked, not the address that the name had before: a moment later, the name may have
another address.
"""

import socket
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from rolesync.bounded_http import DeadlineAdapter
from rolesync.model.hosts import is_internal, is_literal, is_loopback, is_metadata
from rolesync.sources.fetch_context import Access, FetchError


class AllowedHosts:
    """Refuses other hosts, and internal addresses of hosts that were not named.

    Args:
        where: the list, for messages.
        home: any address of the server of the list.
        access: the named hosts.
    """

    def __init__(self, where: str, home: str, access: Access) -> None:
        self._where = where
        self._home = _origin(home)
        self._access = access

    def is_home(self, url: str) -> bool:
        """Whether an address has the origin of the server of the list, which alone gets its secrets."""
        return _origin(url) == self._home

    def check_url(self, url: str) -> None:
        """Refuse an address that is neither of the home nor of a named host, or is not encrypted.

        Raises:
            FetchError: the address is refused.
        """
        scheme, host, _ = _origin(url)
        if self.is_home(url):
            return
        if host not in self._access.list_hosts:
            raise FetchError(
                f"{self._where}: the server leads to {host or 'an address without a host'}, which is not named",
                hint=f"a log-in page? if the list really is there, name it: list_hosts = [{host!r}]".replace("'", '"'),
            )
        if scheme != "https" and not (scheme == "http" and is_loopback(host)):
            raise FetchError(f"{self._where}: the server leads to {host} without encryption", hint="use https:// there")

    def check_peer(self, host: str, address: str) -> None:
        """Refuse a network address of an internal network or a metadata service, before anything is sent.

        Raises:
            FetchError: the address is refused.
        """
        literal = address.partition("%")[0]
        home = self._home[1]
        named_hosts = {*self._access.list_hosts, home if is_literal(home) else ""}
        if literal in named_hosts or (host == home == "localhost" and is_loopback(literal)):
            return
        if is_metadata(literal):
            kind, fitting = "of a metadata service", literal
        elif is_internal(literal) and host not in named_hosts:
            kind, fitting = "of an internal network", host
        else:
            return
        raise FetchError(
            f"{self._where}: {host} has the address {literal}, {kind}; nothing was sent to it",
            hint=f'if that is right, name it: list_hosts = ["{fitting}"]',
        )


class CheckedAdapter(DeadlineAdapter):
    """Calls a check with host and network address of each new connection; a proxy's connections are not the host's."""

    def __init__(self, check: Callable[[str, str], None]) -> None:
        self._check = check
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:  # noqa: ANN401  # passed on
        """Return the connections to a host, with the check."""
        pool = super().get_connection_with_tls_context(*args, **options)
        if pool.proxy is None and not hasattr(pool.ConnectionCls, "is_checked"):
            pool.ConnectionCls = _checked(cast("type[HTTPConnection]", pool.ConnectionCls), self._check)
        return pool


def _checked(kind: type[HTTPConnection], check: Callable[[str, str], None]) -> type[HTTPConnection]:
    """Derive connections that are checked once they are made, and closed if they don't pass."""

    class Checked(kind):  # type: ignore[valid-type,misc]  # mypy takes no base from a variable
        is_checked = True

        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            try:
                check(self.host, connection.getpeername()[0])
            except BaseException:
                connection.close()
                raise
            return connection

    return Checked


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address; empty texts for an address without them."""
    try:
        parts = urlsplit(url)
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or usual
    except ValueError:
        return "", "", None
