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


def test_a_run_has_the_same_forms_as_a_plan_told_from_the_record_alone(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    run = sh.json("apply", "plan.json", "--yes")["run"]
    asked = studio.counts()
    shown = sh.run("show", run[:-2])
    assert (shown.returncode, "COMPLETE" in shown.stdout, "greg.stone@example.edu" in shown.stdout) == (0, True, True)
    assert "held 1 row outcomes" in " ".join(shown.stdout.split())
    said = sh.json("show", run)
    assert (said["run"], said["complete"], said["held"], said["counts"]["done"]) == (run, True, 1, 6)
    assert said["proof"] == {"proven": True, "holders": {"Admin": 12}, "differences": []}
    for what in (run, "plan.json"):
        names = {"--html": "r.html", "--markdown": "r.md", "--csv": "r.csv", "--xlsx": "r.xlsx", "--json": "r.json"}
        done = sh.run("show", what, *(word for pair in names.items() for word in pair))
        assert (done.returncode, done.stdout) == (0, "")
        for name in ("r.html", "r.md", "r.csv", "r.json"):
            assert "greg.stone@example.edu" in (sh.folder / name).read_text(encoding="utf-8-sig"), name
    assert studio.counts() == asked

    (sh.folder / run).write_text("not a plan", encoding="ascii")  # a file of that name comes first
    assert sh.run("show", run).returncode == 4
    neither = sh.json("show", "plan.jsn", exit_code=64)["error"]
    assert neither["message"] == "plan.jsn: there is no such file; as the id of a run: No run begins with 'plan.jsn'"
    assert "rolesync runs" in neither["hint"]
    without = sh.json("show", "plan.jsn", exit_code=64, base_url=None)["error"]
    assert without["message"].startswith("plan.jsn: there is no such file; as the id of a run: ")


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


KEY = "a key that only the owner of the account has"


def test_a_broken_record_shows_what_can_be_trusted_and_then_fails(sh: Shell) -> None:
    first = sh.json("sync", SAMPLE)["run"]["run"]
    sh.json("plan", SAMPLE)
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    text = path.read_text(encoding="ascii")
    path.write_text(text.replace('"event":"run.end"', '"event":"run.End"'), encoding="ascii")

    listed = sh.json("runs", exit_code=5)
    assert [(one["run"], one["status"]) for one in listed["runs"]] == [(first, "open")]
    assert (listed["status"], listed["error"]["exit_code"]) == ("refused", 5)
    assert "audit.jsonl, line 5" in listed["error"]["message"]
    shown = sh.json("audit", "show", first, exit_code=5)
    assert [one["event"] for one in shown["records"]] == ["plan", "run.start", "intent", "outcome"]
    told = sh.json("show", first, exit_code=5)
    assert (told["status"], told["error"]["exit_code"], len(told["outcomes"])) == ("refused", 5, 6)
    assert shown["error"] == listed["error"]
    told = sh.json("explain", "omar.haddad@example.edu", exit_code=5)
    assert [one["run"] for one in told["changes"]] == [first]
    assert told["error"] == listed["error"]
    for command in (["runs"], ["audit", "show", first], ["explain", "omar.haddad@example.edu"]):
        said = sh.run(*command)
        assert said.returncode == 5
        assert first in said.stdout
        assert "audit.jsonl, line 5" in said.stderr


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
    said = [sh.run(*command, **loud) for command in (["doctor"], ["plan", SAMPLE], ["runs"], ["audit", "rekey"])]
    assert [one.args for one in said if KEY in one.stdout + one.stderr] == []
    assert [path for path in sh.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []


def test_explain_answers_from_record_list_and_studio(sh: Shell, studio: Control) -> None:
    greg = "greg.stone@example.edu"
    unknown = sh.run("explain", greg)
    assert unknown.returncode == 0
    assert f"Unknown user {greg}" in unknown.stdout
    before = sh.json("explain", greg, "--list", SAMPLE, "--live")
    assert [(one["action"], one["reason"]) for one in before["next"]] == [("remove", "not_listed")]
    run = sh.json("sync", SAMPLE)["run"]["run"]
    asked = studio.counts()
    found = sh.json("explain", greg, token=None)
    assert studio.counts() == asked
    assert [(one["run"], one["action"], one["outcome"]) for one in found["changes"]] == [(run, "remove", "done")]
    assert (found["now"], found["next"]) == (None, None)
    text = sh.run("explain", str(found["user_ids"][0]), "--list", SAMPLE, "--live")
    assert text.returncode == 0
    assert "No row names this user." in text.stdout
    assert run in text.stdout
    assert sh.json("explain", " ", exit_code=64)["error"]["hint"]


def test_a_run_is_taken_back(sh: Shell, studio: Control) -> None:
    before = {person["id"]: set(person["role_names"]) for person in studio.people()}
    run = sh.json("sync", SAMPLE)["run"]["run"]
    plan = sh.json("undo", run, "-o", "undo.json", "--detailed-exitcode", exit_code=2, max_removals_share=1)
    assert plan["source"]["undoes"] == run
    shown = sh.run("show", "undo.json").stdout
    assert f"run {run}" in shown
    assert "undoes" in shown
    assert sh.json("apply", "undo.json", "--yes")["complete"]
    assert {person["id"]: set(person["role_names"]) for person in studio.people()} == before
    assert "NOTHING TO DO" in sh.run("undo", run).stdout
    assert sh.run("undo", "nothing").returncode == 64
    blocked = sh.run("undo", run[:-1], max_removals=0)
    assert blocked.returncode == 0  # all of it is held by now, so that no guard has anything to say


def test_an_undo_that_a_guard_blocks_says_so(sh: Shell) -> None:
    run = sh.json("sync", SAMPLE)["run"]["run"]
    assert sh.run("undo", run, max_removals=0).returncode == 4
