"""audit: the records of a run, the check of the whole record, and the change of its key."""

import shutil
from pathlib import Path

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell


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


def test_people_see_every_record_of_a_run(synced: Shell) -> None:
    run = synced.record()[0]["run"]
    completed = synced.run("audit", "show", run[:-1])
    assert (completed.returncode, completed.stderr) == (0, "")
    assert all(
        words in completed.stdout for words in (f"run  {run}", "plan: a plan was created", ADMINS[8], "run.end: ")
    )


def test_people_see_that_the_record_is_whole_or_where_it_was_changed(synced: Shell, tmp_path: Path) -> None:
    completed = synced.run("audit", "verify")
    assert completed.returncode == 0
    assert "WHOLE  " in completed.stdout
    assert str(synced.folder / "state") in completed.stdout.replace("\n", "")
    copy = shutil.copytree(synced.folder / "state", tmp_path / "copy")
    (record,) = copy.glob("*/audit.jsonl")
    record.write_text(record.read_text(encoding="ascii").replace('"intent"', '"intend"'), encoding="ascii")
    changed = synced.run("audit", "verify", state_dir=copy)
    assert changed.returncode == 5
    assert "line 3" in " ".join(changed.stdout.split())


def test_audit_alone_shows_its_subcommands(synced: Shell) -> None:
    refused = synced.run("audit")
    assert refused.returncode == 64
    assert all(name in refused.stderr for name in ("show", "verify", "rekey"))
