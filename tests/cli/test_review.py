"""review: a plan is decided on in a table and approved, and applied as decided."""

import json
from dataclasses import replace
from pathlib import Path

import openpyxl

from rolesync.cli.review import end_of_review
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox.control_client import Control
from tests.cli.reviewing import GONE, KEPT, NEW, admins, decide, planned, review
from tests.command import Shell


def test_a_workbook_is_decided_on_approved_and_applied(sh: Shell) -> None:
    plan, original = planned(sh, operator="mia"), (sh.folder / "plan.json").read_bytes()
    decide(sh, "exclude", GONE[0], "on leave")
    done = sh.json(*review("remove 1, add 1", "--decisions", "plan.xlsx"), operator="rita")
    assert (sh.folder / "plan.json").read_bytes() == original
    assert json.loads((sh.folder / "plan.approved.json").read_text(encoding="ascii")) == done
    assert done["digest"] != plan["digest"]
    assert (done["made_by"], done["approval"]["reviewer"], done["approval"]["operator"]) == ("mia", "Rita Levi", "rita")
    assert done["approval"]["made_from"] == plan["digest"]
    assert [(held["email"], held["reason"], held["detail"]) for held in done["held"]] == [
        (GONE[0], "excluded", "on leave")
    ]
    shown = sh.run("show", "plan.approved.json").stdout
    assert "by Rita Levi (rita)" in " ".join(shown.split())
    assert "on leave" in shown
    ran = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True, operator="Ola Night")
    assert ran.returncode == 0, ran.stderr
    assert "by Rita Levi (rita)" in " ".join(ran.stdout.split())
    assert admins(sh) == {*KEPT, NEW, GONE[0]}
    (start,) = (record for record in sh.record() if record["event"] == "run.start")
    assert (start["made_by"], start["operator"]) == ("mia", "Ola Night")
    assert (start["approval"]["reviewer"], start["approval"]["seen"]) == ("Rita Levi", "remove 1, add 1")
    (out,) = start["approval"]["excluded_changes"]
    assert (out["role"], out["action"], out["email"], out["reason"]) == ("Admin", "remove", GONE[0], "on leave")

    run = start["run"]
    report = sh.json("show", run)
    assert (report["planned_by"], report["approval"]) == ("mia", start["approval"])
    assert (report["made_by"], report["held"]) == (sh.record()[0]["run"], 1)
    assert (
        sh.run("show", run, *(f"--{form}=run.{form}" for form in ("html", "markdown", "csv", "xlsx"))).returncode == 0
    )
    book = openpyxl.load_workbook(sh.folder / "run.xlsx")
    forms = [
        sh.run("show", run).stdout,
        *((sh.folder / f"run.{form}").read_text("utf-8") for form in ("html", "markdown")),
    ]
    forms += [repr([list(sheet.values) for sheet in book]), (sh.folder / "run.csv").read_text("utf-8")]
    for text in forms:
        assert all(part in text for part in ("Rita Levi", "Ola Night", "on leave", GONE[0]))
    assert report["operator"] == "Ola Night"
    assert [listed["operator"] for listed in sh.json("runs")["runs"]] == ["mia", "Ola Night"]
    assert "Ola Night" in sh.run("audit", "show", run).stdout
    assert "approved by Rita Levi" in " ".join(sh.run("explain", GONE[1]).stdout.split())

    kept = sh.json("explain", GONE[0])  # nothing of theirs was ever sent
    (decision,) = kept["decisions"]
    assert (decision["run"], decision["decision"], decision["action"]) == (run, "excluded", "remove")
    assert (decision["reviewer"], decision["reason"], decision["email"]) == ("Rita Levi", "on leave", GONE[0])
    assert decision["time"] == start["approval"]["approved_at"]
    assert kept["changes"] == []
    assert "excluded by the reviewer" in " ".join(sh.run("explain", GONE[0]).stdout.split())


def test_every_form_says_who_approved(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1")).returncode == 0
    forms = ["--html", "p.html", "--markdown", "p.md", "--xlsx", "p.xlsx"]
    assert sh.run("show", "plan.approved.json", *forms).returncode == 0
    assert all("by Rita Levi" in (sh.folder / name).read_text(encoding="utf-8") for name in ("p.html", "p.md"))
    book = openpyxl.load_workbook(sh.folder / "p.xlsx")
    assert any(row[0] == "approved" and "by Rita Levi" in str(row[2]) for row in book["summary"].values)


def test_a_held_removal_is_let_through_by_name(sh: Shell) -> None:
    planned(sh, "--hold-removals")
    decide(sh, "release", GONE[0], "has left", "held")
    report = sh.json(*review("remove 1, add 1", "--decisions", "plan.xlsx"))
    assert [change["email"] for change in report["changes"] if change["action"] == "remove"] == [GONE[0]]
    assert [removal["reason"] for removal in report["approval"]["released"]] == ["has left"]
    assert sh.run("apply", "plan.approved.json", "--yes").returncode == 0
    assert admins(sh) == {*KEPT, NEW, GONE[1]}
    explanation = sh.json("explain", GONE[0])
    assert [
        (decision["decision"], decision["reason"], decision["reviewer"]) for decision in explanation["decisions"]
    ] == [("released", "has left", "Rita Levi")]
    assert [change["action"] for change in explanation["changes"]] == ["remove"]


def test_what_still_blocks_blocks_and_an_override_is_for_the_approved_plan(sh: Shell, studio: Control) -> None:
    completed = sh.run("plan", sh.list_of([*KEPT, NEW]), "-o", "plan.json", max_removals=0)
    assert completed.returncode == 4
    plan = json.loads((sh.folder / "plan.json").read_text(encoding="ascii"))
    approved = sh.json(*review("remove 2, add 1"), exit_code=4)
    assert approved["status"] == "blocked"
    end = end_of_review(from_json((sh.folder / "plan.approved.json").read_text("ascii")), Path("plan.approved.json"))
    assert end.command == f"rolesync apply plan.approved.json --override {approved['digest']}"
    for override in ([], ["--override", plan["digest"]]):
        assert sh.run("apply", "plan.approved.json", "--yes", *override).returncode == 4
    assert studio.log() == []
    assert sh.run("apply", "plan.approved.json", "--yes", "--override", approved["digest"]).returncode == 0


def test_without_the_approval_that_the_settings_ask_for_nothing_is_sent(sh: Shell, studio: Control) -> None:
    planned(sh, operator="mia")
    plain = sh.run("apply", "plan.json", "--yes", require_approval=True)
    assert plain.returncode == 4
    assert "nobody has approved this plan" in plain.stderr
    assert "rolesync review PLAN" in plain.stderr
    assert sh.run("apply", "plan.json", require_approval=True).returncode == 4  # before it asks
    waits = sh.run("sync", "list.csv", require_approval=True)
    assert waits.returncode == 4
    assert all(f"rolesync {word}" in waits.stderr for word in ("plan", "review", "apply"))
    refused = sh.run(*review("remove 2, add 1"), operator="Mia", four_eyes=True)
    assert refused.returncode == 4
    assert not (sh.folder / "plan.approved.json").exists()
    assert sh.run(*review("remove 2, add 1"), operator="MIA").returncode == 0
    same = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True)
    assert same.returncode == 4
    assert "made by mia and approved by Rita Levi (MIA)" in same.stderr
    assert studio.log() == []
    assert sh.run("apply", "plan.approved.json", "--yes", require_approval=True).returncode == 0
    assert sh.run("sync", "list.csv", require_approval=True).returncode == 0  # nothing is left to change


def test_who_made_a_plan_is_not_taken_from_a_file_alone(sh: Shell, studio: Control) -> None:
    planned(sh, operator="mia")
    path = sh.folder / "plan.json"
    path.write_text(to_json(replace(from_json(path.read_text("ascii")), planned_by="bo")), encoding="ascii")
    assert sh.run(*review("remove 2, add 1"), operator="mia", four_eyes=True).returncode == 0
    completed = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True)
    assert completed.returncode == 4
    assert "was made by mia, so it is not certain that bo made it" in completed.stderr
    assert studio.log() == []


def test_a_wrong_sentence_approves_nothing(sh: Shell) -> None:
    planned(sh)
    completed = sh.run(*review("remove 12, add 40"))
    assert completed.returncode == 4
    assert "would remove 2, add 1" in completed.stderr
    assert not (sh.folder / "plan.approved.json").exists()


def test_without_a_terminal_all_is_given(sh: Shell) -> None:
    planned(sh)
    alone = sh.run("review", "plan.json")
    assert (alone.returncode, alone.stdout) == (64, "")
    assert "standard input is not a terminal" in alone.stderr
    assert "--port 0" in alone.stderr
    assert "rolesync show plan.json --csv plan.csv" in alone.stderr
    for options in (["--decisions", "plan.csv"], ["--reviewer", "Rita"], ["--sees", "remove 2, add 1"]):
        assert sh.run("review", "plan.json", *options).returncode == 64
    same = sh.run(*review("remove 2, add 1", "-o", "./plan.json"))
    assert same.returncode == 64
    assert "is never overwritten" in same.stderr
    assert sh.run(*review("remove 2, add 1", "--decisions", "none.xlsx")).returncode == 3


def test_an_approved_plan_is_not_approved_again(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1")).returncode == 0
    again = sh.run("review", "plan.approved.json", "--reviewer", "Bo", "--sees", "remove 2, add 1")
    assert again.returncode == 4
    assert "already approved by Rita Levi" in again.stderr


def test_who_has_made_a_plan_doesnt_begin_a_review_that_asks_for_another(sh: Shell) -> None:
    planned(sh, operator="mia")
    completed = sh.run("review", "plan.json", operator="Mia", four_eyes=True)
    assert completed.returncode == 4
    assert "mia made this plan and can't approve it" in completed.stderr


def test_wrong_cells_are_told_all_at_once_with_their_places(sh: Shell) -> None:
    planned(sh, "--hold-removals")
    decide(sh, "exclude", NEW)
    decide(sh, "exclude", GONE[0], "why not", "held")
    completed = sh.run(*review("remove 0, add 1", "--decisions", "plan.xlsx"))
    assert completed.returncode == 3
    assert (
        "plan.xlsx: sheet changes, row 2, column decision_reason: is empty: exclude needs a reason" in completed.stderr
    )
    assert "sheet held, row 2, column decision: is 'exclude', and can only be release" in completed.stderr
    answer = sh.json(*review("remove 0, add 1", "--decisions", "plan.xlsx"), exit_code=3)
    assert [(problem["sheet"], problem["row"], problem["column"]) for problem in answer["problems"]] == [
        ("changes", 2, "decision_reason"),
        ("held", 2, "decision"),
    ]
    assert not (sh.folder / "plan.approved.json").exists()
