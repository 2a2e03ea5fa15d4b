"""Reads over HTTP for a list: within bounds of time and size, from allowed hosts only, with secrets for one origin."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.util import Timeout

from rolesync import __version__
from rolesync.bounded_http import (
    OneAnswerSession,
    OversizeError,
    attempt_timeout,
    has_known_end,
    read_body,
)
from rolesync.sources.allowed_hosts import AllowedHosts, CheckedAdapter
from rolesync.sources.fetch_context import Access, Clocks, Deadline, FetchError, with_retries

REDIRECTS = 5
_CONNECT = 10.0  # seconds
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
_REACH = "check the address and the network, then run the same command again"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers, and the unpacked body. `has_end`: the server said where the body ends, and it did."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    has_end: bool


class HttpReader:
    """Reads answers for one list; use it in a `with` block.

    Args:
        where: the list, for messages.
        home: any address of the server that secrets are for.
        access: the bounds and the named hosts.
        clocks: the time.
        deadline: the end of the whole fetch.
    """

    def __init__(self, where: str, home: str, access: Access, clocks: Clocks, deadline: Deadline) -> None:
        self.where = where
        self.deadline = deadline
        self._hosts = AllowedHosts(where, home, access)
        self._access = access
        self._clocks = clocks
        self.session = OneAnswerSession()
        self.session.trust_env = False  # no .netrc may add a password, and no variable a proxy
        self.session.headers.update({"User-Agent": f"rolesync/{__version__}"})
        self.session.verify = access.ca_bundle or True
        if proxy := access.proxy_for(home):
            self.session.proxies = {"http": proxy, "https": proxy}
        adapter = CheckedAdapter(self._hosts.check_peer)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def get(
        self, url: str, headers: Mapping[str, str], secrets: Mapping[str, str], *, max_bytes: int | None = None
    ) -> Answer:
        """Read an answer; a transient failure is tried again.

        Args:
            url: the address.
            headers: headers for each host.
            secrets: headers for the home only.
            max_bytes: maximum size of the unpacked body; by default that of a list.

        Raises:
            FetchError: there is no complete answer, it is too large, or it leads to a host that was not named.
        """
        limit = max_bytes or self._access.max_bytes
        return with_retries(lambda: self._follow(url, headers, secrets, limit), self.deadline, self._clocks)

    def client(self) -> "TimedClient":
        """Make a client for libraries that send requests of their own."""
        return TimedClient(self.session, self.deadline)

    def whole_file(self, answer: Answer) -> bytes:
        """Return the file that an answer holds.

        Raises:
            FetchError: it holds none, or perhaps only a part of one.
        """
        if answer.status != HTTPStatus.OK:
            raise self.refusal_error(answer)
        if not answer.has_end and not self._access.list_sha256:
            raise FetchError(
                f"{self.where}: the server does not say where its answer ends, so a part of the list may be missing",
                hint="let it send Content-Length, or set list_sha256",
            )
        return answer.data

    def refusal_error(self, answer: Answer) -> FetchError:
        """Make the error for an answer that holds no list."""
        if answer.status in _REFUSED:
            return FetchError(
                f"{self.where}: the server refused the request ({answer.status})",
                hint="check list_secret, list_user and list_headers; a signed address may have expired",
            )
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return FetchError(
                f"{self.where}: the server has nothing there ({answer.status})", hint="check the address of the list"
            )
        return FetchError(f"{self.where}: the server answered with {answer.status}, not with a list", hint=_REACH)

    def _follow(self, url: str, headers: Mapping[str, str], secrets: Mapping[str, str], max_bytes: int) -> Answer:
        """Read an answer, after at most a few redirects to named hosts."""
        for _ in range(REDIRECTS + 1):
            url = self._as_sent(url)
            self._hosts.check_url(url)
            sent = {**headers, **secrets} if self._hosts.is_home(url) else headers
            answer = self._send(url, sent, max_bytes)
            if answer.status in _TRANSIENT:
                raise FetchError(
                    f"{self.where}: the server answered with an error ({answer.status})",
                    hint="run the same command again later",
                    is_transient=True,
                )
            if answer.status not in _REDIRECT or "Location" not in answer.headers:
                return answer
            try:
                url = urljoin(url, answer.headers["Location"])
            except ValueError:
                raise FetchError(f"{self.where}: the server leads to no valid address", hint=_REACH) from None
        raise FetchError(f"{self.where}: more than {REDIRECTS} redirects, one to the next", hint=_REACH)

    def _send(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        remaining = self.deadline.remaining
        try:
            with self.session.get(
                url,
                headers=dict(headers),
                timeout=attempt_timeout(remaining, _CONNECT),  # type: ignore[arg-type]  # documented
                allow_redirects=False,
                stream=True,
            ) as response:
                data = read_body(response, max_bytes)
                return Answer(response.status_code, response.headers, data, has_known_end(response))
        except requests.exceptions.RequestException as error:
            raise self._broken(error, urlsplit(url).hostname or "") from error
        except OversizeError as error:
            raise replace(self._access, list_max_mb=max_bytes / 1e6).oversize_error(self.where) from error

    def _broken(self, error: requests.exceptions.RequestException, host: str) -> FetchError:
        """Describe an answer that did not come; the text of the library could contain the whole address."""
        cause = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, requests.exceptions.SSLError):
            reason = next((part for part in getattr(cause, "args", ()) if isinstance(part, ssl.SSLError)), None)
            detail = getattr(reason, "verify_message", "") or "no secure connection (TLS)"
            return FetchError(
                f"{self.where}: the certificate of {host} isn't trusted: {detail}",
                hint="let its owner renew it; for a certificate of your own, set ca_bundle",
            )
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return FetchError(f"{self.where}: the answer can't be unpacked", hint=_REACH)
        if isinstance(error, requests.exceptions.InvalidProxyURL):
            return FetchError(f"{self.where}: the proxy has no valid address", hint="correct proxy or HTTPS_PROXY")
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
            return FetchError(
                f"{self.where}: the address or a header is not valid", hint="correct list or list_headers"
            )
        if self.deadline.is_over:
            return self.deadline.timeout_error()
        return FetchError(
            f"{self.where}: the connection to {host} could not be made, or broke ({type(error).__name__})",
            hint=_REACH,
            is_transient=True,
        )

    def _as_sent(self, url: str) -> str:
        r"""Return an address as the library sends it: `https://a\@b/` goes to host a, although `urlsplit` finds b."""
        request = requests.PreparedRequest()
        try:
            request.prepare_url(url, None)
        except requests.exceptions.RequestException as error:
            raise self._broken(error, "") from error
        return request.url or ""


class TimedClient:
    """Sends requests of a library within the deadline of a fetch."""

    def __init__(self, session: requests.Session, deadline: Deadline) -> None:
        self._session, self._deadline = session, deadline

    def get(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401  # passed on
        """Send a GET request."""
        return self._session.get(url, **{**options, "timeout": self._timeout()})

    def post(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401  # passed on
        """Send a POST request."""
        return self._session.post(url, **{**options, "timeout": self._timeout()})

    def close(self) -> None:
        """Do nothing: the session belongs to the reader."""

    def _timeout(self) -> Timeout:
        return attempt_timeout(self._deadline.remaining, _CONNECT)
