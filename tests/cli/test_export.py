"""export: the live holders as a list."""

import json

import openpyxl
import pytest

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, Shell


def test_what_export_writes_is_a_list_that_changes_nothing(sh: Shell, studio: Control) -> None:
    exported = sh.run("export", "-o", "today.csv")
    assert (exported.returncode, exported.stdout) == (0, "")
    validation = sh.json("validate", "today.csv")
    assert validation["status"] == "ok"
    assert sorted(assignment["email"] for assignment in validation["assignments"]) == sorted(ADMINS)
    assert validation["assignments"] == [
        {name: holder[name] for name in ("email", "user_id", "role")} for holder in sh.json("export")["assignments"]
    ]
    plan = sh.run("plan", "today.csv", "--detailed-exitcode", "--format", "json")
    assert plan.returncode == 0
    assert json.loads(plan.stdout)["status"] == "empty"
    assert studio.log() == []


def test_json_is_written_to_the_named_file(sh: Shell) -> None:
    exported = sh.run("export", "-o", "today.json", "--format", "json")
    assert (exported.returncode, exported.stdout) == (0, "")
    assert json.loads((sh.folder / "today.json").read_text(encoding="utf-8")) == sh.json("export")


def test_a_holder_without_an_address_is_exported_by_id(sh: Shell, studio: Control) -> None:
    studio.edit_person(1003, email=None)
    (holder,) = [holder for holder in sh.json("export")["assignments"] if not holder["email"]]
    assert (holder["email"], holder["user_id"], holder["role"]) == (None, 1003, "Admin")
    assert '"","1003","Admin","Maria Fernandes"' in sh.run("export").stdout.splitlines()


def test_a_list_that_cannot_be_written_is_wrong_usage(sh: Shell) -> None:
    refused = sh.run("export", "-o", "none/today.csv")
    assert (refused.returncode, refused.stdout) == (64, "")
    assert "can't be written to none/today.csv: the folder none does not exist" in refused.stderr


def mark(sh: Shell, stays: dict[str, str]) -> None:
    """Mark the users with these addresses in `holders.xlsx`."""
    book = openpyxl.load_workbook(sh.folder / "holders.xlsx")
    for row in list(book["holders"].rows)[1:]:
        row[0].value = stays.get(str(row[3].value).casefold(), row[0].value)
    book.save(sh.folder / "holders.xlsx")


def test_a_clean_up_takes_the_role_only_from_those_who_are_marked_no(sh: Shell, studio: Control) -> None:
    assert "rolesync export --decisions holders.xlsx -o LIST" in sh.run("export", "--review", "holders.xlsx").stderr
    mark(sh, {ADMINS[1]: "yes", **dict.fromkeys(ADMINS[3:], "No ")})
    undecided = sh.run("export", "--decisions", "holders.xlsx", "-o", "list.csv")
    assert undecided.returncode == 3
    assert f"1 holder undecided, without a mark in holders.xlsx: {ADMINS[2]}; no list was written" in undecided.stderr
    assert "--undecided-stay" in undecided.stderr
    assert not (sh.folder / "list.csv").exists()
    newcomer = studio.add_person("New Admin", email="new.admin@example.edu", roles=["Admin"])
    completed = sh.run("export", "--decisions", "holders.xlsx", "-o", "list.csv", "--undecided-stay")
    assert "4 roles stay, 7 leave. The plan of this list is to be: remove 7, add 0" in completed.stderr
    assert completed.stderr.endswith("  → rolesync plan list.csv --impact -o plan.json\n")
    plan = sh.json("plan", "list.csv", "-o", "plan.json", exit_code=4)
    assert sorted(change["email"].casefold() for change in plan["changes"]) == sorted(ADMINS[3:])
    review = ("review", "plan.json", "--reviewer", "Rita", "--sees", "remove 7, add 0")
    approved = sh.json(*review, exit_code=4)
    assert sh.run("apply", "plan.approved.json", "--yes").returncode == 4
    assert sh.run("apply", "plan.approved.json", "--yes", "--override", plan["digest"]).returncode == 4
    assert sh.run("apply", "plan.approved.json", "--yes", "--override", approved["digest"]).returncode == 0
    assert {person["id"] for person in studio.people(role="Admin")} == {1002, 1003, 1007, newcomer["id"]}


def test_the_owner_cannot_be_marked_no(sh: Shell) -> None:
    sh.run("export", "--review", "holders.xlsx")
    mark(sh, dict.fromkeys(ADMINS[:2], "no"))
    refused = sh.run("export", "--decisions", "holders.xlsx", "--undecided-stay")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"marked no, but protected: {ADMINS[0]}" in refused.stderr


@pytest.mark.parametrize("options", [["--undecided-stay"], ["--review", "a.xlsx", "--decisions", "b.xlsx"]])
def test_options_of_a_clean_up_that_contradict_each_other_are_wrong_usage(sh: Shell, options: list[str]) -> None:
    assert sh.run("export", *options).returncode == 64


def test_a_workbook_that_is_not_there_is_refused_as_input(sh: Shell) -> None:
    refused = sh.run("export", "--decisions", "none.xlsx")
    assert refused.returncode == 3
    assert "rolesync export --review FILE" in refused.stderr
