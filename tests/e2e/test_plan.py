"""plan and show: what a reviewer gets, and that nothing is written to Studio for it."""

import csv
import json

import openpyxl

from rolesync.sandbox.control import Control
from tests.e2e.command import ADMINS, SAMPLE, Shell

ESCAPE = "\x1b"


def test_a_plan_is_the_same_on_the_screen_in_the_file_and_shown_again(sh: Shell, studio: Control) -> None:
    made = sh.run("plan", SAMPLE, "-o", "plan.json", "--detailed-exitcode", "--format", "json")
    assert made.returncode == 2
    assert made.stdout == (sh.folder / "plan.json").read_text(encoding="ascii")
    plan = json.loads(made.stdout)
    assert plan["status"] == "ready"
    assert plan["account"] == studio.base_url
    assert "reading Admin: 1 of 1" in made.stderr  # progress, which is no part of the answer
    again = sh.run("show", "plan.json", "--format", "json")
    assert (again.returncode, again.stdout) == (0, made.stdout)
    assert studio.log() == []
    assert studio.counts()["roles"] == 0


def test_piped_text_is_plain_and_an_undetailed_exit_code_is_zero(sh: Shell, studio: Control) -> None:
    for command in (["plan", SAMPLE], ["sync", SAMPLE, "--dry-run"]):
        made = sh.run(*command)
        assert made.returncode == 0
        assert "READY" in made.stdout
        assert "greg.stone@example.edu" in made.stdout
        assert ESCAPE not in made.stdout + made.stderr
    assert studio.counts()["roles"] == 0


def test_show_writes_every_form_of_a_saved_plan(sh: Shell) -> None:
    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    forms = ["--html", "p.html", "--markdown", "p.md", "--csv", "p.csv", "--xlsx", "p.xlsx"]
    done = sh.run("show", "plan.json", *forms)
    assert (done.returncode, done.stdout) == (0, "")
    for name in ("p.html", "p.md"):
        text = (sh.folder / name).read_text(encoding="utf-8")
        assert plan["digest"] in text
        assert "greg.stone@example.edu" in text
    with (sh.folder / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert "greg.stone@example.edu" in {cell for row in rows for cell in row}
    book = openpyxl.load_workbook(sh.folder / "p.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.values for cell in row}
    book.close()
    assert "greg.stone@example.edu" in cells


def test_without_removals_only_additions_are_planned(sh: Shell) -> None:
    changes = sh.json("plan", SAMPLE, "--no-removals")["changes"]
    assert [change["action"] for change in changes] == ["add"] * 4


def test_a_blocked_plan_is_shown_and_saved_but_ends_with_its_own_code(sh: Shell, studio: Control) -> None:
    made = sh.run("plan", sh.list_of(ADMINS[:7]), "-o", "plan.json", "--detailed-exitcode")
    assert made.returncode == 4
    assert "BLOCKED" in made.stdout
    assert "max_removals_share" in made.stdout
    shown = sh.run("show", "plan.json")
    assert shown.returncode == 0
    assert "BLOCKED" in shown.stdout
    assert studio.log() == []
