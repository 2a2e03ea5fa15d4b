"""One HTTP conversation with Studio: sessions, time-outs, retries, rate, and what each status means.

A read that fails in passing is tried again here. A write is tried again only if Studio certainly did nothing with it;
any other failure of a write goes up, because only whoever knows the plan can find out what happened.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Literal, Self, TypeVar

import requests
import structlog
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception

from rolesync.errors import (
    RateLimitedError,
    ServerError,
    StudioError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
)
from rolesync.studio.answers import NeverSentError, error_for, no_answer
from rolesync.studio.tokens import NoTokenError, TokenSource

Item = TypeVar("Item")
Result = TypeVar("Result")
Method = Literal["GET", "PUT"]

RETRY_AFTER_CEILING = 60.0  # seconds; no published limit needs longer, and a wrong header must not stall a night
FIRST_BACKOFF = 0.25  # seconds
LONGEST_BACKOFF = 30.0
LOOKAHEAD = 4  # requests queued for each connection: enough to keep it busy, few enough to stay small


@dataclass(frozen=True, slots=True)
class Connection:
    """How to talk to one Studio. Times are in seconds."""

    studio: str  # scheme and host
    user_agent: str
    timeout: float = 30.0
    connect_timeout: float = 10.0
    attempts: int = 8
    retry_seconds: float = 120.0
    concurrency: int = 8
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


class Client:
    """Sends requests, over one `requests` session per thread, and counts them.

    Args:
        connection: where to and how.
        tokens: where the Authorization header comes from.
        sleep: waits that many seconds between attempts.
        clock: a monotonic clock in seconds.
        jitter: a random number between two.
        counts: where requests are counted by kind, shared with whoever else makes some.
    """

    def __init__(  # noqa: PLR0913  # time and chance are passed in
        self,
        connection: Connection,
        tokens: TokenSource,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
        counts: Counter[str] | None = None,
    ) -> None:
        self.connection = connection
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._tokens = tokens
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._next_start = 0.0
        self._pool = ThreadPoolExecutor(connection.concurrency, thread_name_prefix="studio")
        self._log = structlog.get_logger("rolesync.studio")
        self._retrying = {"GET": self._policy(_passing_for_reads), "PUT": self._policy(_nothing_done)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish the requests under way and close every connection."""
        self._pool.shutdown(cancel_futures=True)
        for session in self._sessions:
            session.close()

    def call(self, call: Call, read: Callable[[requests.Response], Result]) -> Result:
        """Send one request until it is answered, and return what `read` makes of the answer.

        Args:
            call: a GET is tried again after any passing failure, a PUT only if Studio did nothing.
            read: turns a 200 into a value; raises UnreadableAnswerError if it is not what the reference says.

        Raises:
            StudioError: one of its children for every status, or for no usable answer at all.
        """
        renewed = False

        def attempt() -> Result:
            nonlocal renewed
            header = self._tokens.header()
            try:
                return read(self._send(call, header))
            except UnauthorizedError:
                if renewed or not self._tokens.renew(header):
                    raise
                renewed = True
                return read(self._send(call, self._tokens.header()))

        return self._retrying[call.method](attempt)

    def each(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Call `function` for all items, `concurrency` at a time, and yield the results in the items' order.

        The first error ends it: what was not started never is.
        """
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(self._pool.submit(function, item))
                if len(waiting) >= LOOKAHEAD * self.connection.concurrency:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def pause(self, attempt: int, retry_after: float | None = None) -> None:
        """Wait before attempt `attempt` + 1: as long as Studio asked for, else longer each time, and not evenly."""
        self._sleep(self._wait(attempt, retry_after))

    def _send(self, call: Call, header: str) -> requests.Response:
        self._pace()
        with self._lock:
            self.counts[call.kind] += 1
        connection = self.connection
        timeouts = (connection.connect_timeout, connection.timeout)
        try:
            answer = self._session().request(
                call.method,
                connection.studio + call.path,
                params=call.params,
                json=call.body,
                headers={"Authorization": header},
                timeout=timeouts,
                allow_redirects=False,  # the token goes to the configured host only
            )
        except requests.exceptions.RequestException as error:
            raise no_answer(error, call.where, connection.studio, timeouts) from error
        if answer.status_code != HTTPStatus.OK:
            raise error_for(answer, call.where)
        return answer

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = open_session(self.connection)
            with self._lock:
                self._sessions.append(session)
        return session

    def _pace(self) -> None:
        """Wait for this request's turn under `requests_per_second`."""
        if self.connection.requests_per_second is None:
            return
        with self._lock:
            now = self._clock()
            start = max(now, self._next_start)
            self._next_start = start + 1 / self.connection.requests_per_second
        if start > now:
            self._sleep(start - now)

    def _wait(self, attempt: int, retry_after: float | None) -> float:
        """Tell how many seconds to wait after a failed attempt: what Studio asked for, else exponentially."""
        if retry_after is not None:
            return min(retry_after, RETRY_AFTER_CEILING)
        return self._jitter(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt))

    def _policy(self, may_retry: Callable[[BaseException], bool]) -> Retrying:
        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return self._wait(state.attempt_number, error.retry_after if isinstance(error, StudioError) else None)

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            self._log.info("retry", attempt=state.attempt_number, wait_s=round(state.upcoming_sleep, 3), why=str(error))

        def enough(state: RetryCallState) -> bool:
            late = self._clock() - state.start_time + state.upcoming_sleep >= self.connection.retry_seconds
            return late or state.attempt_number >= self.connection.attempts

        return Retrying(
            retry=retry_if_exception(lambda error: may_retry(error) and not isinstance(error, NoTokenError)),
            wait=wait,
            stop=enough,
            sleep=self._sleep,
            before_sleep=tell,
            reraise=True,
        )


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


def _passing_for_reads(error: BaseException) -> bool:
    return isinstance(error, RateLimitedError | ServerError | UnreachableError | UnreadableAnswerError)


def _nothing_done(error: BaseException) -> bool:
    return isinstance(error, RateLimitedError | NeverSentError)
