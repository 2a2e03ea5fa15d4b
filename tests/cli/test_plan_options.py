"""The options that commands about plans share."""

from pathlib import Path

import openpyxl
import pytest

from rolesync.cli.plan_options import load_plan_settings
from rolesync.errors import UsageError
from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell


def test_impact_stands_beside_each_removal_in_every_form(sh: Shell, studio: Control) -> None:
    completed = sh.run("plan", SAMPLE, "--impact", "-o", "plan.json")
    assert (completed.returncode, completed.stdout.count("owns 3 media, ")) == (0, 2)
    assert "2 users with a removal own 6 media" in completed.stdout
    assert studio.counts()["media"] == 2
    forms = {"--html": "p.html", "--markdown": "p.md", "--csv": "p.csv", "--xlsx": "p.xlsx"}
    assert sh.run("show", "plan.json", *(word for pair in forms.items() for word in pair)).returncode == 0
    assert "owns 3 media, " in (sh.folder / "p.html").read_text(encoding="utf-8")
    for name in ("p.md", "p.csv"):
        assert (sh.folder / name).read_text(encoding="utf-8-sig").count("owns 3 media, ") == 2, name
    book = openpyxl.load_workbook(sh.folder / "p.xlsx", read_only=True)
    numbers = [row[:3] for row in book["impact"].iter_rows(values_only=True)]
    book.close()
    assert numbers == [("user_id", "known", "owned"), (1031, "all", 3), (1040, "all", 3)]
    assert studio.counts()["media"] == 2  # they are in the plan
    held = sh.json("sync", SAMPLE, "--dry-run", "--impact", "--hold-removals")
    assert [user["user_id"] for user in held["impact"]] == [1031, 1040]
    assert sh.json("plan", SAMPLE)["impact"] is None
    assert "--dry-run" in sh.json("sync", SAMPLE, "--impact", exit_code=64)["error"]["hint"]
    assert studio.log() == []


def test_without_removals_only_additions_are_planned(sh: Shell) -> None:
    changes = sh.json("plan", SAMPLE, "--no-removals")["changes"]
    assert [change["action"] for change in changes] == ["add"] * 4


def test_the_options_override_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLESYNC_HOLD_REMOVALS", "true")
    plain = load_plan_settings(None, None, False, False, {"sheet": None, "header_row": None})
    assert (plain.mode, plain.hold_removals, plain.sheet) == ("sync", True, "")
    named = load_plan_settings(None, ["hold_removals=false"], True, False, {"sheet": "Old", "header_row": 3})
    assert (named.mode, named.hold_removals, named.sheet, named.header_row) == ("additive", False, "Old", 3)
    assert load_plan_settings(None, None, False, True, {}).hold_removals


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="contradict each other"):
        load_plan_settings(None, None, True, True, {})
    with pytest.raises(UsageError, match="set twice"):
        load_plan_settings(None, ["mode=sync"], True, False, {})
