"""Where requests of all threads wait for their turn, which a `RateControl` decides."""

import math
import threading
from collections.abc import Callable

from rolesync.studio.rate_control import LoadSignal, RateControl


class Throttle:
    """Lets one request through at a time, so that whatever the governor has just learnt counts for all who wait.

    Args:
        governor: decides; used by nobody else.
        sleep: waits that many seconds.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, governor: RateControl, sleep: Callable[[float], object], clock: Callable[[], float]) -> None:
        self._governor = governor
        self._sleep = sleep
        self._clock = clock
        self._queue = threading.Lock()
        self._changed = threading.Condition(threading.Lock())

    @property
    def pace(self) -> tuple[int, float | None]:
        """Requests allowed under way, and in a second where that is known, for the log."""
        rate = self._governor.rate
        return max(1, int(self._governor.limit)), None if math.isinf(rate) else round(rate, 1)

    def enter(self) -> float:
        """Wait until a request may start; returns when it did."""
        with self._queue:
            slept_to = -math.inf
            while True:
                with self._changed:
                    while not self._governor.has_room:
                        self._changed.wait()
                    now = max(self._clock(), slept_to)  # a sleep that ends a little early has been slept all the same
                    turn = self._governor.turn(now)
                    if turn <= now:
                        self._governor.start(now)
                        return now
                self._sleep(turn - now)
                slept_to = turn

    def leave(self, kind: str, started: float, verdict: LoadSignal, retry_after: float | None = None) -> float:
        """Say how a request ended, see `RateControl.end`; returns how many seconds it took."""
        with self._changed:
            now = max(started, self._clock())
            self._governor.end(kind, started, now, verdict, retry_after)
            self._changed.notify()
        return now - started
