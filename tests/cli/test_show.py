"""show: a saved plan or a run, in every format."""

import csv
import json

import openpyxl

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell


def test_a_run_has_the_same_forms_as_a_plan_told_from_the_record_alone(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    run = sh.json("apply", "plan.json", "--yes")["run"]
    requests_before = studio.counts()
    shown = sh.run("show", run[:-2])
    assert (shown.returncode, "COMPLETE" in shown.stdout, "greg.stone@example.edu" in shown.stdout) == (0, True, True)
    assert "held 1 row outcomes" in " ".join(shown.stdout.split())
    report = sh.json("show", run)
    assert (report["run"], report["complete"], report["held"], report["counts"]["done"]) == (run, True, 1, 6)
    assert report["proof"] == {"proven": True, "holders": {"Admin": 12}, "differences": []}
    for shown_name in (run, "plan.json"):
        names = {"--html": "r.html", "--markdown": "r.md", "--csv": "r.csv", "--xlsx": "r.xlsx", "--json": "r.json"}
        completed = sh.run("show", shown_name, *(word for pair in names.items() for word in pair))
        assert (completed.returncode, completed.stdout) == (0, "")
        for name in ("r.html", "r.md", "r.csv", "r.json"):
            assert "greg.stone@example.edu" in (sh.folder / name).read_text(encoding="utf-8-sig"), name
    assert studio.counts() == requests_before

    (sh.folder / run).write_text("not a plan", encoding="ascii")  # a file of that name comes first
    assert sh.run("show", run).returncode == 3
    neither = sh.json("show", "2020", exit_code=64)["error"]
    assert neither["message"] == "2020: there is no such file; as the id of a run: No run begins with '2020'"
    assert "rolesync runs" in neither["hint"]
    without = sh.json("show", "2020", exit_code=64, base_url=None)["error"]
    assert without["message"].startswith("2020: there is no such file; as the id of a run: ")
    assert sh.json("show", "plan.jsn", exit_code=3)["error"]["message"] == "the plan plan.jsn does not exist"


def test_a_file_that_cannot_be_looked_at_is_reported(sh: Shell) -> None:
    assert "can't be read: File name too long" in sh.json("show", "x" * 300, exit_code=3)["error"]["message"]


def test_show_writes_every_form_of_a_saved_plan(sh: Shell) -> None:
    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    forms = ["--html", "p.html", "--markdown", "p.md", "--csv", "p.csv", "--xlsx", "p.xlsx"]
    completed = sh.run("show", "plan.json", *forms)
    assert (completed.returncode, completed.stdout) == (0, "")
    for name in ("p.html", "p.md"):
        text = (sh.folder / name).read_text(encoding="utf-8")
        assert plan["digest"] in text
        assert "greg.stone@example.edu" in text
        assert "rolesync apply plan.json" in text
    with (sh.folder / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert "greg.stone@example.edu" in {cell for row in rows for cell in row}
    book = openpyxl.load_workbook(sh.folder / "p.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.values for cell in row}
    book.close()
    assert "greg.stone@example.edu" in cells


def test_the_next_step_may_be_another_than_to_apply(sh: Shell) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    completed = sh.run("show", "plan.json", "--html", "p.html", "--markdown", "-", "--next", "Approve <this> request.")
    page = (sh.folder / "p.html").read_text(encoding="utf-8")
    assert "`Approve <this> request.`" in completed.stdout
    assert "Approve &lt;this&gt; request." in page
    assert "rolesync apply" not in completed.stdout + page
    assert "--next is for plans" in sh.json("show", "2020", "--next", "x", exit_code=64)["error"]["message"]


def test_a_minus_writes_a_format_to_standard_output(synced: Shell) -> None:
    run = synced.record()[0]["run"]
    shown = synced.run("show", run, "--csv", "-", token=None)
    header, *rows = csv.reader(shown.stdout.splitlines())
    assert (shown.returncode, header[0], len(rows)) == (0, "outcome", 6)
    assert json.loads(synced.run("show", run, "--json", "-").stdout) == synced.json("show", run)
