"""sync: plan and apply in one run, and the guards that stop it."""

from rolesync.sandbox.control import Control
from tests.command import ADMINS, SAMPLE, Shell, logged_actions, recorded_actions


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


def test_a_blocked_sync_writes_nothing_until_overridden(sh: Shell, studio: Control) -> None:
    path = sh.list_of(ADMINS[:7])
    blocked = sh.json("sync", path, exit_code=4)
    assert blocked["run"] is None
    assert "max_removals_share" in blocked["refusal"]["message"]
    assert sh.run("sync", path, "--override", "0" * 64).returncode == 4
    assert studio.log() == []
    passed = sh.json("sync", path, "--override", blocked["plan"]["digest"])
    assert passed["run"]["counts"]["done"] == 3
    assert logged_actions(studio) == recorded_actions(sh.record())


def test_no_override_takes_a_role_from_the_tokens_owner(sh: Shell, studio: Control) -> None:
    path = sh.list_of(ADMINS[1:])
    blocked = sh.json("sync", path, exit_code=4)
    forced = sh.json("sync", path, "--override", blocked["plan"]["digest"], exit_code=4)
    assert "owner" in forced["refusal"]["message"]
    assert studio.log() == []


def test_people_see_the_plan_and_how_its_run_ended(sh: Shell) -> None:
    done = sh.run("sync", SAMPLE)
    assert done.returncode == 0
    run, _, plan = done.stdout.partition("About this run")
    assert "COMPLETE 6 of 6 changes done; live equals the plan" in " ".join(run.split())
    assert "greg.stone@example.edu" in plan
    assert not any(word in done.stdout for word in ("READY", "Nothing was written", "rolesync apply"))


def test_a_refused_list_ends_a_sync_before_studio_is_read(sh: Shell, studio: Control) -> None:
    refused = sh.run("sync", sh.list_of(["nobody"]))
    assert refused.returncode == 3
    assert "REJECTED" in refused.stdout
    assert not any(studio.counts().values())
