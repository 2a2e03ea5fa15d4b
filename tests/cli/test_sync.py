"""sync: plan and apply in one run, and the guards that stop it."""

from datetime import UTC, datetime
from email.utils import format_datetime
from subprocess import CompletedProcess

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell, logged_actions, recorded_actions
from tests.in_process import run_in_process
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


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
    completed = sh.run("sync", SAMPLE)
    assert completed.returncode == 0
    run, _, plan = completed.stdout.partition("About this run")
    assert "COMPLETE 6 of 6 changes done; live equals the plan" in " ".join(run.split())
    assert "greg.stone@example.edu" in plan
    assert not any(word in completed.stdout for word in ("READY", "Nothing was written", "rolesync apply"))


def test_a_refused_list_ends_a_sync_before_studio_is_read(sh: Shell, studio: Control) -> None:
    refused = sh.run("sync", sh.list_of(["nobody"]))
    assert refused.returncode == 3
    assert "REJECTED" in refused.stdout
    assert not any(studio.counts().values())


def test_the_settings_may_name_the_list_and_it_may_be_at_an_address(sh: Shell) -> None:
    body = SAMPLE.read_bytes()
    changed = format_datetime(datetime.now(UTC), usegmt=True)
    answer = ScriptedAnswer(200, body, {"Content-Type": "text/csv", "Last-Modified": changed})
    with ScriptedStudio(in_turn(answer)) as server:
        address = f"{server.base_url}/roles.csv?key=s3cret"
        completed = sh.run("sync", list=address, list_headers="X-Key: s3cret")
        assert completed.returncode == 0
        validated = sh.run("validate", address, list_headers="X-Key: s3cret")
    assert f"{server.base_url}/roles.csv" in completed.stdout
    assert "s3cret" not in completed.stdout + completed.stderr + validated.stdout
    (plan, *_) = sh.record()
    assert plan["source"]["fetched"]["where"] == f"{server.base_url}/roles.csv"
    refused = sh.run("sync", list=address)
    assert refused.returncode == 3
    assert "nobody was removed" in refused.stderr
    nothing = sh.run("sync")
    assert (nothing.returncode, "no setting names the list" in nothing.stderr) == (64, True)


def piped(sh: Shell, *arguments: str, **settings: object) -> CompletedProcess[str]:
    """Run rolesync with the sample list on standard input."""
    text = SAMPLE.read_text("utf-8")
    return run_in_process(arguments, sh.folder, sh.environment(**settings), timeout=60, answer=lambda _shown: text)


def test_standard_input_needs_its_age_where_nobody_sees_the_sync(sh: Shell, studio: Control) -> None:
    refused = piped(sh, "sync", "-")
    assert refused.returncode == 3
    assert "--list-as-of" in refused.stderr
    old = piped(sh, "sync", "-", "--list-as-of", "2026-01-01T00:00Z", max_age_hours="24")
    assert old.returncode == 4
    assert studio.log() == []
    assert piped(sh, "sync", "-", "--list-as-of", "now").returncode == 0
