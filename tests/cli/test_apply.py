"""apply: what is written to Studio, what is refused, and that the record agrees with Studio."""

import json

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, OWNER, SAMPLE, Shell, logged_actions, recorded_actions


def test_a_reviewed_plan_is_applied_proven_and_recorded(sh: Shell, studio: Control) -> None:
    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    completed = sh.run("apply", "plan.json", "--yes", "--format", "json", chunk_size=4)
    assert completed.returncode == 0
    assert "applying: 6 of 6" in completed.stderr
    run = json.loads(completed.stdout)
    assert run["complete"] is True
    assert run["plan_digest"] == plan["digest"]
    assert run["counts"] == {"done": 6, "failed": 0, "drifted": 0, "unknown": 0, "not_sent": 0}
    assert run["proof"] == {"proven": True, "holders": {"Admin": 12}, "differences": []}

    records = sh.json("audit", "show", run["run"])["records"]
    expected = [(change["user_id"], change["action"], change["role"]) for change in plan["changes"]]
    assert recorded_actions(records) == logged_actions(studio) == expected
    after = {
        int(user): roles
        for record in records
        if record["event"] == "outcome"
        for user, roles in record["after"].items()
    }
    assert after == {change["user_id"]: sorted(change["after"]) for change in studio.log()}
    assert {person["email"].lower() for person in studio.people(role="Admin")} >= {OWNER, "omar.haddad@example.edu"}


def test_an_override_lets_the_very_plan_pass_that_was_reviewed(sh: Shell, studio: Control) -> None:
    plan = sh.json("plan", sh.list_of(ADMINS[:7]), "-o", "plan.json", exit_code=4)
    refused = sh.json("apply", "plan.json", "--yes", exit_code=4)
    assert "max_removals_share" in refused["error"]["message"]
    assert plan["digest"] in refused["error"]["hint"]
    wrong = sh.json("apply", "plan.json", "--yes", "--override", plan["digest"][:12], exit_code=4)
    assert "is not this plan's digest" in wrong["error"]["message"]
    assert studio.log() == []

    assert sh.json("apply", "plan.json", "--yes", "--override", plan["digest"])["counts"]["done"] == 3
    assert len(studio.people(role="Admin")) == 7
    log = studio.log()
    again = sh.json("apply", "plan.json", "--yes", "--override", plan["digest"])
    assert {outcome["detail"] for outcome in again["outcomes"]} == {"done by an earlier run of this plan"}
    assert studio.log() == log
    starts = [record for record in sh.record() if record["event"] == "run.start"]
    assert [start["overridden"] for start in starts] == [["max_removals_share"]] * 2


def test_a_plan_is_refused_once_it_or_its_list_or_its_account_is_another(sh: Shell, studio: Control) -> None:
    path = sh.list_of([*ADMINS, "omar.haddad@example.edu"])
    sh.json("plan", path, "-o", "plan.json")
    text = (sh.folder / "plan.json").read_text(encoding="ascii")
    (sh.folder / "edited.json").write_text(text.replace("1052", "1053"), encoding="ascii")
    edited = sh.json("apply", "edited.json", "--yes", exit_code=4)
    assert "edited.json" in edited["error"]["message"]

    elsewhere = studio.base_url.replace("127.0.0.1", "localhost")
    foreign = sh.json("apply", "plan.json", "--yes", exit_code=4, base_url=elsewhere)
    assert elsewhere in foreign["error"]["message"]

    sh.list_of(ADMINS)
    changed = sh.json("apply", "plan.json", "--yes", exit_code=4)
    assert f"{path} has changed" in changed["error"]["message"]
    assert studio.log() == []


def test_somebody_who_changed_since_the_plan_is_left_alone_and_the_others_are_done(sh: Shell, studio: Control) -> None:
    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    studio.edit_person(1052, roles=["Teacher", "Admin"])
    run = sh.json("apply", "plan.json", "--yes", exit_code=5)
    (drifted,) = [outcome for outcome in run["outcomes"] if outcome["outcome"] == "drifted"]
    assert (drifted["user_id"], drifted["before"], drifted["after"]) == (1052, ["Teacher"], ["Admin", "Teacher"])
    assert drifted["detail"].endswith("omar.haddad@example.edu: no managed role, is omar.haddad@example.edu: Admin")
    assert run["counts"]["done"] == len(plan["changes"]) - 1 == len(logged_actions(studio))
    completed = sh.run("apply", "plan.json", "--yes")
    assert completed.returncode == 5
    assert "Drifted" in completed.stdout
    sentences = " ".join(completed.stdout.replace("┃", "").split())
    assert "0 of 6 changes done, 5 done before; " in sentences
    assert "Plan the remaining changes: rolesync plan" in sentences


def test_apply_needs_a_terminal_or_a_yes(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    refused = sh.json("apply", "plan.json", exit_code=64)
    assert "--yes" in refused["error"]["hint"]
    assert studio.log() == []
