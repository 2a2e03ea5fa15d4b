"""Holds requests of all threads back until `RateControl` lets them start."""

import math
import threading
from collections.abc import Callable

from rolesync.studio.rate_control import LoadSignal, RateControl


class Throttle:
    """Lets one request start at a time, so that every answer counts for all requests still waiting.

    Args:
        control: decides when a request may start; used by this throttle only.
        sleep: waits that many seconds.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, control: RateControl, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self._control = control
        self._sleep = sleep
        self._clock = clock
        self._queue = threading.Lock()
        self._changed = threading.Condition(threading.Lock())

    @property
    def limits(self) -> tuple[int, float | None]:
        """For the log: requests allowed in parallel, and per second (None while unknown)."""
        rate = self._control.rate
        return max(1, int(self._control.limit)), None if math.isinf(rate) else round(rate, 1)

    def enter(self) -> float:
        """Wait until a request may start; returns the time at which it starts."""
        with self._queue:
            slept_until = -math.inf
            while True:
                with self._changed:
                    while not self._control.has_room:
                        self._changed.wait()
                    now = max(self._clock(), slept_until)  # a sleep may end slightly early, and still counts as done
                    start_at = self._control.next_start(now)
                    if start_at <= now:
                        self._control.start(now)
                        return now
                self._sleep(start_at - now)
                slept_until = start_at

    def leave(self, kind: str, started: float, signal: LoadSignal, retry_after: float | None = None) -> float:
        """Pass on how a request ended, see `RateControl.end`; returns how many seconds it took."""
        with self._changed:
            now = max(started, self._clock())
            self._control.end(kind, started, now, signal, retry_after)
            self._changed.notify()
        return now - started
