"""Sends one request over one connection and returns its answer; never retries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import requests

from rolesync.bounded_http import DeadlineAdapter, OneAnswerSession, OversizeError, attempt_timeout, read_body
from rolesync.errors import UsageError
from rolesync.studio.responses import Answer, no_answer_error, oversize_error

Method = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of a Studio, limits and timeouts. Times are in seconds; `timeout` is for a whole attempt."""

    studio: str  # scheme and host
    user_agent: str
    timeout: float = 30.0
    connect_timeout: float = 10.0
    max_response_mb: float = 16.0  # decoded
    attempts: int = 8
    retry_seconds: float = 120.0
    settle_seconds: float = 60.0
    concurrency: int = 16
    requests_per_second: float | None = None
    proxy: str = ""
    ca_bundle: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the kind it is counted as, method, path, query and JSON body."""

    kind: str
    method: Method
    path: str
    params: Mapping[str, str | int] | None = None
    body: object = None

    @property
    def where(self) -> str:
        """The request as named in messages."""
        return f"{self.method} {self.path}"


class Transport:
    """Sends single requests, over as many sessions as there are requests under way in parallel.

    `requests` spends as long on preparing a request as on sending it. Requests to one Studio differ little, so each one
    is a changed copy of a prepared request.

    Raises:
        UsageError: the base address is invalid.
    """

    def __init__(self, connection: Connection) -> None:
        self.sessions: list[requests.Session] = []
        self._connection = connection
        self._free: list[requests.Session] = []  # a stack: the last one used has the least idle connection
        with open_session(connection) as session:
            self._prepared = prepare(session, requests.Request("GET", connection.studio))
        self._root = (self._prepared.url or "").removesuffix("/")

    def close(self) -> None:
        """Close all connections."""
        for session in self.sessions:
            session.close()

    def prepare(self, call: Call, header: str) -> requests.PreparedRequest:
        """Prepare a call with this Authorization header."""
        request = self._prepared.copy()
        request.method = call.method
        request.url = self._root + call.path + (f"?{urlencode(call.params)}" if call.params else "")
        request.headers["Authorization"] = header
        if call.body is not None:
            request.prepare_body(None, None, json=call.body)
        return request

    def send(self, request: requests.PreparedRequest, where: str) -> Answer:
        """Send a request once; returns and raises as `send_once`."""
        session = self._free_session()
        if session.cookies:  # from a load balancer, for example
            request.prepare_cookies(session.cookies)
        try:
            return send_once(session, request, self._connection, where)
        finally:
            self._free.append(session)

    def _free_session(self) -> requests.Session:
        try:
            return self._free.pop()
        except IndexError:
            session = open_session(self._connection)
            self.sessions.append(session)
            return session


def open_session(connection: Connection) -> requests.Session:
    """Open a session with all connection settings but the secrets."""
    session = OneAnswerSession()
    session.trust_env = False  # proxies come from the settings only, and no .netrc may replace the token
    session.headers.update({"User-Agent": connection.user_agent, "Accept": "application/json"})
    session.verify = connection.ca_bundle or True
    if connection.proxy:
        session.proxies = {"http": connection.proxy, "https": connection.proxy}
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def prepare(session: requests.Session, request: requests.Request) -> requests.PreparedRequest:
    """Prepare a request for `send_once`.

    Raises:
        UsageError: its address is invalid.
    """
    try:
        return session.prepare_request(request)
    except requests.exceptions.RequestException as error:
        raise UsageError(f"{request.url} is not a valid address", hint="correct ROLESYNC_BASE_URL") from error


def send_once(
    session: requests.Session, request: requests.PreparedRequest, connection: Connection, where: str
) -> Answer:
    """Send a prepared request over a session of `open_session`, and return its complete answer.

    Raises:
        StudioError: no complete answer came in time, or it is too large.
    """
    status = 0
    try:
        with session.send(
            request,
            timeout=attempt_timeout(connection.timeout, connection.connect_timeout),  # type: ignore[arg-type]  # documented
            allow_redirects=False,  # the token goes only to the configured host
            verify=session.verify,
            proxies=session.proxies,
            stream=True,
        ) as response:
            status = response.status_code
            return Answer(status, response.headers, read_body(response, connection.max_response_mb * 1_000_000))
    except requests.exceptions.RequestException as error:
        raise no_answer_error(
            error, where, connection.studio, connection.connect_timeout, connection.timeout
        ) from error
    except OversizeError as error:
        raise oversize_error(where, status, connection.max_response_mb) from error
