"""Results that are put together: planned and applied, or not begun."""

import pytest

from rolesync.fleet.results import applied_result, not_begun
from rolesync.model.fleet import AccountStatus
from rolesync.model.runs import RoleChanges
from tests.fleet.tools import plan, result

TO_DO = (RoleChanges("Admin", 4, 2, 0, 0),)
PLANNED = result("a", AccountStatus.PLANNED, plan=plan(), changes=TO_DO, drift=3, requests=9, retries=1, seconds=2.0)


def test_a_sync_counts_planning_and_applying_as_one() -> None:
    done = (RoleChanges("Admin", 4, 2, 4, 2),)
    applied = result("a", changes=done, drift=0, requests=5, retries=0, seconds=1.5)
    whole = applied_result(applied, PLANNED, is_sync=True)
    assert (whole.requests, whole.retries, whole.seconds, whole.drift) == (14, 1, 3.5, 0)
    assert (whole.changes, whole.plan) == (done, PLANNED.plan)
    alone = applied_result(applied, PLANNED, is_sync=False)
    assert (alone.requests, alone.seconds) == (5, 1.5)


@pytest.mark.parametrize(
    ("status", "done"),
    [
        (AccountStatus.DIED, None),
        (AccountStatus.TIMED_OUT, None),
        (AccountStatus.LOCKED, 0),
        (AccountStatus.BLOCKED, 0),
    ],
)
def test_what_was_done_is_unknown_only_after_it_may_have_begun(status: AccountStatus, done: int | None) -> None:
    whole = applied_result(result("a", status), PLANNED, is_sync=True)
    assert whole.changes == (RoleChanges("Admin", 4, 2, done, done),)
    assert (whole.drift, whole.requests) == (3, 9)


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("sync", "resume the fleet"),
        ("apply", "resume the fleet"),
        ("check", "see why others failed; then run the same command"),
        ("plan", "see why others failed; then plan the fleet again, in a new folder"),
    ],
)
def test_an_account_that_did_not_begin_shows_what_to_do(command: str, hint: str) -> None:
    ended = not_begun("a", "3 accounts failed", command)
    assert (ended.status, ended.message) == (AccountStatus.NOT_BEGUN, "3 accounts failed")
    assert ended.hint == hint
    whole = applied_result(ended, PLANNED, is_sync=True)
    assert whole.changes == TO_DO
