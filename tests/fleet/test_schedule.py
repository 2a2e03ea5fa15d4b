"""Who is next, and when the fleet stops: stages, the breaker at its limits, strict, and a second attempt."""

from collections.abc import Iterable
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, strategies

from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.fleet_table import Stage, Stop
from rolesync.fleet.schedule import Limits, Schedule, stages_of
from rolesync.model.fleet import AccountStatus
from tests.fleet.tools import fleet_of, result

DONE, UNREACHABLE, BLOCKED, DIED = (
    AccountStatus.DONE,
    AccountStatus.UNREACHABLE,
    AccountStatus.BLOCKED,
    AccountStatus.DIED,
)


def stage(*tags: str, **more: float) -> Stage:
    return Stage.model_validate({"tags": tags, **more})


def schedule_of(names: Iterable[str], **stop: object) -> Schedule:
    return Schedule([(stage("all", max_failed=99), list(names))], Stop.model_validate(stop))


def run(schedule: Schedule, failing: Iterable[str] = (), status: AccountStatus = UNREACHABLE) -> list[str]:
    """Handle one account after the other; returns the accounts in the order in which they began."""
    begun = []
    while following := schedule.next():
        name, attempt = following
        begun.append(name)
        schedule.ended(result(name, status if name in failing else DONE, attempt=attempt))
    return begun


def test_all_accounts_begin_in_their_order() -> None:
    assert run(schedule_of("abc")) == ["a", "b", "c"]


def test_the_number_of_failures_may_reach_its_limit_and_not_exceed_it() -> None:
    assert run(schedule_of("abcd", failed_count=2), "ab") == ["a", "b", "c", "d"]
    stopped = schedule_of("abcd", failed_count=2)
    assert run(stopped, "abc") == ["a", "b", "c"]
    assert stopped.stopped == "3 accounts failed, more than failed_count = 2"


def test_the_share_counts_once_enough_accounts_have_ended() -> None:
    stopped = schedule_of("abcdefgh", failed_share=0.5, after=4)
    assert run(stopped, "abc") == ["a", "b", "c", "d"]
    assert stopped.stopped == "3 of 4 accounts failed, more than failed_share = 0.5"
    assert run(schedule_of("abcdefgh", failed_share=0.5, after=4), "ab") == list("abcdefgh")


def test_blocked_accounts_are_no_failures() -> None:
    schedule = schedule_of("abcd", failed_count=0)
    assert run(schedule, "abcd", BLOCKED) == ["a", "b", "c", "d"]
    assert not schedule.stopped


def test_an_account_whose_worker_died_begins_once_more_at_the_end() -> None:
    schedule = schedule_of("abc", failed_count=1)
    begun = []
    while following := schedule.next():
        begun.append(following)
        name, attempt = following
        schedule.ended(result(name, DIED if following == ("a", 1) else DONE, attempt=attempt))
    assert begun == [("a", 1), ("b", 1), ("c", 1), ("a", 2)]
    assert {each.status for each in schedule.results.values()} == {DONE}


@pytest.mark.parametrize(("second", "begun"), [(DONE, ["a", "b", "a", "c"]), (DIED, ["a", "b", "a"])])
def test_a_canary_whose_worker_died_is_begun_once_more_before_its_stage_is_judged(
    second: AccountStatus, begun: list[str]
) -> None:
    schedule = Schedule([(stage("canary"), ["a", "b"]), (stage("rest"), ["c"])], Stop(failed_share=1.0))
    order = []
    while following := schedule.next():
        name, attempt = following
        order.append(name)
        ended = {("a", 1): DIED, ("a", 2): second}.get((name, attempt), DONE)
        schedule.ended(result(name, ended, attempt=attempt))
    assert order == begun
    assert bool(schedule.stopped) == (second is DIED)


def test_it_dies_twice_and_no_third_time() -> None:
    assert run(schedule_of("ab", failed_count=9), "a", DIED) == ["a", "b", "a"]


def test_a_stage_ends_before_the_next_begins() -> None:
    schedule = Schedule([(stage("canary"), ["a"]), (stage("rest"), ["b"])], Stop())
    assert schedule.next() == ("a", 1)
    begun: list[tuple[str, int] | None] = []
    waiting = Thread(target=lambda: begun.append(schedule.next()))
    waiting.start()
    waiting.join(0.05)
    assert begun == []
    schedule.ended(result("a"))
    waiting.join()
    assert begun == [("b", 1)]


def test_a_failing_canary_stops_the_fleet() -> None:
    schedule = Schedule([(stage("canary"), ["a", "b"]), (stage("rest"), ["c"])], Stop())
    assert run(schedule, "a") == ["a"]
    assert "max_failed = 0" in schedule.stopped
    lenient = Schedule([(stage("canary", max_failed=1), ["a", "b"]), (stage("rest"), ["c"])], Stop())
    assert run(lenient, "a") == ["a", "b", "c"]


def test_it_soaks_after_a_stage() -> None:
    schedule = Schedule([(stage("canary", soak=0.05), ["a"]), (stage("rest"), ["b"])], Stop())
    assert run(schedule) == ["a", "b"]


def test_without_stages_all_begin_at_once() -> None:
    schedule = Schedule([(stage("canary"), ["a"]), (stage("rest"), ["b"])], Stop(), is_staged=False)
    assert [schedule.next(), schedule.next()] == [("a", 1), ("b", 1)]


def test_strict_begins_only_what_may_fail_with_all_under_way() -> None:
    schedule = schedule_of("abc", failed_count=1, strict=True)
    assert schedule.next() == ("a", 1)
    begun: list[tuple[str, int] | None] = []
    waiting = Thread(target=lambda: begun.extend([schedule.next()]))
    waiting.start()
    waiting.join(0.05)
    assert begun == []
    schedule.ended(result("a"))
    waiting.join()
    assert begun == [("b", 1)]


@given(
    failing=strategies.sets(strategies.integers(0, 29)),
    workers=strategies.integers(1, 6),
    limit=strategies.integers(0, 10),
    strict=strategies.booleans(),
)
def test_at_most_one_less_than_the_workers_fail_beyond_the_limit(
    failing: set[int], workers: int, limit: int, *, strict: bool
) -> None:
    """Rounds of `workers` accounts begin, then end: the worst order."""
    stop = Stop(failed_count=limit, failed_share=1.0, strict=strict)
    schedule = Schedule([(stage("all", max_failed=99), [str(number) for number in range(30)])], stop)
    failed = 0
    while True:
        under_way: list[str] = []
        while not schedule.stopped and len(under_way) < workers and (following := schedule._begin()):
            under_way.append(following[0])
        if not under_way:
            break
        for name in under_way:
            is_failing = int(name) in failing
            failed += is_failing
            schedule.ended(result(name, UNREACHABLE if is_failing else DONE))
    assert failed <= limit + (1 if strict else workers)
    assert bool(schedule.stopped) == (failed > limit)


def test_halting_begins_nothing_any_more() -> None:
    schedule = schedule_of("ab")
    schedule.halt("interrupted")
    schedule.halt("again")
    assert (schedule.next(), schedule.stopped) == (None, "interrupted")


def test_stages_take_accounts_by_tag_and_the_rest_comes_last(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a", "b", "c")
    text = fleet.path.read_text(encoding="utf-8") + 'tags = ["canary"]\n'
    fleet.path.write_text(text, encoding="utf-8")
    accounts = read_fleet(fleet.path, tmp_path).enabled
    stages = stages_of(accounts, [stage("canary")], {"a": "2026-01-02", "b": "2026-01-01"})
    assert [names for _, names in stages] == [["c"], ["b", "a"]]


@pytest.mark.parametrize(("failed", "ended", "exceeded"), [(1, 4, False), (2, 4, False), (1, 5, False), (2, 5, True)])
def test_the_default_limit_is_a_fifth_of_at_least_five(failed: int, ended: int, *, exceeded: bool) -> None:
    assert bool(Limits(Stop()).exceeded(failed, ended)) is exceeded


@pytest.mark.parametrize("attempt", [0, 1, 2, 99])
def test_an_account_whose_worker_died_begins_once_more_whatever_its_results_say(attempt: int) -> None:
    schedule = schedule_of("ab", failed_share=1.0)
    begun = []
    while following := schedule.next():
        begun.append(following)
        schedule.ended(result(following[0], DIED if following[0] == "a" else DONE, attempt=attempt))
    assert begun == [("a", 1), ("b", 1), ("a", 2)]
