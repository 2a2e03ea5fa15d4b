"""runs, audit and doctor: what happened, whether the record is whole, and whether a night could go well."""

from rolesync.sandbox.control import Control
from tests.e2e.command import SAMPLE, Shell


def test_the_history_tells_of_dry_runs_and_applies(sh: Shell) -> None:
    sh.json("plan", SAMPLE)
    run = sh.json("sync", SAMPLE)["run"]["run"]
    listed = sh.json("runs")["runs"]
    assert [(one["kind"], one["status"]) for one in listed] == [("plan", "planned"), ("apply", "complete")]
    assert listed[1]["run"] == run
    assert listed[1]["counts"]["done"] == 6
    shown = sh.run("audit", "show", run)
    assert shown.returncode == 0
    assert "greg.stone@example.edu" in shown.stdout
    assert "No run begins with 'x'" in sh.json("audit", "show", "x", exit_code=64)["error"]["message"]
    several = sh.json("audit", "show", run[:8], exit_code=64)
    assert "2 runs begin with" in several["error"]["message"]


def test_an_edited_record_is_noticed_and_nothing_is_written_after_a_cut_one(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE)
    assert sh.json("audit", "verify")["ok"] is True
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    path.write_text(path.read_text(encoding="ascii").replace('"additions":4', '"additions":3'), encoding="ascii")
    broken = sh.json("audit", "verify", exit_code=5)
    assert broken["ok"] is False
    assert broken["first_bad"]["line"] == 1
    path.write_text("", encoding="ascii")
    assert "audit.jsonl" in sh.json("sync", SAMPLE, exit_code=5)["error"]["message"]
    assert studio.log() == []


def test_doctor_says_what_is_missing_and_ends_with_its_code(sh: Shell, studio: Control) -> None:
    well = sh.json("doctor")
    assert well["status"] == "pass"
    assert {"token", "owner", "clock", "reachable", "role Admin", "audit record"} <= {
        check["name"] for check in well["checks"]
    }
    ill = sh.json("doctor", exit_code=64, token=None, owner=None)
    assert ill["status"] == "block"
    failed = {check["name"]: check for check in ill["checks"] if check["status"] != "pass"}
    assert failed.keys() == {"token", "owner", "reachable"}
    assert all(check["hint"] for check in failed.values())
    refused = sh.run("doctor", token="revoked-token")
    assert refused.returncode == 6
    assert "401" in refused.stdout
    assert studio.counts()["roles"] == 0
