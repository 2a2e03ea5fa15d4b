"""One conversation with Studio: several requests at once, each tried again where that is safe, as fast as it keeps up.

A read that fails in passing is tried again here. A write is tried again only if Studio certainly did nothing with it;
any other failure of a write goes up, because only whoever knows the plan can find out what happened.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait as wait_for_all
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception

from rolesync.errors import (
    RateLimitedError,
    ServerError,
    StudioError,
    UnauthorizedError,
)
from rolesync.model.request_effect import is_repeatable, is_transient
from rolesync.studio.auth.tokens import TokenSource
from rolesync.studio.rate_control import LoadSignal, RateControl
from rolesync.studio.responses import error_for
from rolesync.studio.throttle import Throttle
from rolesync.studio.transport import Call, Connection, Transport

Item = TypeVar("Item")
Result = TypeVar("Result")

RETRY_AFTER_CEILING = 60.0  # seconds; no published limit needs longer, and a wrong header must not stall a night
FIRST_BACKOFF = 0.25  # seconds
LONGEST_BACKOFF = 30.0
LOOKAHEAD = 4  # requests queued for each connection: enough to keep it busy, few enough to stay small


class EndedError(Exception):
    """The conversation was ended while a request waited for its turn or for another attempt."""


class Client:
    """Sends requests, as many at once as Studio keeps up with, and counts them.

    Args:
        connection: where to and how.
        tokens: where the Authorization header comes from.
        sleep: waits that many seconds between attempts; None for really waiting, which `end` cuts short.
        clock: a monotonic clock in seconds.
        jitter: a random number between two.
        counts: where requests are counted by kind, shared with whoever else makes some.
        answered: told how many seconds each request took that Studio has answered, by any thread.
    """

    def __init__(  # noqa: PLR0913  # time and chance are passed in
        self,
        connection: Connection,
        tokens: TokenSource,
        *,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
        counts: Counter[str] | None = None,
        answered: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.connection = connection
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._tokens = tokens
        self._ended = threading.Event()
        self._sleep = sleep or self._ended.wait
        self._clock = clock
        self._jitter = jitter
        self._answered = answered
        self._lock = threading.Lock()
        self._wire = Transport(connection)
        governor = RateControl(connection.concurrency, connection.requests_per_second)
        self._turnstile = Throttle(governor, self._rest, clock)
        self._pool = ThreadPoolExecutor(connection.concurrency, thread_name_prefix="studio")
        self._abandoned: list[Future[Any]] = []
        self._log = structlog.get_logger("rolesync.studio")
        self._retrying = {"GET": self._policy(is_transient), "PUT": self._policy(is_repeatable)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def end(self) -> None:
        """Let nobody wait any more: requests under way end, whoever would have to wait gets an `EndedError`."""
        self._ended.set()

    def close(self) -> None:
        """Finish the requests under way and close every connection."""
        self.end()
        self._pool.shutdown(cancel_futures=True)
        self._wire.close()

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
        """Call `function` for all items, at most `concurrency` at a time, and yield the results in the items' order.

        The first error ends it: what was not started never is. `finish_abandoned` waits for what was.
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
            self._abandoned += [future for future in waiting if not future.cancel()]

    def finish_abandoned(self) -> None:
        """Wait for the requests under way that no result is wanted of any more, so that `counts` holds all."""
        wait_for_all(self._abandoned)
        self._abandoned.clear()

    def pause(self, attempt: int, retry_after: float | None = None) -> None:
        """Wait before attempt `attempt` + 1: as long as Studio asked for, else longer each time, and not evenly."""
        self._rest(self._wait(attempt, _bounded(retry_after)))

    def _rest(self, seconds: float) -> None:
        if not self._ended.is_set():
            self._sleep(seconds)
        if self._ended.is_set():
            raise EndedError

    def _send(self, call: Call, header: str) -> requests.Response:
        """Send one request at its turn, and raise what its answer or the lack of one means."""
        request = self._wire.prepare(call, header)
        verdict, retry_after = LoadSignal.UNCLEAR, None
        started = self._turnstile.enter()
        try:
            with self._lock:
                self.counts[call.kind] += 1
            answer = self._wire.send(request, call.where)
            if answer.status_code == HTTPStatus.OK:
                verdict = LoadSignal.KEEPS_UP
                return answer
            error = error_for(answer, call.where)
            verdict, retry_after = _verdict(error), _asked(error)
            raise error
        finally:
            seconds = self._turnstile.leave(call.kind, started, verdict, retry_after)
            if verdict is LoadSignal.KEEPS_UP:
                self._answered(seconds)

    def _wait(self, attempt: int, retry_after: float | None) -> float:
        """Tell how many seconds to wait after a failed attempt: what Studio asked for, else exponentially."""
        if retry_after is not None:
            return retry_after
        return self._jitter(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt))

    def _policy(self, may_retry: Callable[[BaseException], bool]) -> Retrying:
        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return self._wait(state.attempt_number, _asked(error))

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            at_once, per_second = self._turnstile.pace
            self._log.info(
                "retry",
                attempt=state.attempt_number,
                wait_s=round(state.upcoming_sleep, 3),
                why=str(error),
                at_once=at_once,
                per_second=per_second,
            )

        def enough(state: RetryCallState) -> bool:
            late = self._clock() - state.start_time + state.upcoming_sleep >= self.connection.retry_seconds
            return late or state.attempt_number >= self.connection.attempts

        return Retrying(
            retry=retry_if_exception(may_retry),
            wait=wait,
            stop=enough,
            sleep=self._rest,
            before_sleep=tell,
            reraise=True,
        )


def _verdict(error: StudioError) -> LoadSignal:
    """Tell what a refusal says about Studio's load: those of a single request (404, 422 …) say that it keeps up."""
    if isinstance(error, RateLimitedError) or error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return LoadSignal.REFUSED
    return LoadSignal.UNCLEAR if isinstance(error, ServerError) else LoadSignal.KEEPS_UP


def _asked(error: BaseException | None) -> float | None:
    """Tell for how many seconds Studio asked to wait, if it did."""
    return _bounded(error.retry_after) if isinstance(error, StudioError) else None


def _bounded(retry_after: float | None) -> float | None:
    return None if retry_after is None else min(retry_after, RETRY_AFTER_CEILING)
