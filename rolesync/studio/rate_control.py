"""Learns from Studio's answers how many requests may be under way, and how many may start per second.

Both limits follow AIMD, as in TCP congestion control. They grow a little while Studio keeps up. They shrink a lot when
it refuses (429, 503, or the 403 that means the same), or when its answers take clearly longer than the fastest answer.
A limit on parallel requests alone is not enough. A server that answers in 5 ms but accepts 20 requests per second
refuses most requests of even one connection. So the rate is learnt from its refusals.

This module neither waits, locks nor reads a clock: times are passed in, in seconds.
"""

import math
from dataclasses import dataclass, field
from enum import Enum, auto

_SLOW_FACTOR = 2.0  # times the fastest answer, above which an answer may be slow
_SLOW_SECONDS = 0.1  # above the fastest answer: less is never slow, a busy machine of ours takes as long
_IMPROVED = 0.8  # share of the earlier slowness below which fewer requests have helped

FIRST_BACKOFF = 0.5  # seconds without requests after a refusal without Retry-After; doubled while all are refused
LONGEST_BACKOFF = 30.0
_TOLERATED = 0.03  # share of refusals up to which the rate stays: even a healthy server has a bad moment
_TOO_FAST = 0.2  # share of refusals that proves a rate too high, even if it was accepted a moment ago
_MIN_ANSWERS = 5  # fewer answers within a second prove nothing yet
_INITIAL_SHARE = 0.95  # of the measured rate, to start from
_GROWTH = 0.0015  # share by which the rate grows with each answer: two refusals in about seventy requests
_SEARCH_GROWTH = 1.0  # requests per second more with each answer while the rate is a guess: e-fold in a second
_MAX_SEARCH_GROWTH = 0.2  # share of the rate, if that is less
_MIN_RATE = 0.1  # requests per second
_IDLE = 1.0  # seconds without a request that say nothing about the server


class LoadSignal(Enum):
    """What an answer shows about Studio's load: it keeps up, it needs fewer requests, or neither."""

    KEEPS_UP = auto()
    REFUSED = auto()
    UNCLEAR = auto()


class RateControl:
    """Decides when a request may start; the caller reports each start by `start` and each end by `end`.

    Args:
        max_parallel: the most requests under way, and the start value, so a healthy server is read at full speed.
        max_per_second: the most requests per second; None for no limit.
    """

    def __init__(self, max_parallel: int, max_per_second: float | None = None) -> None:
        self.limit = float(max_parallel)
        """Requests that may be under way; fractions accumulate."""
        self.rate = math.inf
        """Estimated requests per second that Studio accepts; infinite until refusals show a limit."""
        self.under_way = 0
        self._max_parallel = max_parallel
        self._max_rate = max_per_second or math.inf
        self._next = self._backoff_until = self._reduced_at = self._last_end = -math.inf
        # When the limit and the rate were last reached: otherwise raising them proves nothing.
        self._full_at = self._paced_at = -math.inf
        self._failed_rounds = 0  # times in a row that every request was refused
        self._any_accepted = True  # since the limit was last halved
        self._searching = True  # whether the rate is only a guess
        self._confirmed_rate = 0.0  # at the last clear sign that Studio limits the rate
        self._window = _Window(since=math.inf)
        self._slowness = _Slowness()

    @property
    def has_room(self) -> bool:
        """Whether one more request may be under way."""
        return self.under_way < max(1, int(self.limit))

    def next_start(self, now: float) -> float:
        """Return when the next request may start, by the current state."""
        return max(now, self._next, self._backoff_until)

    def start(self, now: float) -> None:
        """Record that a request starts, at its time and with room for it."""
        self._window.since = min(self._window.since, now)
        idle = now - max(self._last_end, self._next, self._backoff_until, self._window.since)
        if self.under_way == 0 and idle > _IDLE:
            self._window.since += idle
        self.under_way += 1
        if not self.has_room:
            self._full_at = now
        interval = 1 / min(self.rate, self._max_rate)
        if now - self._next < interval / 4:
            self._paced_at = now
        self._next = now + interval

    def end(self, kind: str, started: float, now: float, signal: LoadSignal, retry_after: float | None = None) -> None:
        """Learn from the end of a request.

        Args:
            kind: its kind; only requests of the same kind should take equally long.
            started: its start, as passed to `start`.
            now: when its answer arrived.
            signal: what the answer says about the load.
            retry_after: seconds without requests that Studio asked for, if it did.
        """
        parallel = self.under_way > 1
        self.under_way -= 1
        self._last_end = now
        if signal is LoadSignal.KEEPS_UP:
            self._grow(started)
            if self._slowness.is_rising(kind, now - started, int(self.limit), parallel and started > self._reduced_at):
                self._halve(now)
        elif signal is LoadSignal.REFUSED:
            self._shrink(started, now, retry_after)

    def _grow(self, started: float) -> None:
        if started >= self._window.since:
            self._window.accepted += 1
        if started <= self._paced_at:
            self.rate += min(_SEARCH_GROWTH, self.rate * _MAX_SEARCH_GROWTH) if self._searching else self.rate * _GROWTH
        if started > self._reduced_at:
            self._any_accepted = True
            if started <= self._full_at:
                self.limit = min(self._max_parallel, self.limit + 1 / self.limit)

    def _shrink(self, started: float, now: float, retry_after: float | None) -> None:
        if started >= self._window.since:
            self._window.refused += 1
        was_unknown = math.isinf(self.rate)
        back_off = self._learn_rate(now) and was_unknown
        if started > self._reduced_at:  # a request sent before the last halving could not know of it
            self._failed_rounds = 0 if self._any_accepted else self._failed_rounds + 1
            self._halve(now)
            back_off = back_off or self._failed_rounds > 0
        if retry_after is not None:
            until = max(self._backoff_until, now + retry_after)
            self._window.since += until - max(now, self._backoff_until)  # says nothing about the rate
            self._backoff_until = until
        elif back_off:
            seconds = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**self._failed_rounds)
            self._backoff_until = max(self._backoff_until, now + seconds)

    def _halve(self, now: float) -> None:
        self.limit = max(1.0, self.limit / 2)
        self._reduced_at = now
        self._any_accepted = False

    def _learn_rate(self, now: float) -> bool:
        """Set the rate to what was accepted since the last time, but never below half of what it was.

        Returns:
            Whether the rate changed. The limit on the rate is dropped if refusals stay rare, but don't end at any rate:
            then they are random, and only the number of requests under way matters.
        """
        window = self._window
        if not window.is_conclusive(now):
            return False
        self._window = _Window(now)
        was_unknown = math.isinf(self.rate)
        half = 0.0 if was_unknown else self.rate / 2
        measured = window.accepted / max(1.0, now - window.since)
        self._searching = was_unknown or measured <= half
        self.rate = max(_MIN_RATE, min(self.rate, _INITIAL_SHARE * max(measured, half)))
        if self._searching or window.refused_share > _TOO_FAST:
            self._confirmed_rate = self.rate
        elif self.rate < self._confirmed_rate / 2:
            self.rate = math.inf
            return False
        self._next = max(self._next, now + 1 / self.rate)
        return True


@dataclass(slots=True)
class _Window:
    """Requests accepted and refused, of those that started after `since`."""

    since: float
    accepted: int = 0
    refused: int = 0

    @property
    def refused_share(self) -> float:
        return self.refused / (self.accepted + self.refused)

    def is_conclusive(self, now: float) -> bool:
        min_accepted = _MIN_ANSWERS if now - self.since < 1 else 1
        return self.refused > 1 and self.accepted >= min_accepted and self.refused_share >= _TOLERATED


@dataclass(slots=True)
class _Slowness:
    """Whether answers take clearly longer than the fastest: most of them, in two round trips in a row."""

    fastest: dict[str, float] = field(default_factory=dict)  # seconds, by kind
    answers: int = 0
    slow: int = 0
    ratios: float = 0.0  # seconds / fastest, summed
    was_slow: bool = False  # in the round trip before
    ratio_at_reduction: float | None = None  # the mean ratio when the limit was last reduced for slowness

    def is_rising(self, kind: str, seconds: float, limit: int, may_be_ours: bool) -> bool:  # noqa: FBT001  # one of four
        """Add one answer; returns whether fewer requests should be under way.

        Args:
            kind: the kind of request.
            seconds: how long it took.
            limit: the number of requests in a round trip.
            may_be_ours: whether our requests may cause the slowness: others were under way, all since the last halving.
        """
        fastest = self.fastest[kind] = min(seconds, self.fastest.get(kind, seconds))
        if not may_be_ours:
            return False
        self.answers += 1
        self.ratios += seconds / fastest if fastest else 1.0
        self.slow += seconds > max(_SLOW_FACTOR * fastest, fastest + _SLOW_SECONDS)
        if self.answers < max(4, limit):
            return False
        is_slow, mean = self.slow * 2 > self.answers, self.ratios / self.answers
        self.answers, self.slow, self.ratios = 0, 0, 0.0
        twice, self.was_slow = self.was_slow and is_slow, is_slow
        in_vain = twice and self.ratio_at_reduction is not None and mean > _IMPROVED * self.ratio_at_reduction
        if in_vain:  # fewer requests have not helped: the server itself has become slower
            self.fastest.clear()
        self.ratio_at_reduction = mean if twice and not in_vain else None
        return twice and not in_vain
