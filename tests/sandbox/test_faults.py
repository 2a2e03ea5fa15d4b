"""The grammar of faults."""

import pytest

from rolesync.sandbox import faults
from rolesync.sandbox.faults import Fault, Faults


def test_the_table_describes_every_key() -> None:
    with pytest.raises(ValueError, match="with a key of ") as refused:
        Faults.parse("?")
    keys = str(refused.value).partition("with a key of ")[2].split(", ")
    assert {"lost", "lag-share", "429-form", "on"} < set(keys)
    assert [key for key in keys if f"`{key}`" not in (faults.__doc__ or "")] == []


def test_an_empty_text_means_no_faults() -> None:
    assert Faults.parse("") == Faults.parse(" , ") == Faults()


def test_the_text_of_faults_is_parsed_to_the_same_faults() -> None:
    text = (
        "latency=0.05,jitter=0.02,429=0.1,429-bare=0.05,429-retry-after=2,429-form=date,403=0.01,500=0.02,502=0.01,"
        "503=0.02,504=0.01,html=0.01,html200=0.01,cut=0.01,reset=0.01,lost=0.01,lost5xx=0.01,applied-204=0.01,"
        "404-route=0.01,nobody=0.01,drip=0.01,lag=2.5,lag-share=0.5,lag-answers=0.25,totals=3,rate=50,"
        "on=writes+tokens,after=3,times=9,seed=7"
    )
    faults = Faults.parse(text)
    assert faults.shares[Fault.LIMITED_BARE] == 0.05
    assert (faults.latency, faults.retry_after, faults.rate, faults.times) == (0.05, 2.0, 50.0, 9)
    assert (faults.lag, faults.lag_share, faults.lag_answers, faults.totals) == (2.5, 0.5, 0.25, 3.0)
    assert set(faults.text().split(",")) == set(
        text.replace("after=2", "after=2.0")
        .replace("rate=50", "rate=50.0")
        .replace("totals=3", "totals=3.0")
        .split(",")
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
        ("lag=-1", "lag=-1: use 0 to 3600 seconds"),
        ("lag=2,lag-share=2", "lag-share=2.0: a share is from 0 to 1"),
        ("lag-answers=nan", "a share is from 0 to 1"),
        ("totals=1e9", "totals=1e+09: use 0 to 3600 seconds"),
        ("applied-418=1", "'applied-418=1' is not a fault"),
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
