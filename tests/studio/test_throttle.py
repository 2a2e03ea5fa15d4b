"""The throttle: which thread waits, how long, and for which limit."""

import threading

from rolesync.studio.rate_control import LoadSignal, RateControl
from rolesync.studio.throttle import Throttle
from tests.servers import FakeSleep

GOOD, REFUSED = LoadSignal.KEEPS_UP, LoadSignal.REFUSED


def throttle_of(fake_sleep: FakeSleep, max_parallel: int = 4, max_per_second: float | None = None) -> Throttle:
    return Throttle(RateControl(max_parallel, max_per_second), fake_sleep.sleep, fake_sleep.clock)


def test_a_request_without_room_waits_until_another_ends() -> None:
    fake_sleep = FakeSleep()
    throttle = throttle_of(fake_sleep, max_parallel=1)
    inside, events = throttle.enter(), []

    def enter() -> None:
        throttle.leave("user", throttle.enter(), GOOD)
        events.append("entered")

    waiting = [threading.Thread(target=enter) for _ in range(3)]
    for thread in waiting:
        thread.start()
    assert events == []
    events.append("left")
    throttle.leave("user", inside, GOOD)
    for thread in waiting:
        thread.join(5)
    assert events == ["left", "entered", "entered", "entered"]
    assert fake_sleep.seconds == []


def test_an_answer_counts_for_requests_already_waiting() -> None:
    fake_sleep = FakeSleep()
    throttle = throttle_of(fake_sleep, max_per_second=1.0)
    first = throttle.enter()
    fake_sleep.during_first = lambda: throttle.leave("user", first, REFUSED, retry_after=7)
    second = throttle.enter()
    assert len(fake_sleep.seconds) == 2
    assert 7 <= second - first < 9
    assert 0.9 < fake_sleep.seconds[0] <= 1
    assert fake_sleep.seconds[1] <= 7


def test_a_sleep_that_ends_too_early_is_not_repeated() -> None:
    fake_sleep = FakeSleep()
    throttle = Throttle(RateControl(4, 1.0), fake_sleep.sleep, lambda: 5.0)
    assert [throttle.enter() for _ in range(3)] == [5.0, 6.0, 7.0]
    assert fake_sleep.seconds == [1.0, 2.0]


def test_the_limits_are_available_for_the_log() -> None:
    fake_sleep = FakeSleep()
    throttle = throttle_of(fake_sleep, max_parallel=8)
    assert throttle.limits[1] is None
    started = [throttle.enter() for _ in range(8)]
    for time in started[:6]:
        throttle.leave("user", time, GOOD)
    for time in started[6:]:
        throttle.leave("user", time, REFUSED)
    assert throttle.limits == (4, 5.7)
