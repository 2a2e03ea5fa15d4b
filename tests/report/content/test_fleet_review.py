"""What is shown of a night under review."""

from typing import Any

from rolesync.model.fleet import AccountStatus
from rolesync.model.fleet_review import ReviewedAccount, ReviewState, UsualNumbers
from rolesync.report.content.fleet_review import review_counts, review_rows, review_title, unchanged_names
from tests.fleet.tools import plan, result

A, S = AccountStatus, ReviewState


def account(
    name: str, status: AccountStatus, state: ReviewState, removals: int = 0, message: str = "", **more: Any
) -> ReviewedAccount:
    planned = None if state is ReviewState.NO_PLAN else plan(removals=removals)
    return ReviewedAccount(result(name, status, message=message, hint="look", plan=planned), state, **more)


ACCOUNTS = [
    account("quiet", A.WAITING, S.WAITING, 1),
    account("more", A.WAITING, S.APPROVED, 2, approval="by Rita"),
    account("gone", A.UNREACHABLE, S.NO_PLAN, message="no\nanswer"),
    account("shut", A.BLOCKED, S.LEFT, 3, message="too many"),
    account("odd", A.WAITING, S.WAITING, 40, usual=UsualNumbers(1, 0, 3), problem="changed"),
    account("same", A.EMPTY, S.EMPTY),
]


def test_outliers_come_first_then_blocked_then_failed_then_the_most_removals() -> None:
    rows = review_rows(ACCOUNTS)
    assert [row.name for row in rows] == ["odd", "shut", "gone", "more", "quiet"]
    assert rows[0].notes == ("Not opened: changed", "Far more removals than in its last 1 night")
    assert rows[0].usual == "at most -3 +0 in 1 night"
    assert rows[1].notes == ("Blocked. too many", "> look")
    assert rows[2].notes == ("Unreachable: no\\nanswer", "> look")
    assert rows[3].notes == ("Approved by Rita",)
    assert [(row.state, row.tone, row.opens) for row in rows] == [
        ("waiting", "", True),
        ("left", "remove", True),
        ("no plan", "remove", False),
        ("approved", "add", True),
        ("waiting", "", True),
    ]
    assert unchanged_names(ACCOUNTS) == ["same"]


def test_the_verdict_is_how_many_approvals_are_missing() -> None:
    assert review_title(ACCOUNTS) == "3 plans wait for approval"
    assert review_title(ACCOUNTS[:1]) == "1 plan waits for approval"
    assert review_title(ACCOUNTS[1:3]) == "No plan waits for approval"
    assert review_counts(ACCOUNTS) == [("no plan", 1), ("no changes", 1), ("waiting", 2), ("left", 1), ("approved", 1)]
