"""plan and show: what a reviewer gets, and that nothing is written to Studio for it."""

import csv
import json
from typing import Any

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


def test_impact_stands_beside_each_removal_in_every_form(sh: Shell, studio: Control) -> None:
    shown = sh.run("plan", SAMPLE, "--impact", "-o", "plan.json")
    assert (shown.returncode, shown.stdout.count("owns 3 media, ")) == (0, 2)
    assert "2 users with a removal own 6 media" in shown.stdout
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
    assert [one["user_id"] for one in held["impact"]] == [1031, 1040]
    assert sh.json("plan", SAMPLE)["impact"] is None
    assert "--dry-run" in sh.json("sync", SAMPLE, "--impact", exit_code=64)["error"]["hint"]
    assert studio.log() == []


def test_the_page_tells_the_last_run_that_touched_a_person_if_the_record_can_be_read(sh: Shell) -> None:
    def page(*options: str, **settings: object) -> tuple[Any, str]:
        done = sh.run("show", "plan.json", "--html", "p.html", *options, **settings)
        assert done.returncode == 0, done.stderr
        text = (sh.folder / "p.html").read_text(encoding="utf-8")
        data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
        return data[0]["details"]["last_changes"], done.stderr

    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    lost = next(change for change in plan["changes"] if change["email"] == "greg.stone@example.edu")
    assert page()[0] == {}
    assert page(state_dir=sh.folder / "elsewhere")[0] is None
    assert page(base_url=None)[0] == {}  # who reviews a plan needs no Studio
    assert sh.run("show", "plan.json", "--html", "p.html", "--set", "nonsense=1").returncode == 64

    assert sh.run("apply", "plan.json", "--yes").returncode == 0
    last_changes, _ = page()
    assert last_changes[str(lost["user_id"])]["sent"] == ["remove Admin: done"]
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    path.write_text(path.read_text(encoding="ascii").replace("greg.stone", "greg.stein"), encoding="ascii")
    last_changes, said = page()
    assert last_changes is None
    assert "the page can't show which run last changed each user: " in said


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


def test_bad_rows_are_held_with_every_removal_where_that_is_asked_for(sh: Shell, studio: Control) -> None:
    good = SAMPLE.read_text(encoding="utf-8")
    path = sh.folder / "list.csv"
    path.write_text(
        good + "greg.stone(at)example.edu,Admin" + "," * good.splitlines()[0].count(",") + "\n", encoding="utf-8"
    )
    refused = sh.run("plan", path, "--format", "json")
    assert refused.returncode == 3
    assert json.loads(refused.stdout)["status"] == "reject"
    checked = sh.json("validate", path, "--bad-rows", "hold")
    assert checked["status"] == "warn"
    assert [one["code"] for one in checked["findings"] if one["level"] == "held"]
    plan = sh.json("plan", path, "--bad-rows", "hold")
    usual = sh.json("plan", SAMPLE)
    assert [change["action"] for change in plan["changes"]] == ["add"] * len(plan["changes"])
    kept = [held["user_id"] for held in plan["held"] if held["reason"] == "removals_held"]
    assert kept == [change["user_id"] for change in usual["changes"] if change["action"] == "remove"] != []
    assert all("unreadable rows" in held["detail"] for held in plan["held"] if held["reason"] == "removals_held")
    shown = sh.run("sync", path, "--bad-rows", "hold")
    assert shown.returncode == 0
    assert "unreadable" in shown.stdout
    assert {change["action"] for change in studio.log()} == {"add"}


def test_a_workbook_is_a_list(sh: Shell) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    rows = list(csv.reader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    for row in rows:
        sheet.append(row)
    other = book.create_sheet("Old")
    other.append(["email", "role"])
    other.append(["nobody@example.edu", "Admin"])
    book.save(sh.folder / "list.csv")
    assert sh.run("plan", "list.csv").returncode == 3
    plan = sh.json("plan", "list.csv", "--sheet", sheet.title, "--header-row", "1")
    assert plan["changes"] == sh.json("plan", SAMPLE)["changes"]


def test_dates_and_actions_decide_who_is_listed(sh: Shell) -> None:
    text = "email,role,action,expires\n"
    holders = [one for one in sh.json("export")["assignments"] if one["email"]]
    words = [("add", ""), ("remove", ""), ("", "2020-01-01")]
    assert len(holders) >= len(words)
    for number, one in enumerate(holders):
        action, expires = words[number] if number < len(words) else ("", "")
        text += f"{one['email']},Admin,{action},{expires}\n"
    (sh.folder / "list.csv").write_text(text, encoding="utf-8")
    plan = sh.json("plan", "list.csv", max_removals_share="1")
    named = {one["user_id"]: row for row, one in enumerate(holders, 2)}
    removed = {
        change["user_id"]: change for change in plan["changes"] if change["email"] in {one["email"] for one in holders}
    }
    assert sorted(removed) == sorted(one["user_id"] for one in holders[1:3])
    assert all(change["reason"] == "listed_without_role" for change in removed.values())
    assert [removed[user_id]["row"] for user_id in removed] == [named[user_id] for user_id in removed]
