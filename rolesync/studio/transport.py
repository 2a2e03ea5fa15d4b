"""One request and its answer: what is sent, over which connection, and nothing tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from rolesync.errors import UsageError
from rolesync.studio.responses import no_answer

Method = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to talk to one Studio. Times are in seconds."""

    studio: str  # scheme and host
    user_agent: str
    timeout: float = 30.0
    connect_timeout: float = 10.0
    attempts: int = 8
    retry_seconds: float = 120.0
    concurrency: int = 16
    requests_per_second: float | None = None
    proxy: str = ""
    ca_bundle: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it counts as, the verb, the path from the host on, the query and the JSON body."""

    kind: str
    method: Method
    path: str
    params: Mapping[str, str | int] | None = None
    body: object = None

    @property
    def where(self) -> str:
        """The request as messages name it."""
        return f"{self.method} {self.path}"


class Transport:
    """Sends single requests, over as many sessions as there ever are requests under way at once.

    `requests` spends as long on preparing a request as on sending it. Those to one Studio differ in few things, which
    are put into copies of one that was prepared.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, connection: Connection) -> None:
        self.sessions: list[requests.Session] = []
        self._connection = connection
        self._free: list[requests.Session] = []  # the last one used on top, whose connection is the least likely idle
        self._timeouts = (connection.connect_timeout, connection.timeout)
        with open_session(connection) as session:
            try:
                self._prepared = session.prepare_request(requests.Request("GET", connection.studio))
            except requests.exceptions.RequestException as error:
                raise UsageError(f"{connection.studio} is no address", hint="correct ROLESYNC_BASE_URL") from error
        self._root = (self._prepared.url or "").removesuffix("/")

    def close(self) -> None:
        """Close every connection."""
        for session in self.sessions:
            session.close()

    def prepare(self, call: Call, header: str) -> requests.PreparedRequest:
        """Make a call ready to be sent with this Authorization header."""
        request = self._prepared.copy()
        request.method = call.method
        request.url = self._root + call.path + (f"?{urlencode(call.params)}" if call.params else "")
        request.headers["Authorization"] = header
        if call.body is not None:
            request.prepare_body(None, None, json=call.body)
        return request

    def send(self, request: requests.PreparedRequest, where: str) -> requests.Response:
        """Send a request once, and return its whole answer.

        Raises:
            StudioError: no whole answer came.
        """
        session = self._take()
        if session.cookies:  # a load balancer's, say
            request.prepare_cookies(session.cookies)
        try:
            return session.send(
                request,
                timeout=self._timeouts,
                allow_redirects=False,  # the token goes to the configured host only
                verify=session.verify,
                proxies=session.proxies,
                stream=False,
            )
        except requests.exceptions.RequestException as error:
            raise no_answer(error, where, self._connection.studio, self._timeouts) from error
        finally:
            self._free.append(session)

    def _take(self) -> requests.Session:
        try:
            return self._free.pop()
        except IndexError:
            session = open_session(self._connection)
            self.sessions.append(session)
            return session


def open_session(connection: Connection) -> requests.Session:
    """Make a session that has everything but the secrets."""
    session = requests.Session()
    session.trust_env = False  # proxies are decided once, and no .netrc may replace the token
    session.headers.update({"User-Agent": connection.user_agent, "Accept": "application/json"})
    session.verify = connection.ca_bundle or True
    if connection.proxy:
        session.proxies = {"http": connection.proxy, "https": connection.proxy}
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
