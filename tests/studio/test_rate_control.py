"""The rate control: what it learns from single answers, and from whole servers in simulated time."""

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from rolesync.studio.rate_control import FIRST_BACKOFF, LONGEST_BACKOFF, LoadSignal, RateControl

GOOD, REFUSED, UNCLEAR = LoadSignal.KEEPS_UP, LoadSignal.REFUSED, LoadSignal.UNCLEAR


class Conversation:
    """A rate control and a clock; requests of one kind."""

    def __init__(self, max_parallel: int = 16, max_per_second: float | None = None) -> None:
        self.control = RateControl(max_parallel, max_per_second)
        self.now = 100.0

    def start(self, number: int) -> list[float]:
        started = []
        for _ in range(number):
            assert self.control.has_room
            self.now = self.control.next_start(self.now + 1e-6)
            self.control.start(self.now)
            started.append(self.now)
        return started

    def end(
        self, started: float, signal: LoadSignal = GOOD, after: float = 0.05, retry_after: float | None = None
    ) -> None:
        self.now = max(self.now, started + after)
        self.control.end("search", started, self.now, signal, retry_after)

    def round(self, signal: LoadSignal = GOOD, after: float = 0.05) -> None:
        """Start as many requests as may be under way, then end them."""
        for started in self.start(max(1, int(self.control.limit))):
            self.end(started, signal, after)


# Single answers


def test_the_limit_starts_at_the_maximum_and_never_exceeds_it() -> None:
    conversation = Conversation(4)
    for _ in range(20):
        conversation.start(4)
        assert not conversation.control.has_room
        for _ in range(4):
            conversation.end(conversation.now)
    assert conversation.control.limit == 4


def test_the_maximum_rate_is_kept() -> None:
    conversation = Conversation(4, max_per_second=2.0)
    first_start = conversation.now
    for _ in range(9):
        (started,) = conversation.start(1)
        conversation.end(started)
    assert conversation.start(1)[0] - first_start == pytest.approx(4.5)


def test_a_refusal_halves_the_limit_once_for_all_requests_already_under_way() -> None:
    conversation = Conversation(16)
    conversation.round()
    started = conversation.start(16)
    conversation.end(started[0], REFUSED)
    assert conversation.control.limit == 8
    for start in started[1:]:
        conversation.end(start, REFUSED)
    assert conversation.control.limit == 8


def test_the_limit_grows_by_one_each_round_trip() -> None:
    conversation = Conversation(16)
    conversation.round()
    conversation.end(conversation.start(1)[0], REFUSED)
    limits = []
    for _ in range(12):
        conversation.round()
        limits.append(conversation.control.limit)
    assert limits[:3] == pytest.approx([9, 10, 11], abs=0.4)
    assert limits[-1] == 16


def test_a_limit_that_is_not_reached_does_not_grow() -> None:
    conversation = Conversation(16)
    conversation.end(conversation.start(1)[0], REFUSED)
    for _ in range(100):
        conversation.end(conversation.start(1)[0])
    assert conversation.control.limit == 8


def test_one_request_may_always_be_under_way() -> None:
    conversation = Conversation(1)
    for _ in range(5):
        conversation.end(conversation.start(1)[0], REFUSED)
    assert conversation.control.has_room


def test_failures_that_say_nothing_about_load_change_nothing() -> None:
    conversation = Conversation(16)
    for _ in range(50):
        conversation.round(UNCLEAR, after=30)
    assert (
        conversation.control.limit,
        conversation.control.rate,
        conversation.control.next_start(conversation.now),
    ) == (16, math.inf, conversation.now)


def test_all_requests_wait_as_long_as_studio_asks() -> None:
    conversation = Conversation(16)
    first, second, third = conversation.start(3)
    conversation.end(first, REFUSED, retry_after=7)
    until = conversation.now + 7
    conversation.end(second, REFUSED, retry_after=2)
    conversation.end(third)
    assert conversation.control.next_start(conversation.now) == until


def test_the_back_off_doubles_while_every_request_is_refused() -> None:
    conversation = Conversation(16)
    waits = []
    for _ in range(10):
        (started,) = conversation.start(1)
        conversation.end(started, REFUSED)
        waits.append(conversation.control.next_start(conversation.now) - conversation.now)
    assert waits == pytest.approx([0, *(min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**power) for power in range(1, 10))])


def test_an_outage_does_not_set_a_rate() -> None:
    conversation = Conversation(16)
    for _ in range(30):
        conversation.round(REFUSED)
    assert conversation.control.rate == math.inf


# Slowness


def test_clearly_slower_answers_halve_the_limit() -> None:
    conversation = Conversation(16)
    for _ in range(3):
        conversation.round(after=0.05)
    limits = []
    for _ in range(3):
        for started in conversation.start(16 if conversation.control.limit == 16 else 8):
            conversation.end(started, after=0.3)
            limits.append(conversation.control.limit)
    assert limits[:16] == [16] * 16  # not immediately
    assert min(limits) == 8
    conversation.round(after=0.15)  # fewer requests have helped
    assert 8 < conversation.control.limit < 10


def test_a_server_that_slowed_down_by_itself_keeps_its_limit() -> None:
    conversation = Conversation(16)
    for _ in range(3):
        conversation.round(after=0.05)
    for _ in range(30):
        conversation.round(after=0.5)
    assert conversation.control.limit == 16


def test_slightly_slower_answers_change_nothing() -> None:
    conversation = Conversation(16)
    conversation.round(after=0.001)
    for _ in range(10):
        conversation.round(after=0.1)
    assert conversation.control.limit == 16


def test_a_single_request_cannot_be_the_cause_of_slowness() -> None:
    conversation = Conversation(16)
    conversation.round(after=0.05)
    for _ in range(40):
        conversation.end(conversation.start(1)[0], after=5)
    assert conversation.control.limit == 16


# Whole servers, in simulated time


class Bucket:
    """A token bucket: accepts `rate` requests per second, and up to `size` at once after a pause."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self.size, self.tokens, self.at = rate, size, size, 0.0

    def __call__(self, now: float) -> bool:
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        accepted = self.tokens >= 1
        self.tokens -= accepted
        return accepted


class Window:
    """A fixed window: accepts `number` requests in each window of `seconds`."""

    def __init__(self, number: int, seconds: float) -> None:
        self.number, self.seconds, self.window, self.seen = number, seconds, -1, 0

    def __call__(self, now: float) -> bool:
        if int(now / self.seconds) != self.window:
            self.window, self.seen = int(now / self.seconds), 0
        self.seen += 1
        return self.seen <= self.number


@dataclass
class Statistics:
    """The answers and refusals of a fetch."""

    refused: int = 0
    max_parallel: int = 0
    done: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second over the second half."""
        half = len(self.done) // 2
        return (len(self.done) - 1 - half) / (self.done[-1] - self.done[half])

    @property
    def share(self) -> float:
        return self.refused / (self.refused + len(self.done))


def fetch(
    accepts: Callable[[float], bool],
    pages: int,
    *,
    seconds: Callable[[int], float] = lambda _: 0.05,
    retry_after: float | None = None,
    max_parallel: int = 16,
) -> Statistics:
    """Fetch pages, each retried after a random time, as the threads of the client do."""
    control, statistics, chance, numbers = RateControl(max_parallel), Statistics(), random.Random(1), count()
    events: list[tuple[float, int, str, float, bool]] = []  # time, number, kind, start, whether accepted
    waiting, left, now = 0, pages, 0.0

    def schedule(time: float, kind: str, started: float = 0.0, *, accepted: bool = False) -> None:
        heapq.heappush(events, (time, next(numbers), kind, started, accepted))

    def start_waiting() -> Iterator[None]:
        nonlocal waiting
        while waiting and control.has_room:
            start_at = control.next_start(now)
            if start_at > now:
                schedule(start_at, "start")
                return
            control.start(now)
            waiting -= 1
            statistics.max_parallel = max(statistics.max_parallel, control.under_way)
            accepted = accepts(now)
            schedule(now + (seconds(control.under_way) if accepted else 0.004), "answer", now, accepted=accepted)
            yield

    for _ in range(min(max_parallel, pages)):
        waiting, left = waiting + 1, left - 1
    while len(statistics.done) < pages:
        list(start_waiting())
        now, _, kind, started, accepted = heapq.heappop(events)
        if kind == "retry":
            waiting += 1
        if kind == "answer" and accepted:
            control.end("search", started, now, GOOD)
            statistics.done.append(now)
            waiting, left = waiting + (left > 0), left - (left > 0)
        if kind == "answer" and not accepted:
            control.end("search", started, now, REFUSED, retry_after)
            statistics.refused += 1
            schedule(now + (chance.uniform(0, 0.5) if retry_after is None else retry_after), "retry")
    assert statistics.max_parallel <= max_parallel
    return statistics


def test_a_healthy_server_is_read_at_full_speed() -> None:
    statistics = fetch(lambda _: True, 1_600)
    assert statistics.done[-1] == pytest.approx(1_600 * 0.05 / 16)


@pytest.mark.parametrize("seconds", [0.005, 0.05, 0.5])
@pytest.mark.parametrize("retry_after", [None, 0, 1])
def test_a_limit_of_twenty_requests_per_second_is_learnt(seconds: float, retry_after: float | None) -> None:
    statistics = fetch(Bucket(20, 20), 400, seconds=lambda _: seconds, retry_after=retry_after)
    assert 17 <= statistics.rate <= 23  # the saved tokens of the bucket come on top
    assert statistics.share <= 0.1


@pytest.mark.parametrize(
    ("accepts", "rate", "share"),
    [
        (Bucket(20, 5), 20, 0.1),
        (Bucket(20, 1), 16, 0.1),  # a server without a burst is approached from below
        (Bucket(200, 20), 200, 0.05),
        (Bucket(2, 10), 2, 0.4),  # few answers prove little
        (Window(20, 1), 18, 0.1),
        (Window(200, 10), 20, 0.1),
    ],
    ids=["twenty, small", "twenty, one", "two hundred", "two", "window of a second", "window of ten"],
)
def test_other_kinds_of_rate_limits_are_learnt(accepts: Callable[[float], bool], rate: float, share: float) -> None:
    statistics = fetch(accepts, 100 if rate == 2 else 1_000, seconds=lambda _: 0.005)
    assert 0.7 * rate <= statistics.rate <= 1.5 * rate
    assert statistics.share <= share


@pytest.mark.parametrize(("chance", "min_rate"), [(0.01, 100), (0.02, 50), (0.05, 10), (0.1, 5)])
def test_random_refusals_never_stop_the_read(chance: float, min_rate: float) -> None:
    dice = random.Random(1)
    assert fetch(lambda _: dice.random() >= chance, 2_000).rate >= min_rate


def test_a_server_that_queues_is_kept_busy_but_not_overloaded() -> None:
    statistics = fetch(lambda _: True, 1_000, seconds=lambda under_way: max(0.05, under_way / 80))
    assert statistics.rate == pytest.approx(80, rel=0.05)
