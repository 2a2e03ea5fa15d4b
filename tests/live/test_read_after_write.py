"""A read is repeated until it shows what was written, or the write is older than reads may lag."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from rolesync.live.read_after_write import pauses, read_settled
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, client_of


@contextmanager
def reader(fake_sleep: FakeSleep, settle_seconds: float) -> Iterator[StudioReader]:
    with client_of("http://127.0.0.1:1", fake_sleep, settle_seconds=settle_seconds) as client:
        yield StudioReader(client)


def test_pauses_grow_and_last_as_long_as_reads_may_lag() -> None:
    assert list(pauses(60)) == [1, 2, 4, 8, 16, 29]
    assert list(pauses(100)) == [1, 2, 4, 8, 16, 30, 30, 9]
    assert list(pauses(0)) == []


def test_a_read_that_shows_every_write_is_believed_at_once() -> None:
    fake_sleep, reads = FakeSleep(), count(1)
    with reader(fake_sleep, 60) as studio:
        assert read_settled(studio, lambda: next(reads), lambda _: None, lambda *_: None) == 1
    assert fake_sleep.seconds == []


def test_a_read_is_repeated_until_it_shows_the_write() -> None:
    fake_sleep, reads, progress = FakeSleep(), count(1), list[tuple[str, int, int]]()
    with reader(fake_sleep, 60) as studio:
        sent_at = studio.client.now()
        result = read_settled(
            studio,
            lambda: next(reads),
            lambda number: sent_at if number < 4 else None,
            lambda *step: progress.append(step),
        )
    assert (result, fake_sleep.seconds) == (4, [1, 2, 4])
    assert progress == [("waiting until Studio shows the changes", waited, 60) for waited in (0, 1, 3)]


@pytest.mark.parametrize("age", [0, 30, 59.5, 60, 1000])
def test_a_write_that_is_old_enough_is_not_waited_for(age: float) -> None:
    fake_sleep = FakeSleep()
    with reader(fake_sleep, 60) as studio:
        sent_at = studio.client.now() - age
        read_settled(studio, lambda: None, lambda _: sent_at, lambda *_: None)
        assert studio.client.now() >= sent_at + 60
    assert sum(fake_sleep.seconds) == pytest.approx(max(0, 60 - age), abs=1)
