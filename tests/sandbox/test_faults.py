"""The grammar of faults, and the dice."""

import pytest

from rolesync.sandbox.faults import Dice, Fault, Faults


def fates(text: str, kinds: list[str]) -> list[Fault | None]:
    dice = Dice(Faults.parse(text), lambda: 0.0)
    return [dice.draw(kind).fault for kind in kinds]


def test_an_empty_text_means_no_faults() -> None:
    assert Faults.parse("") == Faults.parse(" , ") == Faults()


def test_the_text_of_faults_is_parsed_to_the_same_faults() -> None:
    text = (
        "latency=0.05,jitter=0.02,429=0.1,429-bare=0.05,429-retry-after=2,429-form=date,403=0.01,500=0.02,502=0.01,"
        "503=0.02,504=0.01,html=0.01,html200=0.01,cut=0.01,reset=0.01,lost=0.01,lost5xx=0.01,rate=50,"
        "on=writes+tokens,after=3,times=9,seed=7"
    )
    faults = Faults.parse(text)
    assert faults.shares[Fault.LIMITED_BARE] == 0.05
    assert (faults.latency, faults.retry_after, faults.rate, faults.times) == (0.05, 2.0, 50.0, 9)
    assert set(faults.text().split(",")) == set(
        text.replace("after=2", "after=2.0").replace("rate=50", "rate=50.0").split(",")
    )
    assert Faults.parse(faults.text()) == faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed=1", "'speed=1' is not a fault: write key=value with a key of 429"),
        ("lost", "'lost' is not a fault"),
        ("lost=0.1,lost=0.2", "lost appears twice"),
        ("lost=often", "lost=often: use a number"),
        ("times=1.5", "times=1.5: use a whole number"),
        ("lost=1.1", "lost=1.1: a share is from 0 to 1"),
        ("lost=-0.1", "a share is from 0 to 1"),
        ("lost=nan", "a share is from 0 to 1"),
        ("lost=0.6,cut=0.6", "the shares add up to 1.2: together they are at most 1"),
        ("latency=-1", "latency=-1: use 0 to 3600 seconds"),
        ("429-retry-after=9999", "429-retry-after=9999: use 0 to 3600 seconds"),
        ("rate=0", "rate=0: use more than 0"),
        ("after=-1", "use 0 or more"),
        ("429-form=soon", "429-form=soon: use seconds or date"),
        ("on=mondays", "on=mondays: use all, reads, writes, tokens"),
    ],
)
def test_a_wrong_value_is_refused_with_a_message(text: str, words: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the words are held against it below
        Faults.parse(text)
    assert words in str(refused.value)


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
