"""apply and sync: what is written to Studio, what is refused, and that the record tells the same as Studio."""

import json
from typing import Any

from rolesync.sandbox.control import Control
from tests.e2e.command import ADMINS, OWNER, SAMPLE, Shell

Fact = tuple[int, str, str]


def written(studio: Control) -> list[Fact]:
    """What Studio says was changed through its API, in order."""
    return [(one["user_id"], one["action"], one["role"]) for one in studio.log() if one["by"] == "api"]


def facts(records: list[dict[str, Any]]) -> list[Fact]:
    """What the record says was sent, in order."""
    intents = [record for record in records if record["event"] == "intent"]
    return [(one["user_id"], one["action"], one["role"]) for record in intents for one in record["actions"]]


def test_a_reviewed_plan_is_applied_proven_and_recorded(sh: Shell, studio: Control) -> None:
    plan = sh.json("plan", SAMPLE, "-o", "plan.json")
    done = sh.run("apply", "plan.json", "--yes", "--format", "json", chunk_size=4)
    assert done.returncode == 0
    assert "applying: 6 of 6" in done.stderr
    run = json.loads(done.stdout)
    assert run["complete"] is True
    assert run["plan_digest"] == plan["digest"]
    assert run["counts"] == {"done": 6, "failed": 0, "drifted": 0, "unknown": 0, "not_sent": 0}
    assert run["proof"] == {"proven": True, "holders": {"Admin": 12}, "differences": []}

    records = sh.json("audit", "show", run["run"])["records"]
    expected = [(one["user_id"], one["action"], one["role"]) for one in plan["changes"]]
    assert facts(records) == written(studio) == expected
    after = {int(user): roles for one in records if one["event"] == "outcome" for user, roles in one["after"].items()}
    assert after == {one["user_id"]: sorted(one["after"]) for one in studio.log()}
    assert {one["email"].lower() for one in studio.people(role="Admin")} >= {OWNER, "omar.haddad@example.edu"}


def test_the_second_of_two_nights_has_nothing_to_do(sh: Shell, studio: Control) -> None:
    first = sh.json("sync", SAMPLE)
    assert first["run"]["complete"] is True
    assert first["refusal"] is None
    log = studio.log()
    assert len(log) == 6
    studio.reset_counts()
    second = sh.run("sync", SAMPLE)
    assert second.returncode == 0
    assert "NOTHING TO DO" in second.stdout
    assert studio.log() == log
    assert studio.counts()["roles"] == 0


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
    assert {one["detail"] for one in again["outcomes"]} == {"done by an earlier run of this plan"}
    assert studio.log() == log
    starts = [record for record in sh.record() if record["event"] == "run.start"]
    assert [start["overridden"] for start in starts] == [["max_removals_share"]] * 2


def test_a_blocked_sync_writes_nothing_until_overridden(sh: Shell, studio: Control) -> None:
    path = sh.list_of(ADMINS[:7])
    blocked = sh.json("sync", path, exit_code=4)
    assert blocked["run"] is None
    assert "max_removals_share" in blocked["refusal"]["message"]
    assert sh.run("sync", path, "--override", "0" * 64).returncode == 4
    assert studio.log() == []
    passed = sh.json("sync", path, "--override", blocked["plan"]["digest"])
    assert passed["run"]["counts"]["done"] == 3
    assert written(studio) == facts(sh.record())


def test_no_override_takes_a_role_from_the_tokens_owner(sh: Shell, studio: Control) -> None:
    path = sh.list_of(ADMINS[1:])
    blocked = sh.json("sync", path, exit_code=4)
    forced = sh.json("sync", path, "--override", blocked["plan"]["digest"], exit_code=4)
    assert "owner" in forced["refusal"]["message"]
    assert studio.log() == []


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
    (drifted,) = [one for one in run["outcomes"] if one["outcome"] == "drifted"]
    assert (drifted["user_id"], drifted["before"], drifted["after"]) == (1052, ["Teacher"], ["Admin", "Teacher"])
    assert drifted["detail"].endswith("omar.haddad@example.edu: no managed role, is omar.haddad@example.edu: Admin")
    assert run["counts"]["done"] == len(plan["changes"]) - 1 == len(written(studio))
    shown = sh.run("apply", "plan.json", "--yes")
    assert shown.returncode == 5
    assert "Drifted" in shown.stdout
    assert "Plan what is left: rolesync plan" in " ".join(shown.stdout.split())


def test_the_next_step_fits_the_command(sh: Shell) -> None:
    assert "rolesync apply 'a plan.json'" in sh.run("plan", SAMPLE, "-o", "a plan.json").stdout
    few = sh.list_of([OWNER])
    assert "rolesync sync" in sh.run("sync", few).stdout
    assert "rolesync apply" not in sh.run("sync", SAMPLE).stdout
