"""Ends of commands in codes and words."""

from datetime import timedelta

import pytest

from rolesync.errors import Exit
from rolesync.notify.ending import EndStatus, cause_of
from tests.notify.tools import NOW, ending


def test_a_status_is_a_failure_or_a_success_or_neither() -> None:
    assert [each for each in EndStatus if each.is_failure] == ["failed", "blocked", "incomplete"]
    assert [each for each in EndStatus if each.is_success] == ["waiting", "changed", "unchanged"]


@pytest.mark.parametrize("code", [code for code in Exit if code not in {Exit.DONE, Exit.PENDING, Exit.INTERRUPTED}])
def test_every_failing_exit_code_has_its_cause(code: Exit) -> None:
    assert cause_of(code)


def test_the_cause_shows_the_status_of_studio_and_the_signal() -> None:
    assert cause_of(6, 401) == "Studio refused or could not be reached (HTTP 401)"
    assert cause_of(143) == "ended by signal 15"
    assert cause_of(0) == ""


def test_an_end_names_its_account_or_its_fleet_and_its_duration() -> None:
    assert ending().place == "example.instructuremedia.com"
    assert ending(account="", fleet="district").place == "fleet district"
    assert ending(account="").place == "no account"
    assert ending(began_at=NOW - timedelta(seconds=90)).seconds == 90
    assert ending(began_at=NOW + timedelta(seconds=90)).seconds == 0  # the clock was set meanwhile


def test_an_approval_is_no_run() -> None:
    assert [each for each in EndStatus if not ending(each).is_run] == ["approved"]
