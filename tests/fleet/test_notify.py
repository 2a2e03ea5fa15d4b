"""How a night of a fleet is reported: one message, and metrics of each account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rolesync.errors import Exit
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.journal import Journal, open_journal
from rolesync.fleet.notify import Command, ending_of_fleet, endings_of_accounts, fleet_reporting, is_reported
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict, Night
from rolesync.model.runs import RoleChanges
from rolesync.notify.ending import Ending, EndStatus
from rolesync.notify.message import compose
from rolesync.notify.metrics import Measured, format_metrics
from tests.fleet.tools import fleet_of, plan, result

NOW = datetime(2026, 3, 2, 3, 15, tzinfo=UTC)
DONE, EMPTY, WAITING, BLOCKED = (
    AccountStatus.DONE,
    AccountStatus.EMPTY,
    AccountStatus.WAITING,
    AccountStatus.BLOCKED,
)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return fleet_of(tmp_path, "north", "south")


def night(*results: AccountResult, verdicts: tuple[FleetVerdict, ...] = ()) -> Night:
    return Night("district", "R1", "sync", results, {}, verdicts)


def ended(fleet: Fleet, of: Night | None, code: Exit, command: str = "sync", folder: str = "") -> Ending:
    end = ending_of_fleet(Command(command, code, NOW - timedelta(minutes=9), NOW, folder), fleet, of)
    assert end
    return end


@pytest.mark.parametrize(
    ("statuses", "code", "status"),
    [
        ((DONE, DONE), Exit.DONE, EndStatus.CHANGED),
        ((EMPTY, EMPTY), Exit.DONE, EndStatus.UNCHANGED),
        ((WAITING, DONE), Exit.INCOMPLETE, EndStatus.WAITING),
        ((WAITING, BLOCKED), Exit.INCOMPLETE, EndStatus.INCOMPLETE),
        ((DONE, AccountStatus.DIED), Exit.INCOMPLETE, EndStatus.INCOMPLETE),
        ((AccountStatus.UNREACHABLE,) * 2, Exit.STUDIO, EndStatus.FAILED),
        ((BLOCKED, BLOCKED), Exit.BLOCKED, EndStatus.BLOCKED),
    ],
)
def test_a_night_is_one_end_with_its_accounts(
    fleet: Fleet, statuses: tuple[AccountStatus, ...], code: Exit, status: EndStatus
) -> None:
    planned = plan(additions=2, removals=1)
    nothing = plan()
    results = [
        result(name, each, plan=nothing if each is EMPTY else planned)
        for name, each in zip("ab", statuses, strict=True)
    ]
    end = ended(fleet, night(*results), code)
    assert (end.status, end.fleet, end.account, end.run) == (status, "district", "", "R1")
    assert sum(end.accounts.values()) == 2
    expected = (0, 0) if status is EndStatus.UNCHANGED else (4, 2)
    assert (end.changes[0].additions, end.changes[0].removals) == expected
    assert bool(end.next_step) is (status not in {EndStatus.CHANGED, EndStatus.UNCHANGED})


def test_a_night_that_never_began_is_a_failure_too(fleet: Fleet) -> None:
    end = ended(fleet, None, Exit.LOCKED)
    assert (end.status, end.cause, end.accounts) == (EndStatus.FAILED, "another run holds the lock", {})
    assert end.next_step.startswith("rolesync fleet check ")
    assert endings_of_accounts(end, fleet, None) == []
    assert ending_of_fleet(Command("sync", Exit.INTERRUPTED, NOW, NOW), fleet, None) is None


def test_a_night_that_never_began_keeps_the_last_success_of_each_account(fleet: Fleet) -> None:
    with open_journal(fleet.folder, lambda: NOW) as record:
        Journal(record, "r1").end(result("north"), JobKind.APPLY)
    (north,) = endings_of_accounts(ended(fleet, None, Exit.LOCKED), fleet, None)
    text = format_metrics([Measured(north, north.last_success, None)])
    name = 'rolesync_last_success_timestamp_seconds{account="north",fleet="district"}'
    assert [line for line in text.splitlines() if not line.startswith("#")] == [f"{name} {NOW.timestamp():.0f}"]
    path = fleet.folder / "audit.jsonl"
    path.write_text(path.read_text(encoding="ascii").replace("north", "south"), encoding="ascii")
    assert endings_of_accounts(ended(fleet, None, Exit.INCOMPLETE), fleet, None) == []


def test_the_guards_of_the_fleet_and_of_its_accounts_are_named(fleet: Fleet) -> None:
    blocked = result("north", BLOCKED, plan=plan(guards=("max_removals", "owner")))
    end = ended(fleet, night(blocked, verdicts=(FleetVerdict("same_list", "…", "", ("north",)),)), Exit.INCOMPLETE)
    assert [rule.name for rule in end.rules] == ["same_list", "max_removals", "owner"]


def test_a_wait_and_an_approval_carry_the_command(fleet: Fleet) -> None:
    waits = ended(fleet, night(result("north", WAITING, plan=plan())), Exit.DONE, "plan", "my night")
    assert (waits.status, waits.next_step) == (EndStatus.WAITING, "rolesync fleet review 'my night'")
    approved = ended(fleet, None, Exit.DONE, "review", "night")
    assert (approved.status, approved.next_step) == (EndStatus.APPROVED, "rolesync fleet apply night")
    assert not approved.is_run


def test_a_plan_is_reported_only_where_changes_wait(tmp_path: Path) -> None:
    (tmp_path / "free").mkdir()
    (tmp_path / "bound").mkdir()
    free = fleet_of(tmp_path / "free", "north")
    bound = fleet_of(tmp_path / "bound", "north", more="[groups.bound]\nrequire_approval = true\n")
    assert not is_reported("plan", free)
    assert is_reported("sync", free)
    assert not is_reported("plan", bound)  # no account is in that group


def test_each_account_has_its_metrics(fleet: Fleet) -> None:
    known = {"changes": (RoleChanges("Admin", 2, 1, 2, 1),), "drift": 4, "requests": 25, "retries": 3, "list_age": 60.0}
    results = (
        result("north", DONE, seconds=2.5, plan=plan(additions=2, removals=1, held=3), **known),
        result("south", BLOCKED, seconds=1.0, plan=plan(removals=9, guards=("max_removals",))),
    )
    of = night(*results)
    end = ended(fleet, of, Exit.INCOMPLETE)
    north, south = endings_of_accounts(end, fleet, of)
    assert (north.exit_code, north.seconds, north.status) == (0, 2.5, EndStatus.UNCHANGED)
    assert (south.exit_code, south.rules[0].name, south.changes[0].added) == (4, "max_removals", 0)
    text = format_metrics([Measured(end), *(Measured(each, each.last_success, None) for each in (north, south))])
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    codes = {
        each.labels.get("account", ""): each.value for each in samples if each.name == "rolesync_last_run_exit_code"
    }
    assert codes == {"": 5, "north": 0, "south": 4}
    north_too = {
        (each.name.removeprefix("rolesync_"), each.labels.get("role"), each.labels.get("action")): each.value
        for each in samples
        if each.labels.get("account") == "north"
    }
    assert north_too["last_run_done_changes", "Admin", "add"] == 2
    assert [north_too[f"last_run_{name}", None, None] for name in ("drifted_changes", "requests", "retries")] == [
        4,
        25,
        3,
    ]
    assert north_too["list_age_seconds", None, None] == 60
    assert all(each.labels["fleet"] == "district" for each in samples)
    assert "@" not in compose(end).text


def test_a_repeated_apply_is_no_change_and_has_none_in_its_metrics(fleet: Fleet) -> None:
    again = result("north", plan=plan(additions=2), changes=(RoleChanges("Admin"),), already_applied="r0")
    of = night(again)
    end = ended(fleet, of, Exit.DONE, "apply")
    assert end.status is EndStatus.UNCHANGED
    assert "Changes: none" in compose(end).text
    (account,) = endings_of_accounts(end, fleet, of)
    text = format_metrics([Measured(account, "", None)])
    assert 'rolesync_last_run_done_changes{account="north",action="add",fleet="district",role="Admin"} 0' in text


@pytest.mark.parametrize("command", ["plan", "sync", "apply"])
@pytest.mark.parametrize("status", AccountStatus)
def test_an_account_that_is_not_done_never_looks_like_a_success(
    fleet: Fleet, status: AccountStatus, command: str
) -> None:
    of = night(result("north", status))
    (account,) = endings_of_accounts(ended(fleet, of, Exit.INCOMPLETE, command), fleet, of)
    fine = {DONE, EMPTY} | ({WAITING, AccountStatus.PLANNED} if command == "plan" else set())
    assert (account.exit_code == 0) is account.is_success is (status in fine)
    if status in {WAITING, AccountStatus.PLANNED} - fine:
        assert account.exit_code == Exit.BLOCKED  # as for a single account whose changes wait
    else:
        assert account.status.is_failure is (status not in fine)


def test_the_fleet_file_says_where_to_report(tmp_path: Path) -> None:
    keys = 'metrics_file = "fleet.prom"\n[[fleet.notify]]\nto = "slack"\nurl_file = "slack_url"\n'
    fleet = fleet_of(tmp_path, "north", fleet=keys)
    reporting = fleet_reporting(fleet)
    assert (reporting.metrics_file, reporting.folder) == (tmp_path / "fleet.prom", fleet.folder)
    assert (reporting.network.folder, reporting.tables[0].to) == (tmp_path, "slack")
    assert reporting.network.proxy("https://127.0.0.1/") == ""
