"""plan: what it reads, what it shows, and that it writes nothing to Studio."""

import csv
import json

import openpyxl

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell

ESCAPE = "\x1b"


def test_a_plan_is_the_same_on_the_screen_in_the_file_and_shown_again(sh: Shell, studio: Control) -> None:
    completed = sh.run("plan", SAMPLE, "-o", "plan.json", "--detailed-exitcode", "--format", "json")
    assert completed.returncode == 2
    assert completed.stdout == (sh.folder / "plan.json").read_text(encoding="ascii")
    plan = json.loads(completed.stdout)
    assert plan["status"] == "ready"
    assert plan["account"] == studio.base_url
    assert "reading Admin: 1 of 1" in completed.stderr  # progress, which is not part of the answer
    again = sh.run("show", "plan.json", "--format", "json")
    assert (again.returncode, again.stdout) == (0, completed.stdout)
    assert studio.log() == []
    assert studio.counts()["roles"] == 0


def test_piped_text_is_plain_and_an_undetailed_exit_code_is_zero(sh: Shell, studio: Control) -> None:
    for command in (["plan", SAMPLE], ["sync", SAMPLE, "--dry-run"]):
        completed = sh.run(*command)
        assert completed.returncode == 0
        assert "READY" in completed.stdout
        assert "greg.stone@example.edu" in completed.stdout
        assert ESCAPE not in completed.stdout + completed.stderr
    assert studio.counts()["roles"] == 0


def test_a_blocked_plan_is_shown_and_saved_but_ends_with_its_own_code(sh: Shell, studio: Control) -> None:
    completed = sh.run("plan", sh.list_of(ADMINS[:7]), "-o", "plan.json", "--detailed-exitcode")
    assert completed.returncode == 4
    assert "BLOCKED" in completed.stdout
    assert "max_removals_share" in completed.stdout
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
    assert [finding["code"] for finding in checked["findings"] if finding["level"] == "held"]
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
    holders = [holder for holder in sh.json("export")["assignments"] if holder["email"]]
    words = [("add", ""), ("remove", ""), ("", "2020-01-01")]
    assert len(holders) >= len(words)
    for number, holder in enumerate(holders):
        action, expires = words[number] if number < len(words) else ("", "")
        text += f"{holder['email']},Admin,{action},{expires}\n"
    (sh.folder / "list.csv").write_text(text, encoding="utf-8")
    plan = sh.json("plan", "list.csv", max_removals_share="1")
    named = {holder["user_id"]: row for row, holder in enumerate(holders, 2)}
    removed = {
        change["user_id"]: change
        for change in plan["changes"]
        if change["email"] in {holder["email"] for holder in holders}
    }
    assert sorted(removed) == sorted(holder["user_id"] for holder in holders[1:3])
    assert all(change["reason"] == "listed_without_role" for change in removed.values())
    assert [removed[user_id]["row"] for user_id in removed] == [named[user_id] for user_id in removed]
