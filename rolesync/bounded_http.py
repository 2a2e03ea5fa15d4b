"""Bounds one attempt: the time of connection, headers and body together, and the size of the decoded body.

The timeout of `requests` is for each read, so a server that sends a byte now and then never exceeds it.
"""

import io
import socket
from functools import lru_cache
from http.client import HTTPResponse
from time import monotonic
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.util import Timeout

_PIECE = 64 * 1024  # bytes: how much of a body is decoded before its size is checked again


class OversizeError(Exception):
    """The decoded body is larger than allowed."""


@lru_cache(maxsize=8)
def attempt_timeout(timeout: float, connect_timeout: float) -> Timeout:
    """Make the timeout of a request sent by `DeadlineAdapter`, in seconds: of all of it, and of its connection."""
    return Timeout(total=timeout, connect=min(timeout, connect_timeout))


class OneAnswerSession(requests.Session):
    """A session that gives redirects back as answers, and doesn't read their bodies.

    `requests` unpacks the body of each redirect without a limit, even if it is not to follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target."""
        del resp


class DeadlineAdapter(HTTPAdapter):
    """Sends requests whose read timeout is for headers and body together, instead of for each read."""

    def send(self, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401  # passed on
        """Send a request.

        Raises:
            requests.RequestException: it failed, or its host can't be a name (urllib3 has an error of its own).
        """
        try:
            return super().send(*args, **options)
        except LocationParseError as error:
            raise requests.exceptions.InvalidURL(error) from error

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:  # noqa: ANN401  # passed on
        """Return the pool of connections for a request, with connections that keep the deadline."""
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **options))
        pool.ConnectionCls = _with_deadline(pool.ConnectionCls)
        return pool


def read_body(response: requests.Response, max_bytes: float) -> bytes:
    """Read and decode the body of a streamed response.

    Raises:
        OversizeError: it is larger than `max_bytes`.
        requests.RequestException: the connection broke, the deadline has passed, or packed data has no end.
    """
    pieces, size = [], 0
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes:
            raise OversizeError
    if pieces and not _is_unpacked(response.raw):
        raise requests.exceptions.ContentDecodingError("the end of the packed data is missing")
    return b"".join(pieces)


def has_known_end(response: requests.Response) -> bool:
    """Whether a body that was read ended where its server said; else it ended with the connection, maybe too early."""
    return bool(response.raw.chunked) or response.raw.length_remaining is not None


def _is_unpacked(raw: Any) -> bool:  # noqa: ANN401  # its decoders have no public names
    """Whether packed data was unpacked to its end, which urllib3 doesn't check for gzip and deflate."""
    decoder = getattr(raw, "_decoder", None)
    return all(getattr(getattr(each, "_obj", None), "eof", True) for each in getattr(decoder, "_decoders", [decoder]))


@lru_cache(maxsize=8)
def _with_deadline(kind: type[HTTPConnection]) -> type[HTTPConnection]:
    """Derive connections whose responses keep the deadline from those of a pool: plain, with TLS, or through SOCKS."""
    if issubclass(kind.response_class, _DeadlineResponse):
        return kind
    return type(kind.__name__, (kind,), {"response_class": _DeadlineResponse})


class _DeadlineResponse(HTTPResponse):
    """A response whose time starts before its first byte: all its reads share the timeout that the socket has then."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:  # noqa: ANN401  # passed on
        super().__init__(sock, *args, **options)
        timeout = sock.gettimeout()
        if timeout is not None:
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, monotonic() + timeout))


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._socket = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  # the type of a buffer has no name in Python 3.11
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
