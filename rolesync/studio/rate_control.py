"""How many requests may be under way, and how many may start in a second, learnt from how Studio answers.

Both follow AIMD, as TCP does: a little more while Studio keeps up, much less when it refuses (429, 503, the 403 that
means the same) or when its answers take clearly longer than the best seen. Requests under way alone would not do: a
server that answers in 5 ms and takes 20 requests a second refuses most of even one connection's, so that what it takes
in a second is learnt from its refusals. Nothing here waits, locks or looks at a clock: times are passed in, in seconds.
"""

import math
from dataclasses import dataclass, field
from enum import Enum, auto

SLOW = 2.0  # times the best seen, from which on an answer counts as slow
SLACK = 0.1  # seconds above the best seen that never do: a busy machine of our own takes as long
HELPED = 0.8  # share of the earlier slowness below which having asked for less has helped

FIRST_HOLD = 0.5  # seconds for which nobody asks after a refusal without Retry-After; doubled while nothing is taken
LONGEST_HOLD = 30.0
TOLERATED = 0.03  # share of refusals at which the rate is left as it is: also a healthy server has a bad moment
MANY = 0.2  # share of refusals that shows that a rate is too high, even if it was fine a moment ago
FEW = 5  # answers within a second that tell nothing yet
BELOW = 0.95  # of the rate that was measured, to start from
STEP = 0.0015  # share by which the rate grows with each answer: two refusals in some seventy requests
STRIDE = 1.0  # requests a second more with each answer while the rate is a guess: it grows e-fold in a second
LONGEST_STRIDE = 0.2  # share of the rate, where that is less
LEAST = 0.1  # requests a second
IDLE = 1.0  # seconds without a request that say nothing about the server


class LoadSignal(Enum):
    """What an answer says about the server's load: it keeps up, it wants fewer requests, or nothing."""

    KEEPS_UP = auto()
    REFUSED = auto()
    UNCLEAR = auto()


class RateControl:
    """Decides when a request may start. Whoever uses it calls `start` once a request may, and `end` once for each.

    Args:
        most: requests under way, never more; the start, so that a healthy server is read at full speed from the first.
        most_per_second: requests a second, never more; None for any number.
    """

    def __init__(self, most: int, most_per_second: float | None = None) -> None:
        self.limit = float(most)
        """Requests that may be under way; fractions add up."""
        self.rate = math.inf
        """Requests that Studio is thought to take in a second; infinite until refusals say otherwise."""
        self.under_way = 0
        self._most = most
        self._ceiling = most_per_second or math.inf
        self._next = self._held_until = self._cut_at = self._last_end = -math.inf
        self._full_at = (
            self._paced_at
        ) = -math.inf  # when the limit and the rate were last reached: else raising is vain
        self._fruitless = 0  # times in a row that everything was refused
        self._taken = True  # whether any request was taken since the last halving
        self._searching = True  # whether the rate is only a guess
        self._believed = 0.0  # the rate at the last clear sign that there is one to keep to
        self._tally = _Tally(since=math.inf)
        self._slowness = _Slowness()

    @property
    def has_room(self) -> bool:
        """Whether one more request may be under way."""
        return self.under_way < max(1, int(self.limit))

    def turn(self, now: float) -> float:
        """Tell when the next request may start, as far as is known now."""
        return max(now, self._next, self._held_until)

    def start(self, now: float) -> None:
        """Note that a request starts, at its turn and with room for it."""
        self._tally.since = min(self._tally.since, now)
        idle = now - max(self._last_end, self._next, self._held_until, self._tally.since)
        if self.under_way == 0 and idle > IDLE:
            self._tally.since += idle
        self.under_way += 1
        if not self.has_room:
            self._full_at = now
        interval = 1 / min(self.rate, self._ceiling)
        if now - self._next < interval / 4:
            self._paced_at = now
        self._next = now + interval

    def end(self, kind: str, started: float, now: float, verdict: LoadSignal, retry_after: float | None = None) -> None:
        """Learn from the end of a request.

        Args:
            kind: what it was; only requests of one kind should take equally long.
            started: when, as given to `start`.
            now: when its answer was there.
            verdict: what that says.
            retry_after: seconds for which nobody shall ask, if Studio said so.
        """
        crowded = self.under_way > 1
        self.under_way -= 1
        self._last_end = now
        if verdict is LoadSignal.KEEPS_UP:
            self._grow(started)
            if self._slowness.is_rising(kind, now - started, int(self.limit), crowded and started > self._cut_at):
                self._halve(now)
        elif verdict is LoadSignal.REFUSED:
            self._shrink(started, now, retry_after)

    def _grow(self, started: float) -> None:
        if started >= self._tally.since:
            self._tally.good += 1
        if started <= self._paced_at:
            self.rate += min(STRIDE, self.rate * LONGEST_STRIDE) if self._searching else self.rate * STEP
        if started > self._cut_at:
            self._taken = True
            if started <= self._full_at:
                self.limit = min(self._most, self.limit + 1 / self.limit)

    def _shrink(self, started: float, now: float, retry_after: float | None) -> None:
        if started >= self._tally.since:
            self._tally.refused += 1
        unknown = math.isinf(self.rate)
        stop = self._learn(now) and unknown
        if started > self._cut_at:  # what had left before the last halving could not know of it
            self._fruitless = 0 if self._taken else self._fruitless + 1
            self._halve(now)
            stop = stop or self._fruitless > 0
        if retry_after is not None:
            until = max(self._held_until, now + retry_after)
            self._tally.since += until - max(now, self._held_until)  # says nothing about the rate
            self._held_until = until
        elif stop:
            self._held_until = max(self._held_until, now + min(LONGEST_HOLD, FIRST_HOLD * 2**self._fruitless))

    def _halve(self, now: float) -> None:
        self.limit = max(1.0, self.limit / 2)
        self._cut_at = now
        self._taken = False

    def _learn(self, now: float) -> bool:
        """Set the rate to what was taken since the last time, but never below half of what it was.

        Returns:
            Whether the rate is a new one. It is given up if refusals stay rare but don't end however low it gets: then
            they are a matter of chance, and the number under way is what to be careful with.
        """
        tally = self._tally
        if not tally.says_enough(now):
            return False
        self._tally = _Tally(now)
        unknown = math.isinf(self.rate)
        half = 0.0 if unknown else self.rate / 2
        measured = tally.good / max(1.0, now - tally.since)
        self._searching = unknown or measured <= half
        self.rate = max(LEAST, min(self.rate, BELOW * max(measured, half)))
        if self._searching or tally.share > MANY:
            self._believed = self.rate
        elif self.rate < self._believed / 2:
            self.rate = math.inf
            return False
        self._next = max(self._next, now + 1 / self.rate)
        return True


@dataclass(slots=True)
class _Tally:
    """Requests taken and refused of those that started since then."""

    since: float
    good: int = 0
    refused: int = 0

    @property
    def share(self) -> float:
        return self.refused / (self.good + self.refused)

    def says_enough(self, now: float) -> bool:
        return self.refused > 1 and self.good >= (FEW if now - self.since < 1 else 1) and self.share >= TOLERATED


@dataclass(slots=True)
class _Slowness:
    """Whether answers take clearly longer than the best seen: most of them, two round trips in a row."""

    best: dict[str, float] = field(default_factory=dict)  # seconds, by kind
    answers: int = 0
    slow: int = 0
    times: float = 0.0  # of the best, added up
    was_slow: bool = False  # the round trip before
    before: float | None = None  # times the best on average, when last asked for less

    def is_rising(self, kind: str, seconds: float, limit: int, ours: bool) -> bool:  # noqa: FBT001  # one of four
        """Take one answer in; tell whether to ask for less.

        Args:
            kind: what was asked.
            seconds: how long it took.
            limit: requests of a round trip.
            ours: whether the slowness can be our own doing: others were under way, and all since the last halving.
        """
        best = self.best[kind] = min(seconds, self.best.get(kind, seconds))
        if not ours:
            return False
        self.answers += 1
        self.times += seconds / best if best else 1.0
        self.slow += seconds > max(SLOW * best, best + SLACK)
        if self.answers < max(4, limit):
            return False
        slow, mean = self.slow * 2 > self.answers, self.times / self.answers
        self.answers, self.slow, self.times = 0, 0, 0.0
        again, self.was_slow = self.was_slow and slow, slow
        vain = again and self.before is not None and mean > HELPED * self.before
        if vain:  # asking for less has not helped: the server has become slower by itself
            self.best.clear()
        self.before = mean if again and not vain else None
        return again and not vain
