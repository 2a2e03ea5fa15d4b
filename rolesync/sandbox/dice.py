"""The dice that draw the faults of each request, in the order of requests."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rolesync.sandbox.faults import KINDS, ODD_STATUSES, Fault, Faults

_WRITING = KINDS["writes"] | KINDS["tokens"]
_KINDS_OF: Mapping[Fault, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys((Fault.LOST, Fault.LOST_5XX, *ODD_STATUSES), _WRITING),
        Fault.NO_ROUTE: frozenset({"search", "roles"}),
        Fault.NOBODY: frozenset({"search"}),
    }
)
"""The kinds of requests that draw a fault; a fault that is missing here is for all."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for one request.

    `delay` is in seconds; `wait` is the time until the rate limit allows a request again, in seconds, None below it;
    `lag` is the age of the state that the answer shows, in seconds.
    """

    delay: float = 0.0
    fault: Fault | None = None
    wait: float | None = None
    lag: float = 0.0


_NOTHING = Draw()


class Dice:
    """Draws the fault of each request, in the order of requests.

    Args:
        faults: the faults to draw from.
        clock: seconds, for the rate limit.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float]) -> None:
        self.faults = faults
        self.kinds = frozenset[str]().union(*(KINDS[word] for word in faults.on))
        self._idle = faults == Faults(seed=faults.seed, on=faults.on)
        self._random = random.Random(faults.seed)  # noqa: S311  # reproducible on purpose
        # Numbers of their own, so that a lag leaves the other faults of a seed as they are.
        self._lag_shares = {"search": faults.lag_share, "user": faults.lag_share, "roles": faults.lag_answers}
        self._lag_random = random.Random(f"lag {faults.seed}")  # noqa: S311  # as above
        self._clock = clock
        self._allowance = max(1.0, faults.rate or 0.0)
        self._last_time = clock()
        self._request_count = 0
        self._hits = 0

    def draw(self, kind: str) -> Draw:
        """Draw for the next request, which is of this kind."""
        if self._idle:
            return _NOTHING
        lag = self._lag(kind)
        if kind not in self.kinds:
            return Draw(lag=lag)
        self._request_count += 1
        # Both numbers are drawn every time, so that the draw of a request doesn't depend on earlier results.
        late, chance = self._random.random(), self._random.random()
        delay = self.faults.latency + late * self.faults.jitter
        wait = self._over_rate()
        if wait is not None:
            return Draw(delay, wait=wait, lag=lag)
        fault = self._fault(chance, kind) if self._request_count > self.faults.after else None
        if fault is not None:
            self._hits += 1
        return Draw(delay, fault, lag=lag)

    def _lag(self, kind: str) -> float:
        share = self._lag_shares.get(kind, 0.0)
        return self.faults.lag if self.faults.lag and self._lag_random.random() < share else 0.0

    def _fault(self, chance: float, kind: str) -> Fault | None:
        if self.faults.times is not None and self._hits >= self.faults.times:
            return None
        reached = 0.0
        for fault, share in self.faults.shares.items():
            reached += share
            if chance < reached:
                return fault if kind in _KINDS_OF.get(fault, {kind}) else None
        return None

    def _over_rate(self) -> float | None:
        rate = self.faults.rate
        if rate is None:
            return None
        now = self._clock()
        self._allowance = min(max(1.0, rate), self._allowance + (now - self._last_time) * rate)
        self._last_time = now
        if self._allowance < 1:
            return (1 - self._allowance) / rate
        self._allowance -= 1
        return None
