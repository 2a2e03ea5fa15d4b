"""Sends requests to Studio: in parallel, as fast as it keeps up, with retries where they are safe.

A read is retried after any transient failure. A write is retried only if Studio certainly did nothing with it. Any
other failure of a write is raised: only the executor, which knows the plan, can find out what happened.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait as wait_for_all
from contextvars import copy_context
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from rolesync.errors import (
    RateLimitedError,
    ServerError,
    StudioError,
    UnauthorizedError,
)
from rolesync.studio.auth.tokens import TokenSource
from rolesync.studio.rate_control import LoadSignal, RateControl
from rolesync.studio.responses import Answer, error_for, http_date
from rolesync.studio.retry import Retries, Retry, retry_after_of
from rolesync.studio.throttle import Throttle
from rolesync.studio.transport import Call, Connection, Transport

Item = TypeVar("Item")
Result = TypeVar("Result")

_QUEUED_PER_CONNECTION = 4  # requests: enough to keep a connection busy, few enough to need little memory


class EndedError(Exception):
    """The client was ended while a request waited to start or to be retried."""


class Client:
    """Sends requests, as many in parallel as Studio keeps up with, and counts them.

    Args:
        connection: the address, limits and timeouts.
        tokens: the source of the Authorization header.
        sleep: waits that many seconds between attempts; None for a real wait, which `end` cuts short.
        clock: a monotonic clock in seconds.
        jitter: returns a random number between two numbers.
        wall_clock: the time of day, with its zone.
        counts: the requests by kind; may be shared with other senders.
        answered: called by any thread with the seconds that each answered request took.
        retrying: called by any thread before it waits for the next attempt of a request.
    """

    def __init__(  # noqa: PLR0913  # time and chance are passed in
        self,
        connection: Connection,
        tokens: TokenSource,
        *,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[float, float], float] = random.uniform,
        counts: Counter[str] | None = None,
        answered: Callable[[float], None] = lambda _seconds: None,
        retrying: Callable[[Retry], None] = lambda _retry: None,
    ) -> None:
        self.connection = connection
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._tokens = tokens
        self._ended = threading.Event()
        self._sleep = sleep or self._ended.wait
        self._clock = clock
        self._waited_until = 0.0
        self._answered = answered
        self._wall_clock = wall_clock
        self._dated: tuple[str, datetime] | None = None  # the Date of the latest answer, and when it came
        self._lock = threading.Lock()
        self._transport = Transport(connection)
        control = RateControl(connection.concurrency, connection.requests_per_second)
        self._throttle = Throttle(control, self._pause, clock)
        self._pool = ThreadPoolExecutor(connection.concurrency, thread_name_prefix="studio")
        self._abandoned: list[Future[Any]] = []
        self._retries = Retries(
            connection,
            pause=self._pause,
            clock=clock,
            jitter=jitter,
            limits=lambda: self._throttle.limits,
            retrying=retrying,
        )
        self._log = structlog.get_logger("rolesync.studio")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def end(self) -> None:
        """End all waits: requests under way finish, every other one raises an `EndedError`."""
        self._ended.set()

    def close(self) -> None:
        """Finish the requests under way, and close all connections."""
        self.end()
        self._pool.shutdown(cancel_futures=True)
        self._transport.close()

    def call(self, call: Call, read: Callable[[Answer], Result]) -> Result:
        """Send one request, retry it where that is safe, and return the result of `read`.

        Args:
            call: a GET is retried after any transient failure, a PUT only if Studio did nothing.
            read: converts a 200; raises UnreadableAnswerError if its content doesn't fit the reference.

        Raises:
            StudioError: one of its children for every other status, or for a missing or unreadable answer.
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

        return self._retries.run(call.method, attempt)

    def each(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Call `function` for all items, at most `concurrency` in parallel; yields the results in the items' order.

        After the first error no further call starts. `finish_abandoned` waits for those under way.
        """
        futures: deque[Future[Result]] = deque()
        try:
            for item in items:
                futures.append(self._pool.submit(copy_context().run, function, item))
                if len(futures) >= _QUEUED_PER_CONNECTION * self.connection.concurrency:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()
        finally:
            self._abandoned += [future for future in futures if not future.cancel()]

    def finish_abandoned(self) -> None:
        """Wait for requests under way whose result is no longer needed, so that `counts` is complete."""
        wait_for_all(self._abandoned)
        self._abandoned.clear()

    def pause(self, attempt: int, retry_after: float | None = None) -> None:
        """Wait before attempt `attempt` + 1: as long as Studio asked, else by exponential back-off with jitter."""
        self._pause(self._retries.backoff(attempt, retry_after))

    @property
    def clock_skew(self) -> float | None:
        """The seconds by which this machine's clock is ahead of Studio's; None if no answer has named a time."""
        if self._dated is None or (studio_time := http_date(self._dated[0])) is None:
            return None
        return (self._dated[1] - studio_time).total_seconds()

    def now(self) -> float:
        """Return the seconds of the clock; never before the end of a `wait`, even if it woke slightly early."""
        return max(self._clock(), self._waited_until)

    def wait(self, seconds: float) -> None:
        """Wait; `end` cuts it short."""
        until = self.now() + seconds
        self._pause(seconds)
        self._waited_until = max(self._waited_until, until)

    def _pause(self, seconds: float) -> None:
        if not self._ended.is_set():
            self._sleep(seconds)
        if self._ended.is_set():
            raise EndedError

    def _send(self, call: Call, header: str) -> Answer:
        """Send one request when the throttle allows it; raise the error that another status or no answer means."""
        request = self._transport.prepare(call, header)
        signal, retry_after = LoadSignal.UNCLEAR, None
        started = self._throttle.enter()
        try:
            with self._lock:
                self.counts[call.kind] += 1
            answer = self._transport.send(request, call.where)
            self._log.debug(f"{call.where} {answer.status}")
            if date := answer.headers.get("Date"):
                self._dated = date, self._wall_clock()
            if answer.status == HTTPStatus.OK:
                signal = LoadSignal.KEEPS_UP
                return answer
            error = error_for(answer, call.where)
            signal, retry_after = _load_signal(error), retry_after_of(error)
            raise error
        finally:
            seconds = self._throttle.leave(call.kind, started, signal, retry_after)
            if signal is LoadSignal.KEEPS_UP:
                self._answered(seconds)


def _load_signal(error: StudioError) -> LoadSignal:
    """Return what an error says about Studio's load; a refusal of one request (404, 422 …) shows that it keeps up."""
    if isinstance(error, RateLimitedError) or error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return LoadSignal.REFUSED
    return LoadSignal.UNCLEAR if isinstance(error, ServerError) else LoadSignal.KEEPS_UP
