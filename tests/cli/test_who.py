"""who: the access review in every format."""

import csv
import json
from datetime import UTC, datetime

from rolesync.sandbox.control_client import Control
from tests.command import Shell


def test_the_review_is_shown_and_saved_in_each_format(synced: Shell, own_process: Control) -> None:
    own_process.reset()
    run = synced.record()[0]["run"]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    requests = own_process.counts()
    completed = synced.run("who", "Admin", "--as-of", day, token=None)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert own_process.counts() == requests
    assert run in completed.stdout
    assert f"AS OF {day}" in completed.stdout
    options = [word for form in ("html", "csv", "xlsx", "json") for word in (f"--{form}", f"who.{form}")]
    saved = synced.run("who", "--as-of", day, *options, token=None)
    assert (saved.returncode, saved.stdout) == (0, "")
    with (synced.folder / "who.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["role"] for row in rows} == {"Admin"}
    review = json.loads((synced.folder / "who.json").read_text())
    assert len(review["holders"]) == len(rows)
    assert (synced.folder / "who.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (synced.folder / "who.xlsx").read_bytes().startswith(b"PK")
    assert synced.json("who", "--as-of", day, token=None)["holders"] == review["holders"]


def test_now_is_read_from_studio(sh: Shell, studio: Control) -> None:
    review = sh.json("who")
    assert review["as_of"] is None
    assert {holder["user_id"] for holder in review["holders"]} == {each["id"] for each in studio.people(role="Admin")}


def test_wrong_days_and_roles_are_refused(sh: Shell) -> None:
    assert "not a day" in sh.json("who", "--as-of", "yesterday", exit_code=64)["error"]["message"]
    assert "in the future" in sh.json("who", "--as-of", "9999-01-01", exit_code=64)["error"]["message"]
    assert "not a managed role" in sh.json("who", "Adminn", exit_code=64)["error"]["message"]


def test_a_broken_record_is_shown_up_to_the_break_and_exits_5(sh: Shell) -> None:
    sh.json("export")
    sh.list_of(["admin@example.edu"])
    for _ in range(2):  # a changed last record would pass for the remains of a crash
        sh.run("plan", "list.csv")
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"command":"plan"', b'"command":"plaN"', 1))
    completed = sh.run("who", "--as-of", f"{datetime.now(UTC):%Y-%m-%d}")
    assert completed.returncode == 5
    assert "broken after its first record" in completed.stdout
    assert sh.json("who", exit_code=5)["status"] == "refused"
