"""Decides which failed requests are retried, how often, and after how long: a read and a write differ.

A read is retried after any transient failure, a write only if Studio certainly did nothing with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception

from rolesync.errors import StudioError
from rolesync.model.request_effect import is_repeatable, is_transient
from rolesync.studio.transport import Connection, Method

Result = TypeVar("Result")

MAX_RETRY_AFTER = 60.0  # seconds; no published limit needs longer, and a wrong header must not stall a night
FIRST_BACKOFF = 0.25  # seconds
LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed attempt of a request that is tried again.

    Attributes:
        error: why the attempt failed.
        attempt: the number of the next attempt, from 2.
        attempts: how many there are at most.
        wait: seconds until the next attempt.
        elapsed: seconds since the first attempt.
    """

    error: BaseException | None
    attempt: int
    attempts: int
    wait: float
    elapsed: float


class Retries:
    """Retries requests within the bounds of a connection.

    Args:
        connection: how often a request is tried, and for how long.
        pause: waits that many seconds.
        clock: in seconds, from the same zero as `time.monotonic`.
        jitter: returns a random number between its two arguments.
        limits: returns the current limits, for the log: requests in parallel, and requests per second.
        retrying: called before each wait for the next attempt.
    """

    def __init__(  # noqa: PLR0913  # time and chance are passed in
        self,
        connection: Connection,
        *,
        pause: Callable[[float], None],
        clock: Callable[[], float],
        jitter: Callable[[float, float], float],
        limits: Callable[[], tuple[int, float | None]],
        retrying: Callable[[Retry], None] = lambda _retry: None,
    ) -> None:
        self._connection = connection
        self._pause = pause
        self._clock = clock
        self._jitter = jitter
        self._limits = limits
        self._retrying = retrying
        self._log = structlog.get_logger("rolesync.studio")
        self._policies = {"GET": self._policy(is_transient), "PUT": self._policy(is_repeatable)}

    def run(self, method: Method, attempt: Callable[[], Result]) -> Result:
        """Call `attempt` until it returns, or fails in a way that is not retried; raises its last error."""
        return self._policies[method](attempt)

    def backoff(self, attempt: int, retry_after: float | None) -> float:
        """Return the seconds to wait after a failed attempt: as Studio asked, else exponential with jitter."""
        if retry_after is not None:
            return min(retry_after, MAX_RETRY_AFTER)
        return self._jitter(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt))

    def _policy(self, may_retry: Callable[[BaseException], bool]) -> Retrying:
        return Retrying(
            retry=retry_if_exception(may_retry),
            wait=lambda state: self.backoff(state.attempt_number, retry_after_of(_error(state))),
            stop=self._is_last,
            sleep=self._pause,
            before_sleep=self._report,
            reraise=True,
        )

    def _is_last(self, state: RetryCallState) -> bool:
        is_late = self._clock() - state.start_time + state.upcoming_sleep >= self._connection.retry_seconds
        return is_late or state.attempt_number >= self._connection.attempts

    def _report(self, state: RetryCallState) -> None:
        parallel, per_second = self._limits()
        self._log.info(
            "retry",
            attempt=state.attempt_number,
            wait_s=round(state.upcoming_sleep, 3),
            why=str(_error(state)),
            at_once=parallel,
            per_second=per_second,
        )
        attempt, attempts = state.attempt_number + 1, self._connection.attempts
        elapsed = self._clock() - state.start_time
        self._retrying(Retry(_error(state), attempt, attempts, state.upcoming_sleep, elapsed))


def retry_after_of(error: BaseException | None) -> float | None:
    """Return how many seconds Studio asked to wait, at most `MAX_RETRY_AFTER`; None if it didn't ask."""
    if not isinstance(error, StudioError) or error.retry_after is None:
        return None
    return min(error.retry_after, MAX_RETRY_AFTER)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
