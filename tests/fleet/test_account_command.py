"""A command of a single account gets what the fleet file sets, and advice names a command that works."""

from pathlib import Path

import pytest

from rolesync.fleet.account_command import account_values, advice_for_fleet, run_account_command
from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.worker_protocol import JobKind
from tests.fleet.tools import fleet_of, job


def test_advice_names_a_command_with_the_settings_of_the_account() -> None:
    north = job(fleet_path="/my fleet.toml", secrets="/s/north")
    prefix = "rolesync fleet run north -f '/my fleet.toml' --"
    assert (
        advice_for_fleet("rolesync show /p.json; `rolesync login`", north) == f"{prefix} show /p.json; `{prefix} login`"
    )
    assert advice_for_fleet("set ROLESYNC_TOKEN", north) == "set the file /s/north/rolesync_token"
    assert advice_for_fleet("set ROLESYNC_OWNER", north) == "set `owner` in /my fleet.toml"
    assert advice_for_fleet("another version of rolesync is there", north) == "another version of rolesync is there"
    assert advice_for_fleet("rolesync fleet resume", north) == "rolesync fleet resume"


def test_advice_for_planning_names_a_new_folder() -> None:
    text, path = "check the network, then run the same command again", "/my fleet.toml"
    planning = advice_for_fleet(text, job(kind=JobKind.PLAN, fleet_path=path))
    command = "rolesync fleet plan '/my fleet.toml' --only north -o NEWFOLDER"
    assert planning == f"check the network, then run `{command}` again"
    assert advice_for_fleet(text, job(kind=JobKind.PLAN, is_sync=True, fleet_path=path)) == text
    assert advice_for_fleet(text, job(kind=JobKind.CHECK, fleet_path=path)) == text


def test_a_command_runs_with_the_settings_of_its_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = fleet_of(tmp_path, "a", "b").path
    settings = '[defaults]\naccount_column = "school"\nmanaged_roles = ["Admin", "Teacher"]\n'
    path.write_text(path.read_text(encoding="utf-8").replace("[defaults]\n", settings), encoding="utf-8")
    fleet = read_fleet(path, tmp_path / "state")
    assert account_values(fleet, fleet.accounts["a"], "ann")["operator"] == "ann"
    assert run_account_command(fleet, fleet.accounts["a"], ["config", "show"]) == 0
    shown = capfd.readouterr().out
    assert "http://127.0.0.1:1" in shown
    assert "Teacher" in shown
    assert "school" in shown
    assert "sandbox-token" not in shown
    assert run_account_command(fleet, fleet.accounts["a"], ["show", "none"]) == 64
