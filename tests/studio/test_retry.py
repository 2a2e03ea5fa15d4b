"""Which failed requests are retried, how often, and after how long. `test_client` does so over sockets."""

import time

import pytest

from rolesync.errors import NeverSentError, NotFoundError, RateLimitedError, ServerError, StudioError
from rolesync.studio.retry import FIRST_BACKOFF, LONGEST_BACKOFF, MAX_RETRY_AFTER, Retries, retry_after_of
from rolesync.studio.transport import Connection, Method


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def retries(clock: Clock, attempts: int = 4, retry_seconds: float = 1000.0) -> Retries:
    connection = Connection("http://127.0.0.1:1", "rolesync", attempts=attempts, retry_seconds=retry_seconds)
    return Retries(
        connection,
        pause=clock.pause,
        clock=lambda: clock.now,
        jitter=lambda _least, most: most,
        limits=lambda: (1, None),
    )


def failures(method: Method, error: StudioError, clock: Clock, **bounds: float) -> int:
    """Count the attempts at a request that always fails like this."""
    attempts = 0

    def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise error

    with pytest.raises(type(error)):
        retries(clock, **bounds).run(method, attempt)  # type: ignore[arg-type]  # attempts is a whole number
    return attempts


@pytest.mark.parametrize(
    ("error", "reads", "writes"),
    [
        (RateLimitedError("slow down", status=429), 4, 4),
        (NeverSentError("no connection"), 4, 4),
        (ServerError("failed", status=502), 4, 1),
        (NotFoundError("nobody", status=404), 1, 1),
    ],
)
def test_a_write_is_retried_only_if_studio_did_nothing(error: StudioError, reads: int, writes: int) -> None:
    assert (failures("GET", error, Clock()), failures("PUT", error, Clock())) == (reads, writes)


def test_the_back_off_doubles_up_to_a_limit_and_obeys_studio_up_to_another() -> None:
    policy = retries(Clock())
    assert [policy.backoff(attempt, None) for attempt in (1, 2, 3)] == [2 * FIRST_BACKOFF, 4 * FIRST_BACKOFF, 2.0]
    assert policy.backoff(50, None) == LONGEST_BACKOFF
    assert (policy.backoff(50, 7.0), policy.backoff(1, 86400.0)) == (7.0, MAX_RETRY_AFTER)


def test_no_retry_begins_after_the_time_is_up() -> None:
    clock = Clock()
    assert failures("GET", RateLimitedError("slow down", status=429, retry_after=50.0), clock, retry_seconds=99) == 2
    assert clock.pauses == [50.0]


def test_only_studio_asks_to_wait() -> None:
    assert retry_after_of(RateLimitedError("slow down", status=429, retry_after=86400.0)) == MAX_RETRY_AFTER
    assert retry_after_of(ServerError("failed", status=502)) is None
    assert retry_after_of(ValueError()) is None
