"""audit: the records of a run, the check of the whole record, and the change of its key."""

from rolesync.sandbox.control import Control
from tests.e2e.command import SAMPLE, Shell


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


KEY = "a key that only the owner of the account has"


def test_a_key_is_taken_up_on_purpose_and_reaches_no_output(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE)
    refused = sh.json("sync", SAMPLE, exit_code=5, audit_key=KEY)
    assert "sealed without a key" in refused["error"]["message"]
    assert "audit rekey" in refused["error"]["hint"]
    assert sh.json("audit", "verify", exit_code=5, audit_key=KEY)["ok"] is False
    assert studio.log() == []

    assert sh.json("audit", "rekey", audit_key=KEY) == {"changed": True, "keyed": True}
    assert "Nothing to do" in sh.run("audit", "rekey", audit_key=KEY).stdout
    run = sh.json("sync", SAMPLE, audit_key=KEY)["run"]["run"]
    verified = sh.json("audit", "verify", audit_key=KEY)
    assert verified["ok"] is True
    assert any("record 2: from here on sealed with the key" in notice for notice in verified["notices"])
    without = sh.run("audit", "verify")
    assert without.returncode == 0
    assert "NOT ALL CHECKED" in without.stdout
    assert sh.run("audit", "verify", audit_key=f"{KEY}, but another").returncode == 5
    assert sh.run("audit", "show", run).returncode == 0

    loud = {"log_level": "debug", "log_format": "json", "audit_key": KEY}
    results = [sh.run(*command, **loud) for command in (["doctor"], ["plan", SAMPLE], ["runs"], ["audit", "rekey"])]
    assert [result.args for result in results if KEY in result.stdout + result.stderr] == []
    assert [path for path in sh.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
