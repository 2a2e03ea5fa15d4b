"""review: a plan is decided on in a spreadsheet, approved, and applied as decided."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox.control import Control
from tests.browser import watched
from tests.e2e.command import ADMINS, Shell
from tests.review.page.begun import Visitor

NEW = "omar.haddad@example.edu"
KEPT, GONE = ADMINS[:8], ADMINS[8:]
PATIENCE = 30  # seconds until a review that was interrupted must take no more requests


def planned(sh: Shell, *options: str, operator: str | None = None) -> dict[str, Any]:
    """Plan to give one person Admin and to take it from two, and write the plan as a workbook and as CSV."""
    plan: dict[str, Any] = sh.json("plan", sh.list_of([*KEPT, NEW]), "-o", "plan.json", *options, operator=operator)
    assert sh.run("show", "plan.json", "--xlsx", "plan.xlsx", "--csv", "plan.csv").returncode == 0
    return plan


def decide(sh: Shell, word: str, email: str, reason: str = "", sheet: str = "changes") -> None:
    book = openpyxl.load_workbook(sh.folder / "plan.xlsx")
    head, *rows = book[sheet].iter_rows()
    at = {cell.value: place for place, cell in enumerate(head)}
    (row,) = (row for row in rows if row[at["email"]].value == email)
    row[at["decision"]].value, row[at["decision_reason"]].value = word, reason
    book.save(sh.folder / "plan.xlsx")


def review(sees: str, *options: str) -> tuple[str, ...]:
    return ("review", "plan.json", "--reviewer", "Rita Levi", "--sees", sees, *options)


def admins(sh: Shell) -> set[str]:
    return {line.split(",")[0] for line in sh.run("export").stdout.splitlines()[1:]}


def test_a_workbook_is_decided_on_approved_and_applied(sh: Shell) -> None:
    plan, original = planned(sh, operator="mia"), (sh.folder / "plan.json").read_bytes()
    decide(sh, "exclude", GONE[0], "on leave")
    done = sh.json(*review("remove 1, add 1", "--decisions", "plan.xlsx"), operator="rita")
    assert (sh.folder / "plan.json").read_bytes() == original
    assert json.loads((sh.folder / "plan.approved.json").read_text(encoding="ascii")) == done
    assert done["digest"] != plan["digest"]
    assert (done["made_by"], done["approval"]["reviewer"], done["approval"]["operator"]) == ("mia", "Rita Levi", "rita")
    assert done["approval"]["made_from"] == plan["digest"]
    assert [(one["email"], one["reason"], one["detail"]) for one in done["held"]] == [(GONE[0], "excluded", "on leave")]
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
    told = sh.json("show", run)
    assert (told["planned_by"], told["approval"]) == ("mia", start["approval"])
    assert (told["made_by"], told["held"]) == (sh.record()[0]["run"], 1)
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
    assert told["operator"] == "Ola Night"
    assert [one["operator"] for one in sh.json("runs")["runs"]] == ["mia", "Ola Night"]
    assert all("Ola Night" in sh.run(*words).stdout for words in (("runs",), ("audit", "show", run)))
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
    done = sh.json(*review("remove 1, add 1", "--decisions", "plan.xlsx"))
    assert [one["email"] for one in done["changes"] if one["action"] == "remove"] == [GONE[0]]
    assert [one["reason"] for one in done["approval"]["released"]] == ["has left"]
    assert sh.run("apply", "plan.approved.json", "--yes").returncode == 0
    assert admins(sh) == {*KEPT, NEW, GONE[1]}
    found = sh.json("explain", GONE[0])
    assert [(one["decision"], one["reason"], one["reviewer"]) for one in found["decisions"]] == [
        ("released", "has left", "Rita Levi")
    ]
    assert [one["action"] for one in found["changes"]] == ["remove"]


def test_what_still_blocks_blocks_and_an_override_is_for_the_approved_plan(sh: Shell, studio: Control) -> None:
    done = sh.run("plan", sh.list_of([*KEPT, NEW]), "-o", "plan.json", max_removals=0)
    assert done.returncode == 4
    plan = json.loads((sh.folder / "plan.json").read_text(encoding="ascii"))
    approved = sh.json(*review("remove 2, add 1"), exit_code=4)
    assert approved["status"] == "blocked"
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
    own = sh.run(*review("remove 2, add 1"), operator="Mia", four_eyes=True)
    assert own.returncode == 4
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
    done = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True)
    assert done.returncode == 4
    assert "was made by mia, so it is not certain that bo made it" in done.stderr
    assert studio.log() == []


def test_a_wrong_sentence_approves_nothing(sh: Shell) -> None:
    planned(sh)
    done = sh.run(*review("remove 12, add 40"))
    assert done.returncode == 4
    assert "would remove 2, add 1" in done.stderr
    assert not (sh.folder / "plan.approved.json").exists()


def test_without_a_terminal_all_is_given(sh: Shell) -> None:
    planned(sh)
    for options in (["--decisions", "plan.csv"], ["--reviewer", "Rita"], ["--sees", "remove 2, add 1"]):
        assert sh.run("review", "plan.json", *options).returncode == 64
    same = sh.run(*review("remove 2, add 1", "-o", "./plan.json"))
    assert same.returncode == 64
    assert "is never overwritten" in same.stderr
    assert sh.run(*review("remove 2, add 1", "--decisions", "none.xlsx")).returncode == 64


def test_an_approved_plan_is_not_approved_again(sh: Shell) -> None:
    planned(sh)
    assert sh.run(*review("remove 2, add 1")).returncode == 0
    again = sh.run("review", "plan.approved.json", "--reviewer", "Bo", "--sees", "remove 2, add 1")
    assert again.returncode == 4
    assert "already approved by Rita Levi" in again.stderr


def address_of(running: subprocess.Popen[str]) -> str:
    """Read standard error as far as the address."""
    assert running.stderr is not None
    return next(line.strip() for line in running.stderr if "http://127.0.0.1" in line)


def test_a_page_is_decided_on_reloaded_approved_and_applied(sh: Shell, browser: Browser) -> None:
    planned(sh, operator="mia")
    reviewing = ("review", "plan.json", "--format", "json")
    with sh.started(*reviewing, operator="rita", four_eyes=True) as running, watched(browser) as found:
        page, bar = found.page, found.page.locator("#bar")
        page.goto(address_of(running))
        page.get_by_label("Search", exact=True).fill(GONE[0])
        expect(page.locator("[data-table=changes] [role=status]")).to_contain_text("1 of 3 rows match")
        page.locator("[data-table=changes] tbody").get_by_role("checkbox").uncheck()
        page.keyboard.type("on leave")
        expect(bar).not_to_contain_text("no reason")
        expect(bar).to_contain_text("As decided: remove 1, add 1")
        page.reload()
        expect(bar).to_contain_text("As decided: remove 1, add 1; 1 change excluded.")
        page.get_by_label("Your name").fill("Rita Levi")
        page.get_by_label("Effect of the plan").fill("remove 1, add 1")
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.locator("#over")).to_contain_text("rolesync apply plan.approved.json")
        said = json.loads(running.communicate(timeout=60)[0])
        assert running.returncode == 0
        assert found.complaints == []
    assert (said["approval"]["reviewer"], said["approval"]["operator"]) == ("Rita Levi", "rita")
    assert said == json.loads((sh.folder / "plan.approved.json").read_text(encoding="ascii"))
    ran = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True)
    assert ran.returncode == 0, ran.stderr
    assert "by Rita Levi (rita)" in " ".join(ran.stdout.split())
    assert admins(sh) == {*KEPT, NEW, GONE[0]}


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 130)])
def test_an_interrupted_review_keeps_its_decisions_as_a_table(sh: Shell, end: signal.Signals, code: int) -> None:
    planned(sh)
    (sh.folder / "plan.decisions.csv").write_text("an earlier one", encoding="utf-8")
    with sh.started("review", "plan.json") as running:
        visitor = Visitor(address_of(running))
        out = {"revision": 0, "reasons": ["=on leave, Ünal"], "excluded": {"0": 0}, "released": {}}
        assert visitor.post("decisions", out).status_code == 200
        running.send_signal(end)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Nothing was approved. The decisions were saved as plan.decisions-1.csv" in errors
    assert "→ rolesync review plan.json --decisions plan.decisions-1.csv" in errors
    assert errors.endswith("rolesync: interrupted\n")  # no run has done anything
    assert not (sh.folder / "plan.approved.json").exists()
    done = sh.json(*review("remove 1, add 1", "--decisions", "plan.decisions-1.csv"))
    assert [one["detail"] for one in done["held"]] == ["=on leave, Ünal"]


def test_a_second_ctrl_c_waits_for_nobody_and_shows_no_traceback(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json") as running:
        visitor = Visitor(address_of(running))
        host, _, port = visitor.host.partition(":")
        head = f"POST {visitor.path}here HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n"
        more = f"Origin: {visitor.origin}\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=10) as half:
            half.sendall((head + more).encode())
            assert visitor.page().status_code == 200
            running.send_signal(signal.SIGINT)
            wait_until_refused(host, int(port))
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors


def wait_until_refused(host: str, port: int) -> None:
    """Ask for a connection again and again until the server takes none any more."""
    end = time.monotonic() + PATIENCE
    with suppress(ConnectionRefusedError, ConnectionResetError):  # the latter while it closes
        while True:
            socket.create_connection((host, port), timeout=10).close()
            assert time.monotonic() < end, "it goes on"


@pytest.mark.skipif(os.name != "posix", reason="signals and modes are POSIX's")
def test_decisions_that_cant_be_kept_beside_the_plan_are_kept_elsewhere(sh: Shell, tmp_path: Path) -> None:
    planned(sh)
    elsewhere, folder = tmp_path / "elsewhere", sh.folder / "gone"
    elsewhere.mkdir()
    folder.mkdir()
    (sh.folder / "plan.json").rename(folder / "plan.json")
    with replace(sh, variables={**sh.variables, "TMPDIR": str(elsewhere)}).started(
        "review", "gone/plan.json"
    ) as running:
        visitor = Visitor(address_of(running))
        out = {"revision": 0, "reasons": ["on leave"], "excluded": {"0": 0}, "released": {}}
        assert visitor.post("decisions", out).status_code == 200
        folder.rename(sh.folder / "moved")
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "can't be written to gone/plan.decisions.csv" in errors
    (kept,) = elsewhere.glob("rolesync-*/plan.decisions.csv")
    assert kept.parent.stat().st_mode & 0o077 == 0
    (sh.folder / "moved" / "plan.json").rename(sh.folder / "plan.json")
    assert sh.json(*review("remove 1, add 1", "--decisions", str(kept)))["held"][0]["detail"] == "on leave"


def test_an_approved_plan_may_go_to_standard_output(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json", "-o", "-") as running:
        visitor = Visitor(address_of(running))
        said = visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}).json()
        output, _ = running.communicate(timeout=60)
    assert said["sentence"] == "The plan to remove 2, add 1 is approved and was written to standard output."
    assert said["command"] == ""
    assert json.loads(output)["approval"]["reviewer"] == "Rita"


def test_a_review_that_is_left_says_so(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json") as running:
        visitor = Visitor(address_of(running))
        assert visitor.post("leave", {"revision": 0}).json()["sentence"] == "There were no decisions to save."
        output, errors = running.communicate(timeout=60)
    assert (running.returncode, output) == (130, "")
    assert "nothing was approved" in errors
    assert sorted(path.name for path in sh.folder.glob("plan*json")) == ["plan.json"]
    with sh.started("review", "plan.json", "--format", "json") as running:
        visitor = Visitor(address_of(running))
        out = {"revision": 0, "reasons": [""], "excluded": {"1": 0}, "released": {}}
        visitor.post("decisions", out)
        assert "plan.decisions.csv" in visitor.post("leave", {"revision": 1}).json()["command"]
        said = json.loads(running.communicate(timeout=60)[0])
    assert said["error"]["exit_code"] == 130
    again = sh.run(*review("remove 1, add 1", "--decisions", "plan.decisions.csv"))
    assert again.returncode == 3
    assert "exclude needs a reason" in again.stderr


def test_who_has_made_a_plan_doesnt_begin_a_review_that_asks_for_another(sh: Shell) -> None:
    planned(sh, operator="mia")
    done = sh.run("review", "plan.json", operator="Mia", four_eyes=True)
    assert done.returncode == 4
    assert "mia made this plan and can't approve it" in done.stderr


def test_a_place_that_cant_be_written_is_said_on_the_page(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json", "-o", "none/plan.json") as running:
        visitor = Visitor(address_of(running))
        done = visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"})
        assert done.status_code == 422
        assert "can't be written to none/plan.json" in done.json()["message"]
        (sh.folder / "none").mkdir()
        assert visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}).ok
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "by Rita" in output


def test_wrong_cells_are_told_all_at_once_with_their_places(sh: Shell) -> None:
    planned(sh, "--hold-removals")
    decide(sh, "exclude", NEW)
    decide(sh, "exclude", GONE[0], "why not", "held")
    done = sh.run(*review("remove 0, add 1", "--decisions", "plan.xlsx"))
    assert done.returncode == 3
    assert "plan.xlsx: sheet changes, row 2, column decision_reason: is empty: exclude needs a reason" in done.stderr
    assert "sheet held, row 2, column decision: is 'exclude', and can only be release" in done.stderr
    said = sh.json(*review("remove 0, add 1", "--decisions", "plan.xlsx"), exit_code=3)
    assert [(one["sheet"], one["row"], one["column"]) for one in said["problems"]] == [
        ("changes", 2, "decision_reason"),
        ("held", 2, "decision"),
    ]
    assert not (sh.folder / "plan.approved.json").exists()
