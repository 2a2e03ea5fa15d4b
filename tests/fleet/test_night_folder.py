"""The folder of a night: new and empty before, and never of another fleet file."""

import json
from pathlib import Path

import pytest

from rolesync.errors import PlanRefusedError, UsageError
from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.night_folder import check_new_folder, check_same_file, load_night, save_night
from rolesync.model.fleet import AccountStatus
from tests.fleet.tools import fleet_of, plan, result


def test_what_was_planned_is_read_back(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, "a", "b")
    results = [result("a", AccountStatus.PLANNED, plan=plan()), result("b", AccountStatus.UNREACHABLE, message="m")]
    save_night(tmp_path / "night", fleet, "r1", results)
    night = load_night(tmp_path / "night")
    assert (night.fleet_path, night.run, list(night.results)) == (fleet.path, "r1", results)
    check_same_file(night, fleet)
    fleet.path.write_text(fleet.path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(PlanRefusedError, match="has changed since the night was planned"):
        check_same_file(night, read_fleet(fleet.path, tmp_path))


@pytest.mark.parametrize(
    ("run", "at"), [("20261130T021500-8c35c8", " at 2026-11-30 02:15:00 UTC"), ("", ""), ("r1", "")]
)
def test_applying_names_when_an_account_got_no_plan(tmp_path: Path, run: str, at: str) -> None:
    fleet = fleet_of(tmp_path, "a", "b", "c")
    planned = [result("a", AccountStatus.PLANNED, plan=plan()), result("b", AccountStatus.EMPTY, plan=plan())]
    save_night(tmp_path / "night", fleet, run, [*planned, result("c", AccountStatus.NOT_BEGUN, message="m")])
    *others, last = load_night(tmp_path / "night").to_apply
    assert others == planned
    assert (last.status, last.message) == (AccountStatus.NOT_BEGUN, f"has no plan, because planning failed{at}: m")
    assert last.hint.startswith(f"plan it again: rolesync fleet plan {fleet.path} --only c -o NEWFOLDER; ")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    check_new_folder(tmp_path / "new")
    (tmp_path / "new" / "x").touch()
    with pytest.raises(UsageError, match="is not empty"):
        check_new_folder(tmp_path / "new")
    with pytest.raises(UsageError, match="can't be used: Not a directory"):
        check_new_folder(tmp_path / "new" / "x")


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"rolesync_fleet": 1})])
def test_another_file_is_no_night(tmp_path: Path, content: str) -> None:
    (tmp_path / "fleet.json").write_text(content, encoding="ascii")
    with pytest.raises(PlanRefusedError, match="is not the summary of a night"):
        load_night(tmp_path)


def test_a_night_of_a_later_version_is_refused_and_a_missing_one_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read: No such file"):
        load_night(tmp_path)
    (tmp_path / "fleet.json").write_text('{"rolesync_fleet": 2}', encoding="ascii")
    with pytest.raises(PlanRefusedError, match="another version"):
        load_night(tmp_path)


def test_a_night_that_can_not_be_saved_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="can't be written"):
        save_night(tmp_path / "file" / "night", fleet_of(tmp_path, "a"), "r1", [])
