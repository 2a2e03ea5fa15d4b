"""What a message holds: short facts, the same as data, and no people unless asked for."""

import json
from datetime import timedelta

import pytest

from rolesync.model.fleet import AccountStatus
from rolesync.model.runs import RoleChanges
from rolesync.notify.ending import EndStatus
from rolesync.notify.message import compose
from tests.notify.tools import NOW, ending

DONE, TIMED_OUT, EMPTY = AccountStatus.DONE, AccountStatus.TIMED_OUT, AccountStatus.EMPTY


def test_a_blocked_run_names_account_counts_rule_next_step_and_report() -> None:
    message = compose(ending(began_at=NOW - timedelta(seconds=61)))
    assert message.title == "rolesync: BLOCKED by max_removals: example.instructuremedia.com"
    assert message.text.splitlines() == [
        "Changes: Admin +1 -2, 0 of 3 done, 3 held",
        "Rule: max_removals (Admin, limit 1, value 2)",
        "Next: rolesync plan FILE",
        "Report: /var/lib/rolesync on studio1",
        "Command: rolesync sync, exit code 4",
        "Time: 2026-03-02 02:15 UTC, after 61 s",
    ]


@pytest.mark.parametrize(
    ("status", "more", "title"),
    [
        (EndStatus.FAILED, {"cause": "the list was refused"}, "FAILED, the list was refused: "),
        (EndStatus.INCOMPLETE, {}, "INCOMPLETE: "),
        (EndStatus.WAITING, {}, "Changes wait for approval: "),
        (EndStatus.APPROVED, {}, "APPROVED: "),
        (EndStatus.CHANGED, {}, "CHANGED: "),
        (EndStatus.UNCHANGED, {}, "OK: "),
        (EndStatus.TEST, {}, "Test message: "),
    ],
)
def test_the_title_begins_with_what_happened(status: EndStatus, more: dict[str, str], title: str) -> None:
    assert compose(ending(status, **more)).title == f"rolesync: {title}example.instructuremedia.com"


def test_a_failure_names_its_cause_and_a_run_its_id() -> None:
    message = compose(ending(EndStatus.INCOMPLETE, cause="some changes failed", run="R1", drift=2))
    assert "Cause: some changes failed" in message.text
    assert "Drift: 2 changes by others" in message.text
    assert "exit code 5, run R1" in message.text


def test_a_recovery_says_since_when_it_had_failed() -> None:
    message = compose(ending(EndStatus.UNCHANGED, changes=(), held=None), failing_since="2026-03-01T02:15:00+00:00")
    assert message.title == "rolesync: RECOVERED, OK: example.instructuremedia.com"
    assert message.text.startswith("Recovered: it had failed since 2026-03-01T02:15:00+00:00\nChanges: none\n")
    assert message.data["recovered_from"] == "2026-03-01T02:15:00+00:00"
    still = compose(ending(EndStatus.FAILED), failing_since="2026-03-01T02:15:00+00:00")
    assert "RECOVERED" not in still.title
    assert still.data["recovered_from"] is None


def test_a_sign_of_life_says_that_it_is_one() -> None:
    assert "Sign of life: the runs succeed" in compose(ending(EndStatus.UNCHANGED), is_alive_sign=True).text


def test_a_fleet_shows_its_accounts_and_leaves_out_what_it_does_not_know() -> None:
    changes = (RoleChanges("", 4, 2, None, None),)
    message = compose(ending(account="", fleet="district", accounts={DONE: 3, TIMED_OUT: 1, EMPTY: 2}, changes=changes))
    assert "Accounts: 3 done, 1 timed out, 2 without changes" in message.text
    assert "Changes: all roles +4 -2, 3 held" in message.text
    assert json.loads(json.dumps(message.data["accounts"])) == {"done": 3, "timed_out": 1, "empty": 2}
    assert message.data["changes"] == [
        {"role": None, "planned": {"add": 4, "remove": 2}, "done": {"add": None, "remove": None}, "done_before": 0}
    ]


def test_the_data_has_the_same_and_people_are_apart() -> None:
    message = compose(ending(details=("remove Admin: ann@example.edu (planned)",)))
    assert json.loads(json.dumps(message.data))["rules"] == [
        {"rule": "max_removals", "role": "Admin", "limit": 1.0, "value": 2.0}
    ]
    assert "ann@" not in message.title + message.text + json.dumps(message.data)
    assert message.details == ("remove Admin: ann@example.edu (planned)",)
