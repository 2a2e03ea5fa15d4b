"""Threads at the turnstile: who waits, for how long, and for whom."""

import threading

from rolesync.studio.rate_control import LoadSignal, RateControl
from rolesync.studio.throttle import Throttle
from tests.servers import Naps

GOOD, REFUSED = LoadSignal.KEEPS_UP, LoadSignal.REFUSED


def turnstile(naps: Naps, most: int = 4, most_per_second: float | None = None) -> Throttle:
    return Throttle(RateControl(most, most_per_second), naps.sleep, naps.clock)


def test_whoever_finds_no_room_waits_for_somebody_to_leave() -> None:
    naps = Naps()
    gate = turnstile(naps, most=1)
    inside, events = gate.enter(), []

    def enter() -> None:
        gate.leave("user", gate.enter(), GOOD)
        events.append("entered")

    waiting = [threading.Thread(target=enter) for _ in range(3)]
    for thread in waiting:
        thread.start()
    assert events == []
    events.append("left")
    gate.leave("user", inside, GOOD)
    for thread in waiting:
        thread.join(5)
    assert events == ["left", "entered", "entered", "entered"]
    assert naps.taken == []


def test_what_is_learnt_while_somebody_waits_counts_for_them() -> None:
    naps = Naps()
    gate = turnstile(naps, most_per_second=1.0)
    first = gate.enter()
    naps.first = lambda: gate.leave("user", first, REFUSED, retry_after=7)
    second = gate.enter()
    assert len(naps.taken) == 2
    assert 7 <= second - first < 9
    assert 0.9 < naps.taken[0] <= 1
    assert naps.taken[1] <= 7


def test_a_sleep_that_ends_too_early_is_not_slept_again() -> None:
    naps = Naps()
    gate = Throttle(RateControl(4, 1.0), naps.sleep, lambda: 5.0)
    assert [gate.enter() for _ in range(3)] == [5.0, 6.0, 7.0]
    assert naps.taken == [1.0, 2.0]


def test_the_pace_is_told() -> None:
    naps = Naps()
    gate = turnstile(naps, most=8)
    assert gate.pace[1] is None
    good = [gate.enter() for _ in range(8)]
    for started in good[:6]:
        gate.leave("user", started, GOOD)
    for started in good[6:]:
        gate.leave("user", started, REFUSED)
    assert gate.pace == (4, 5.7)
