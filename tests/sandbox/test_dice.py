"""The dice: what each request draws."""

import pytest

from rolesync.sandbox.dice import Dice
from rolesync.sandbox.faults import ODD_STATUSES, Fault, Faults


def fates(text: str, kinds: list[str]) -> list[Fault | None]:
    dice = Dice(Faults.parse(text), lambda: 0.0)
    return [dice.draw(kind).fault for kind in kinds]


def test_all_is_reads_and_writes_but_not_tokens() -> None:
    assert fates("500=1", ["search", "user", "media", "ping", "apidocs", "roles", "token", "other"]) == [
        *[Fault.INTERNAL] * 6,
        None,
        None,
    ]
    assert fates("500=1,on=writes", ["search", "roles"]) == [None, Fault.INTERNAL]
    assert fates("500=1,on=reads+tokens", ["search", "roles", "token"]) == [Fault.INTERNAL, None, Fault.INTERNAL]


def test_only_writes_can_be_lost() -> None:
    assert fates("lost=0.5,lost5xx=0.5", ["search"] * 5) == [None] * 5
    assert None not in fates("lost=0.5,lost5xx=0.5", ["roles"] * 5)


def test_every_odd_status_is_for_writes() -> None:
    for fault in ODD_STATUSES:
        assert fates(f"{fault}=1", ["search", "user", "roles"]) == [None, None, fault]


def test_only_searches_and_writes_can_lack_their_route_and_only_searches_find_nobody() -> None:
    kinds = ["search", "user", "media", "roles"]
    assert fates("404-route=1", kinds) == [Fault.NO_ROUTE, None, None, Fault.NO_ROUTE]
    assert fates("nobody=1", kinds) == [Fault.NOBODY, None, None, None]


def lags(text: str, kinds: list[str]) -> list[float]:
    dice = Dice(Faults.parse(text), lambda: 0.0)
    return [dice.draw(kind).lag for kind in kinds]


def test_searches_and_users_lag_whatever_on_after_and_times_are() -> None:
    kinds = ["search", "user", "roles", "media", "ping"]
    assert lags("lag=2", kinds) == [2.0, 2.0, 0.0, 0.0, 0.0]
    assert lags("lag=2,lost=1,on=writes,after=9,times=1", kinds) == [2.0, 2.0, 0.0, 0.0, 0.0]
    assert lags("lag=2,lag-share=0,lag-answers=1", kinds) == [0.0, 0.0, 2.0, 0.0, 0.0]
    assert lags("lag-share=1,lag-answers=1", kinds) == [0.0] * 5


def test_a_share_of_the_reads_lags_and_other_draws_stay_the_same() -> None:
    drawn = lags("lag=30,lag-share=0.25", ["search"] * 4000)
    assert drawn.count(30.0) == pytest.approx(1000, rel=0.1)
    assert fates("500=0.5,lag=30,lag-share=0.25", ["search"] * 100) == fates("500=0.5", ["search"] * 100)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    text, kinds = "429=0.2,cut=0.2,seed={}", ["search"] * 200
    assert fates(text.format(3), kinds) == fates(text.format(3), kinds)
    assert fates(text.format(3), kinds) != fates(text.format(4), kinds)


def test_shares_are_kept_in_the_long_run() -> None:
    drawn = fates("429=0.1,reset=0.3", ["search"] * 10_000)
    assert drawn.count(Fault.LIMITED) == pytest.approx(1000, rel=0.1)
    assert drawn.count(Fault.RESET) == pytest.approx(3000, rel=0.1)


def test_after_skips_the_first_requests_and_times_limits_the_faults() -> None:
    assert fates("503=1,after=2,times=1", ["search"] * 5) == [None, None, Fault.UNAVAILABLE, None, None]


def test_latency_and_jitter_add_up() -> None:
    dice = Dice(Faults.parse("latency=0.5,jitter=0.25"), lambda: 0.0)
    delays = [dice.draw("search").delay for _ in range(100)]
    assert all(0.5 <= delay <= 0.75 for delay in delays)
    assert max(delays) - min(delays) > 0.2


def test_the_rate_limit_recovers_with_time() -> None:
    now = [100.0]
    dice = Dice(Faults.parse("rate=2"), lambda: now[0])
    assert [dice.draw("search").wait for _ in range(3)] == [None, None, pytest.approx(0.5)]
    now[0] += 0.5
    assert [dice.draw("search").wait for _ in range(2)] == [None, pytest.approx(0.5)]
    now[0] += 60
    assert [dice.draw("search").wait is None for _ in range(3)] == [True, True, False]
