"""review in a process: on its served page, left, interrupted, and without a place to write to."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import watched
from tests.cli.reviewing import GONE, KEPT, NEW, admins, planned, review
from tests.command import Shell
from tests.review.page.running_review import Visitor

PATIENCE = 30  # seconds until a review that was interrupted must take no more requests


def address_of(running: subprocess.Popen[str]) -> str:
    """Read standard error up to the address."""
    assert running.stderr is not None
    return next(line.strip() for line in running.stderr if "http://127.0.0.1" in line)


def test_a_page_is_decided_on_reloaded_approved_and_applied(sh: Shell, browser: Browser) -> None:
    planned(sh, operator="mia")
    reviewing = ("review", "plan.json", "--port", "0", "--format", "json")
    with sh.started(*reviewing, operator="rita", four_eyes=True) as running, watched(browser) as visit:
        page, bar = visit.page, visit.page.locator("#bar")
        page.goto(address_of(running))
        page.get_by_label("Search", exact=True).fill(GONE[0])
        expect(page.locator("[data-table=changes] [role=status]")).to_contain_text("1 of 3 rows match")
        page.locator("[data-table=changes] tbody").get_by_role("checkbox").uncheck()
        page.keyboard.type("on leave")
        expect(bar).not_to_contain_text("missing")
        expect(bar).to_contain_text("1 removal, 1 addition, 1 excluded saved")
        page.reload()
        expect(bar).to_contain_text("1 removal, 1 addition, 1 excluded")
        page.locator("#go").click()
        page.get_by_label("Your name").fill("Rita Levi")
        page.get_by_label("I approve 1 removal and 1 addition").check()
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.locator("#over")).to_contain_text("rolesync apply plan.approved.json")
        approved = json.loads(running.communicate(timeout=60)[0])
        assert running.returncode == 0
        assert visit.complaints == []
    assert (approved["approval"]["reviewer"], approved["approval"]["operator"]) == ("Rita Levi", "rita")
    assert approved == json.loads((sh.folder / "plan.approved.json").read_text(encoding="ascii"))
    ran = sh.run("apply", "plan.approved.json", "--yes", four_eyes=True)
    assert ran.returncode == 0, ran.stderr
    assert "by Rita Levi (rita)" in " ".join(ran.stdout.split())
    assert admins(sh) == {*KEPT, NEW, GONE[0]}


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 130)])
def test_an_interrupted_review_keeps_its_decisions_as_a_table(sh: Shell, end: signal.Signals, code: int) -> None:
    planned(sh)
    (sh.folder / "plan.decisions.csv").write_text("an earlier one", encoding="utf-8")
    with sh.started("review", "plan.json", "--port", "0") as running:
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
    assert [held["detail"] for held in done["held"]] == ["=on leave, Ünal"]


def test_a_second_ctrl_c_waits_for_nobody_and_shows_no_traceback(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json", "--port", "0") as running:
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
    """Connect again and again until the server accepts no connection any more."""
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
        "review", "gone/plan.json", "--port", "0"
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
    with sh.started("review", "plan.json", "--port", "0", "-o", "-") as running:
        visitor = Visitor(address_of(running))
        answer = visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}).json()
        output, _ = running.communicate(timeout=60)
    assert answer["sentence"] == "The plan to remove 2, add 1 is approved and was written to standard output."
    assert answer["command"] == ""
    assert json.loads(output)["approval"]["reviewer"] == "Rita"


def test_a_review_that_is_left_says_so(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json", "--port", "0") as running:
        visitor = Visitor(address_of(running))
        assert visitor.post("leave", {"revision": 0}).json()["sentence"] == "There were no decisions to save."
        output, errors = running.communicate(timeout=60)
    assert (running.returncode, output) == (130, "")
    assert "nothing was approved" in errors
    assert sorted(path.name for path in sh.folder.glob("plan*json")) == ["plan.json"]
    with sh.started("review", "plan.json", "--port", "0", "--format", "json") as running:
        visitor = Visitor(address_of(running))
        out = {"revision": 0, "reasons": [""], "excluded": {"1": 0}, "released": {}}
        visitor.post("decisions", out)
        assert "plan.decisions.csv" in visitor.post("leave", {"revision": 1}).json()["command"]
        refused = json.loads(running.communicate(timeout=60)[0])
    assert refused["error"]["exit_code"] == 130
    again = sh.run(*review("remove 1, add 1", "--decisions", "plan.decisions.csv"))
    assert again.returncode == 3
    assert "exclude needs a reason" in again.stderr


def test_an_approval_that_came_meanwhile_is_not_replaced(sh: Shell) -> None:
    planned(sh)
    with sh.started("review", "plan.json", "--port", "0") as running:
        visitor = Visitor(address_of(running))
        out = {"revision": 0, "reasons": ["on leave"], "excluded": {"0": 0}, "released": {}}
        assert visitor.post("decisions", out).status_code == 200
        assert sh.run(*review("remove 2, add 1")).returncode == 0
        late = visitor.post("approve", {"revision": 1, "reviewer": "Bo", "sees": "remove 1, add 1"})
        assert late.status_code == 422
        assert "holds the approval of this plan by Rita Levi" in late.json()["message"]
        assert late.json()["hint"].startswith("Leave, which saves your decisions")
        assert "plan.decisions.csv" in visitor.post("leave", {"revision": 1}).json()["command"]
        running.communicate(timeout=60)
    assert json.loads((sh.folder / "plan.approved.json").read_text("ascii"))["approval"]["reviewer"] == "Rita Levi"


def test_a_place_that_cant_be_written_is_said_on_the_page(sh: Shell) -> None:
    planned(sh)
    (sh.folder / "none").mkdir()
    with sh.started("review", "plan.json", "--port", "0", "-o", "none/plan.json") as running:
        visitor = Visitor(address_of(running))
        (sh.folder / "none").rmdir()
        done = visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"})
        assert done.status_code == 422
        assert "can't be written to none/plan.json" in done.json()["message"]
        (sh.folder / "none").mkdir()
        assert visitor.post("approve", {"revision": 0, "reviewer": "Rita", "sees": "remove 2, add 1"}).ok
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "by Rita" in output
