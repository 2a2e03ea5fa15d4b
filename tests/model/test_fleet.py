"""The exit code of a fleet, and the status that stands for the exit code of a command."""

import pytest

from rolesync.errors import Exit
from rolesync.model.fleet import (
    AccountStatus,
    FleetVerdict,
    Night,
    exit_code_of_night,
    planned_changes,
    status_of_exit,
)
from tests.fleet.tools import plan, result

A = AccountStatus


def night(*statuses: AccountStatus, command: str = "sync", **more: object) -> Night:
    results = tuple(result(f"a{number}", status) for number, status in enumerate(statuses))
    return Night("district", "r1", command, results, {}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (night(A.DONE, A.EMPTY), 0),
        (night(A.DONE, A.BLOCKED), 5),
        (night(A.DONE, A.NOT_BEGUN), 5),
        (night(A.DONE, A.UNREACHABLE), 5),
        (night(A.UNREACHABLE, A.UNREACHABLE), 6),
        (night(A.UNREACHABLE, A.NOT_BEGUN, stopped="1 failed"), 5),
        (night(A.UNREACHABLE, A.NOT_BEGUN, verdicts=(FleetVerdict("failed_plans", "m", "h"),)), 4),
        (night(A.DONE, unrecorded="disk full"), 1),
        (night(A.UNREACHABLE, verdicts=(FleetVerdict("failed_plans", "m", "h"),)), 6),
        (night(A.DONE, A.WAITING), 5),
        (night(A.PLANNED, A.WAITING, command="plan"), 0),
        (night(A.DONE, stopped="3 failed"), 5),
        (night(A.PLANNED, verdicts=(FleetVerdict("r", "m", "h"),)), 4),
        (night(A.DONE, A.BLOCKED, verdicts=(FleetVerdict("r", "m", "h", ("a1",)),)), 5),
    ],
)
def test_the_exit_code_shows_whether_every_account_is_done(ended: Night, code: int) -> None:
    assert exit_code_of_night(ended) == code


def test_pending_changes_exit_with_2_where_it_is_asked_for() -> None:
    assert exit_code_of_night(night(A.PLANNED, command="plan"), detailed=True) == Exit.PENDING
    assert exit_code_of_night(night(A.EMPTY, command="plan"), detailed=True) == Exit.DONE


def test_each_exit_code_has_a_status() -> None:
    assert {code: status_of_exit(code) for code in Exit} == {
        Exit.DONE: A.DONE,
        Exit.UNEXPECTED: A.FAILED,
        Exit.PENDING: A.FAILED,
        Exit.INPUT_REFUSED: A.REFUSED,
        Exit.BLOCKED: A.BLOCKED,
        Exit.INCOMPLETE: A.INCOMPLETE,
        Exit.STUDIO: A.UNREACHABLE,
        Exit.LOCKED: A.LOCKED,
        Exit.USAGE: A.FAILED,
        Exit.INTERRUPTED: A.FAILED,
    }


def test_only_changes_that_are_to_be_applied_are_counted() -> None:
    plans = [result("a", A.PLANNED, plan=plan(additions=1, removals=2)), result("b", A.BLOCKED, plan=plan(removals=9))]
    assert planned_changes(plans) == (1, 2)
    assert night(A.DONE, A.DONE, A.EMPTY).counts == {A.DONE: 2, A.EMPTY: 1}
