"""What the commands of a fleet share."""

from pathlib import Path

import pytest

from rolesync.cli.fleet_context import fleet_context, hint_to_resume
from rolesync.errors import UsageError
from tests.fleet.tools import fleet_of


def test_only_accounts_of_the_fleet_are_trusted(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a")
    with fleet_context(fleet, ["a"]) as context:
        assert context.trusted == {"a"}
    with pytest.raises(UsageError, match="--trust-record b: the fleet has no such account"):
        fleet_context(fleet, ["b"]).__enter__()


def test_an_interruption_ends_with_the_command_that_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = fleet_of(tmp_path, "a")
    with pytest.raises(KeyboardInterrupt), hint_to_resume(fleet):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == f"interrupted; to continue: rolesync fleet resume -f {fleet.path}\n"
