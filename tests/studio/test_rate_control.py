"""How fast to ask: what the governor makes of answers, one by one and against whole servers in a simulated time."""

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from rolesync.studio.rate_control import FIRST_HOLD, LONGEST_HOLD, LoadSignal, RateControl

GOOD, REFUSED, UNCLEAR = LoadSignal.KEEPS_UP, LoadSignal.REFUSED, LoadSignal.UNCLEAR


class Talk:
    """A governor and a clock; requests of one kind."""

    def __init__(self, most: int = 16, most_per_second: float | None = None) -> None:
        self.governor = RateControl(most, most_per_second)
        self.now = 100.0

    def start(self, number: int) -> list[float]:
        started = []
        for _ in range(number):
            assert self.governor.has_room
            self.now = self.governor.turn(self.now + 1e-6)
            self.governor.start(self.now)
            started.append(self.now)
        return started

    def end(
        self, started: float, verdict: LoadSignal = GOOD, after: float = 0.05, retry_after: float | None = None
    ) -> None:
        self.now = max(self.now, started + after)
        self.governor.end("search", started, self.now, verdict, retry_after)

    def round(self, verdict: LoadSignal = GOOD, after: float = 0.05) -> None:
        """Start as many as may be under way, then end them."""
        for started in self.start(max(1, int(self.governor.limit))):
            self.end(started, verdict, after)


# One answer at a time


def test_it_starts_at_the_most_and_never_passes_it() -> None:
    talk = Talk(4)
    for _ in range(20):
        talk.start(4)
        assert not talk.governor.has_room
        for _ in range(4):
            talk.end(talk.now)
    assert talk.governor.limit == 4


def test_a_ceiling_of_the_rate_is_kept() -> None:
    talk = Talk(4, most_per_second=2.0)
    begun = talk.now
    for _ in range(9):
        (started,) = talk.start(1)
        talk.end(started)
    assert talk.start(1)[0] - begun == pytest.approx(4.5)


def test_a_refusal_halves_and_all_that_left_before_it_halve_only_once() -> None:
    talk = Talk(16)
    talk.round()
    started = talk.start(16)
    talk.end(started[0], REFUSED)
    assert talk.governor.limit == 8
    for one in started[1:]:
        talk.end(one, REFUSED)
    assert talk.governor.limit == 8


def test_it_grows_by_one_a_round_trip() -> None:
    talk = Talk(16)
    talk.round()
    talk.end(talk.start(1)[0], REFUSED)
    limits = []
    for _ in range(12):
        talk.round()
        limits.append(talk.governor.limit)
    assert limits[:3] == pytest.approx([9, 10, 11], abs=0.4)
    assert limits[-1] == 16


def test_it_does_not_grow_where_the_limit_is_not_reached() -> None:
    talk = Talk(16)
    talk.end(talk.start(1)[0], REFUSED)
    for _ in range(100):
        talk.end(talk.start(1)[0])
    assert talk.governor.limit == 8


def test_one_request_may_always_be_under_way() -> None:
    talk = Talk(1)
    for _ in range(5):
        talk.end(talk.start(1)[0], REFUSED)
    assert talk.governor.has_room


def test_what_fails_otherwise_changes_nothing() -> None:
    talk = Talk(16)
    for _ in range(50):
        talk.round(UNCLEAR, after=30)
    assert (talk.governor.limit, talk.governor.rate, talk.governor.turn(talk.now)) == (16, math.inf, talk.now)


def test_everybody_waits_as_long_as_studio_asks() -> None:
    talk = Talk(16)
    first, second, third = talk.start(3)
    talk.end(first, REFUSED, retry_after=7)
    until = talk.now + 7
    talk.end(second, REFUSED, retry_after=2)
    talk.end(third)
    assert talk.governor.turn(talk.now) == until


def test_while_everything_is_refused_all_wait_longer_and_longer() -> None:
    talk = Talk(16)
    holds = []
    for _ in range(10):
        (started,) = talk.start(1)
        talk.end(started, REFUSED)
        holds.append(talk.governor.turn(talk.now) - talk.now)
    assert holds == pytest.approx([0, *(min(LONGEST_HOLD, FIRST_HOLD * 2**at) for at in range(1, 10))])


def test_an_outage_teaches_no_rate() -> None:
    talk = Talk(16)
    for _ in range(30):
        talk.round(REFUSED)
    assert talk.governor.rate == math.inf


# Slowness


def test_when_answers_take_clearly_longer_there_are_half_as_many() -> None:
    talk = Talk(16)
    for _ in range(3):
        talk.round(after=0.05)
    limits = []
    for _ in range(3):
        for started in talk.start(16 if talk.governor.limit == 16 else 8):
            talk.end(started, after=0.3)
            limits.append(talk.governor.limit)
    assert limits[:16] == [16] * 16  # not at once
    assert min(limits) == 8
    talk.round(after=0.15)  # asking for less has helped
    assert 8 < talk.governor.limit < 10


def test_a_server_that_has_become_slower_by_itself_is_asked_as_before() -> None:
    talk = Talk(16)
    for _ in range(3):
        talk.round(after=0.05)
    for _ in range(30):
        talk.round(after=0.5)
    assert talk.governor.limit == 16


def test_a_little_slower_is_not_slow() -> None:
    talk = Talk(16)
    talk.round(after=0.001)
    for _ in range(10):
        talk.round(after=0.1)
    assert talk.governor.limit == 16


def test_whoever_is_alone_does_not_slow_anybody_down() -> None:
    talk = Talk(16)
    talk.round(after=0.05)
    for _ in range(40):
        talk.end(talk.start(1)[0], after=5)
    assert talk.governor.limit == 16


# Whole servers, in simulated time


class Bucket:
    """Takes so many a second, and at most so many at once after a rest."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self.size, self.tokens, self.at = rate, size, size, 0.0

    def __call__(self, now: float) -> bool:
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken


class Window:
    """Takes so many in each so many seconds by the clock."""

    def __init__(self, number: int, seconds: float) -> None:
        self.number, self.seconds, self.window, self.seen = number, seconds, -1, 0

    def __call__(self, now: float) -> bool:
        if int(now / self.seconds) != self.window:
            self.window, self.seen = int(now / self.seconds), 0
        self.seen += 1
        return self.seen <= self.number


@dataclass
class Seen:
    """What became of a fetch."""

    refused: int = 0
    most: int = 0
    done: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second over the second half."""
        half = len(self.done) // 2
        return (len(self.done) - 1 - half) / (self.done[-1] - self.done[half])

    @property
    def share(self) -> float:
        return self.refused / (self.refused + len(self.done))


def fetch(
    takes: Callable[[float], bool],
    pages: int,
    *,
    seconds: Callable[[int], float] = lambda _: 0.05,
    retry_after: float | None = None,
    most: int = 16,
) -> Seen:
    """Fetch so many pages, each tried again after a random time, as threads of the client do."""
    governor, seen, chance, numbers = RateControl(most), Seen(), random.Random(1), count()
    events: list[tuple[float, int, str, float, bool]] = []  # when, which, what, since when, whether taken
    waiting, left, now = 0, pages, 0.0

    def at(when: float, what: str, started: float = 0.0, *, taken: bool = False) -> None:
        heapq.heappush(events, (when, next(numbers), what, started, taken))

    def depart() -> Iterator[None]:
        nonlocal waiting
        while waiting and governor.has_room:
            turn = governor.turn(now)
            if turn > now:
                at(turn, "turn")
                return
            governor.start(now)
            waiting -= 1
            seen.most = max(seen.most, governor.under_way)
            taken = takes(now)
            at(now + (seconds(governor.under_way) if taken else 0.004), "answer", now, taken=taken)
            yield

    for _ in range(min(most, pages)):
        waiting, left = waiting + 1, left - 1
    while len(seen.done) < pages:
        list(depart())
        now, _, what, started, taken = heapq.heappop(events)
        if what == "retry":
            waiting += 1
        if what == "answer" and taken:
            governor.end("search", started, now, GOOD)
            seen.done.append(now)
            waiting, left = waiting + (left > 0), left - (left > 0)
        if what == "answer" and not taken:
            governor.end("search", started, now, REFUSED, retry_after)
            seen.refused += 1
            at(now + (chance.uniform(0, 0.5) if retry_after is None else retry_after), "retry")
    assert seen.most <= most
    return seen


def test_a_healthy_server_is_asked_at_full_speed() -> None:
    seen = fetch(lambda _: True, 1_600)
    assert seen.done[-1] == pytest.approx(1_600 * 0.05 / 16)


@pytest.mark.parametrize("seconds", [0.005, 0.05, 0.5])
@pytest.mark.parametrize("retry_after", [None, 0, 1])
def test_a_server_that_takes_twenty_a_second(seconds: float, retry_after: float | None) -> None:
    seen = fetch(Bucket(20, 20), 400, seconds=lambda _: seconds, retry_after=retry_after)
    assert 17 <= seen.rate <= 23  # what was saved up comes on top
    assert seen.share <= 0.1


@pytest.mark.parametrize(
    ("takes", "rate", "share"),
    [
        (Bucket(20, 5), 20, 0.1),
        (Bucket(20, 1), 16, 0.1),  # one that forgives nothing is approached from below
        (Bucket(200, 20), 200, 0.05),
        (Bucket(2, 10), 2, 0.4),  # few answers teach little
        (Window(20, 1), 18, 0.1),
        (Window(200, 10), 20, 0.1),
    ],
    ids=["twenty, small", "twenty, one", "two hundred", "two", "window of a second", "window of ten"],
)
def test_other_ways_to_limit(takes: Callable[[float], bool], rate: float, share: float) -> None:
    seen = fetch(takes, 100 if rate == 2 else 1_000, seconds=lambda _: 0.005)
    assert 0.7 * rate <= seen.rate <= 1.5 * rate
    assert seen.share <= share


@pytest.mark.parametrize(("chance", "least"), [(0.01, 100), (0.02, 50), (0.05, 10), (0.1, 5)])
def test_refusals_by_chance_slow_down_but_never_to_a_standstill(chance: float, least: float) -> None:
    dice = random.Random(1)
    assert fetch(lambda _: dice.random() >= chance, 2_000).rate >= least


def test_a_server_that_queues_is_kept_busy_but_not_buried() -> None:
    seen = fetch(lambda _: True, 1_000, seconds=lambda under_way: max(0.05, under_way / 80))
    assert seen.rate == pytest.approx(80, rel=0.05)
