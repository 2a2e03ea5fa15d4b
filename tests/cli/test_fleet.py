"""fleet: the commands with real workers and a sandbox for each account."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from rolesync.sandbox import Options, Sandbox
from tests.command import OWNER, Shell
from tests.fleet.tools import write_fleet
from tests.servers import ScriptedAnswer, ScriptedStudio

pytestmark = pytest.mark.usefixtures("shared_workers")  # tests of `rolesync.fleet` measure its workers

Studios = dict[str, Sandbox]


@pytest.fixture
def studios(sandboxes: Callable[[Options], Sandbox]) -> Studios:
    """Two accounts; other seeds give other people, but the same cast."""
    return {name: sandboxes(Options(seed=seed)) for seed, name in enumerate(("north", "south"), 1)}


@pytest.fixture
def fleet(sh: Shell, studios: Studios) -> Shell:
    """A shell without settings, in the folder of a fleet file."""
    write_fleet(sh.folder, {name: studio.base_url for name, studio in studios.items()})
    variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
    return replace(sh, variables=variables)


def accounts(done: str) -> dict[str, str]:
    return {account["account"]: account["status"] for account in json.loads(done)["accounts"]}


def test_plan_apply_sync_and_show(fleet: Shell, studios: Studios) -> None:
    checked = fleet.run("fleet", "check", "fleet.toml", "--format", "json")
    assert (checked.returncode, accounts(checked.stdout)) == (0, {"north": "done", "south": "done"})

    planned = fleet.run("fleet", "plan", "fleet.toml", "-o", "night", "--detailed-exitcode")
    assert planned.returncode == 2
    assert planned.stdout.rstrip().endswith("rolesync fleet apply night")
    assert all(studio.log() == [] for studio in studios.values())

    unasked = fleet.run("fleet", "apply", "night")
    assert (unasked.returncode, "add --yes" in unasked.stderr) == (64, True)
    applied = fleet.run("fleet", "apply", "night", "--yes")
    assert applied.returncode == 0
    assert "2 accounts: 2 done" in applied.stdout
    assert all(len(studio.log()) == 6 for studio in studios.values())

    synced = fleet.run("fleet", "sync", "fleet.toml", "--format", "json")
    assert (synced.returncode, accounts(synced.stdout)) == (0, {"north": "empty", "south": "empty"})
    shown = json.loads(fleet.run("fleet", "show", "--format", "json").stdout)
    assert shown["run"] == json.loads(synced.stdout)["run"]
    assert fleet.run("fleet", "show", "--csv", "night.csv", "--html", "night.html").returncode == 0
    assert "No account needs a look" in (fleet.folder / "night.html").read_text(encoding="utf-8")
    assert (fleet.folder / "night.csv").read_text(encoding="utf-8").count('"empty"') == 2
    assert "lists/north.csv" in fleet.run("fleet", "show", "north").stdout
    settings = json.loads(fleet.run("fleet", "show", "north", "--format", "json").stdout)["settings"]
    assert {"name": "chunk_size", "value": 50, "from": "the program"} in settings
    assert "sandbox-token" not in str(settings)


def test_one_account_fails_alone(fleet: Shell, studios: Studios) -> None:
    (fleet.folder / "secrets" / "south" / "rolesync_token").write_text("s3cr3t", encoding="ascii")
    completed = fleet.run("fleet", "sync", "fleet.toml")
    assert completed.returncode == 5
    assert "1 unreachable, 1 done" in completed.stdout
    assert "south: unreachable" in completed.stderr
    assert (len(studios["north"].log()), studios["south"].log()) == (6, [])
    assert "s3cr3t" not in completed.stdout + completed.stderr

    (fleet.folder / "secrets" / "south" / "rolesync_token").write_text("sandbox-token", encoding="ascii")
    only = fleet.run("fleet", "sync", "fleet.toml", "--only", "south")
    assert (only.returncode, len(studios["south"].log())) == (0, 6)


@pytest.mark.parametrize("command", [("apply", "night", "--yes"), ("resume",)], ids=["apply", "resume"])
def test_an_account_without_a_plan_is_planned_again_in_a_new_folder(
    fleet: Shell, studios: Studios, command: tuple[str, ...]
) -> None:
    secret = fleet.folder / "secrets" / "south" / "rolesync_token"
    secret.write_text("s3cr3t", encoding="ascii")
    planned = json.loads(fleet.run("fleet", "plan", "fleet.toml", "-o", "night", "--format", "json").stdout)
    (cause,) = (each["message"] for each in planned["accounts"] if each["account"] == "south")
    secret.write_text("sandbox-token", encoding="ascii")
    fleet.run("fleet", "apply", "night", "--yes")
    completed = fleet.run("fleet", *command, "--format", "json")
    (south,) = (each for each in json.loads(completed.stdout)["accounts"] if each["account"] == "south")
    began = datetime.strptime(planned["run"][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    assert south["message"] == f"has no plan, because planning failed at {began:%Y-%m-%d %H:%M:%S} UTC: {cause}"
    again, applying = re.findall(r"rolesync ([^;]*)", south["hint"].replace("NEWFOLDER", "new"))
    assert (completed.returncode, south["status"], studios["south"].log()) == (5, "unreachable", [])
    assert fleet.run(*again.split()).returncode == 0
    assert fleet.run(*applying.split(), "--yes").returncode == 0
    assert len(studios["south"].log()) == 6


def test_a_state_folder_that_can_not_exist_is_wrong_usage(fleet: Shell) -> None:
    path = fleet.folder / "fleet.toml"
    text = path.read_text(encoding="utf-8").replace('state_dir = "state"', f'state_dir = "{"x" * 300}"')
    path.write_text(text, encoding="utf-8")
    for command in (("check", "fleet.toml"), ("sync", "fleet.toml"), ("show",), ("resume",)):
        refused = fleet.run("fleet", *command)
        assert (refused.returncode, "state_dir" in refused.stderr) == (64, True)


def test_a_check_warns_of_secrets_of_the_fleet_that_other_users_can_read(sh: Shell, studios: Studios) -> None:
    keys = '[[fleet.notify]]\nto = "slack"\nurl_file = "secrets/slack_url"\n'
    write_fleet(sh.folder, {name: studio.base_url for name, studio in studios.items()}, fleet=keys)
    secret = sh.folder / "secrets" / "slack_url"
    secret.write_text("https://chat.example.edu/s3cr3t", encoding="ascii")
    for folder in (secret.parent, sh.folder):
        folder.chmod(0o755)
    shell = replace(sh, variables={name: value for name, value in sh.variables.items() if "ROLESYNC_" not in name})
    for mode, is_open in ((0o644, True), (0o600, False)):
        secret.chmod(mode)
        checked = shell.run("fleet", "check", "fleet.toml", "--only", "north")
        assert checked.returncode == 0
        assert (f"other users of this machine can read {secret}" in checked.stderr) is is_open
        assert (f"chmod go= {secret}" in checked.stderr) is is_open
        assert "s3cr3t" not in checked.stderr


def test_advice_after_a_failed_plan_is_a_command_that_works(fleet: Shell) -> None:
    path = fleet.folder / "fleet.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[accounts.south]", '[accounts.south]\nlist = "http://127.0.0.1:1/list.csv"'), "utf-8")
    planned = fleet.json("fleet", "plan", "fleet.toml", "-o", "night", exit_code=5)
    (hint,) = (each["hint"] for each in planned["accounts"] if each["account"] == "south")
    (again,) = re.findall(r"`rolesync (.*)`", hint)
    path.write_text(text, encoding="utf-8")
    assert fleet.run(*again.replace("NEWFOLDER", "new").split()).returncode == 0


def test_a_token_goes_to_its_account_alone(fleet: Shell) -> None:
    refused = fleet.run("fleet", "sync", "fleet.toml", token="sandbox-token")
    assert refused.returncode == 64
    assert "ROLESYNC_TOKEN in the environment would count for every account" in refused.stderr


def test_wrong_words_are_refused_before_anything_is_read(fleet: Shell) -> None:
    assert fleet.run("fleet", "sync", "fleet.toml", "--only", "nrth").returncode == 64
    assert fleet.run("fleet", "sync", "fleet.toml", "--trust-record", "nrth").returncode == 64
    assert fleet.run("fleet", "plan", "fleet.toml", "-o", ".").returncode == 64
    assert fleet.run("fleet", "resume").returncode == 64
    assert fleet.run("fleet", "resume", "--shard", "2/1").returncode == 64
    page = fleet.run("fleet", "show", "north", "--html", "north.html")
    assert (page.returncode, "--html and --csv save a run" in page.stderr) == (64, True)
    assert fleet.run("fleet", "show", "north", "-f", "none.toml").returncode == 64


def test_a_command_of_one_account_needs_an_account_and_a_command(fleet: Shell) -> None:
    assert fleet.run("fleet", "run", "nrth", "--", "runs").returncode == 64
    assert fleet.run("fleet", "run", "north", "--", "fleet", "show").returncode == 64
    assert fleet.run("fleet", "run", "north", "--", "runs", "--last", "1").returncode == 0


def test_resume_takes_the_last_run_that_was_to_apply(fleet: Shell, studios: Studios) -> None:
    (fleet.folder / "secrets" / "south" / "rolesync_token").write_text("s3cr3t", encoding="ascii")
    synced = fleet.json("fleet", "sync", "fleet.toml", exit_code=5)
    assert fleet.run("fleet", "check", "fleet.toml", "--only", "north").returncode == 0
    (fleet.folder / "secrets" / "south" / "rolesync_token").write_text("sandbox-token", encoding="ascii")
    resumed = fleet.json("fleet", "resume")
    assert (resumed["run"], len(studios["south"].log())) == (synced["run"], 6)


def test_a_night_is_one_message_and_metrics_of_each_account(
    sh: Shell, studios: Studios, capfd: pytest.CaptureFixture[str]
) -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer(200)) as chat:
        keys = 'metrics_file = "fleet.prom"\n[[fleet.notify]]\nto = "slack"\nurl_file = "url"\non = ["always"]\n'
        write_fleet(sh.folder, {name: studio.base_url for name, studio in studios.items()}, fleet=keys)
        (sh.folder / "url").write_text(chat.base_url, encoding="ascii")
        (sh.folder / "lists" / "south.csv").write_text("email,role\nbroken,Admin\n", encoding="ascii")
        variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
        fleet = replace(sh, variables=variables)
        assert fleet.run("fleet", "check", "fleet.toml").returncode == 5  # not reported
        assert fleet.run("fleet", "plan", "fleet.toml", "-o", "night").returncode == 5  # needs no approval
        log = {"log_level": "info", "log_format": "json"}
        completed = fleet.run("fleet", "sync", "fleet.toml", **log)
    assert completed.returncode == 5
    (request,) = chat.requests
    text = request.json["text"]
    assert text.startswith("*rolesync: INCOMPLETE: fleet district*\nAccounts: 1 ")
    assert "\nChanges: all roles +4 -2, 6 of 6 done, 1 held\nCause: some accounts are not done\n" in text
    assert "Next: rolesync fleet show -f" in text
    assert not [word for word in ("@", "broken", "south.csv") if word in text]
    metrics = (fleet.folder / "fleet.prom").read_text(encoding="utf-8")
    assert 'rolesync_fleet_accounts{fleet="district",status="refused"} 1' in metrics
    assert 'rolesync_last_run_exit_code{account="south",fleet="district"} 3' in metrics
    assert 'rolesync_last_run_done_changes{account="north",action="add",fleet="district",role="Admin"} 4' in metrics
    for name in ("requests", "retries", "drifted_changes", "held_changes"):
        assert f'rolesync_last_run_{name}{{account="north",fleet="district"}}' in metrics
    assert 'rolesync_list_age_seconds{account="north",fleet="district"}' in metrics
    assert 'rolesync_last_success_timestamp_seconds{account="north",fleet="district"}' in metrics
    assert 'rolesync_last_success_timestamp_seconds{account="south"' not in metrics

    logs = completed.stderr, capfd.readouterr().err  # workers write past this process
    entries, of_workers = ([json.loads(line) for line in log.splitlines() if line.startswith("{")] for log in logs)
    assert {entry["fleet"] for entry in [*entries, *of_workers]} == {"district"}
    assert {(entry["event"], entry["account"]) for entry in of_workers} == {("stage", "north")}
    assert len({entry["fleet_run"] for entry in of_workers}) == 1
    assert all("run" in entry for entry in of_workers)
    *accounts, failed, ended, sent = entries
    assert {(entry["account"], entry["result"]) for entry in accounts} >= {("south", "refused")}
    assert all(entry["event"] == "account ended" for entry in accounts)
    assert (failed["level"], failed["exit_code"]) == ("error", 5)
    assert failed["event"].startswith("INCOMPLETE: fleet district, 2 accounts: 1 refused, 1 done; first south: ")
    assert failed["event"].endswith("south.csv is refused: 1 finding")
    assert (ended["event"], ended["status"], sent["event"]) == ("ended", "incomplete", "notification delivered")


def test_changes_of_a_fleet_wait_and_their_approval_is_reported(sh: Shell, studios: Studios) -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer(200)) as chat:
        keys = '[[fleet.notify]]\nto = "slack"\nurl_file = "url"\n'
        write_fleet(sh.folder, {"north": studios["north"].base_url}, fleet=keys)
        (sh.folder / "url").write_text(chat.base_url, encoding="ascii")
        path = sh.folder / "fleet.toml"
        text = path.read_text(encoding="utf-8").replace("[defaults]\n", "[defaults]\nrequire_approval = true\n")
        path.write_text(text, encoding="utf-8")
        variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
        fleet = replace(sh, variables=variables)
        assert fleet.run("fleet", "plan", "fleet.toml", "-o", "night").returncode == 0
        by_hand = ("--account", "north", "--reviewer", "Rita Levi", "--sees", "remove 2, add 4")
        assert fleet.run("fleet", "review", "night", *by_hand).returncode == 0
    waits, approved = (request.json["text"] for request in chat.requests)
    assert waits.startswith("*rolesync: Changes wait for approval: fleet district*\nAccounts: 1 waiting")
    assert f"Next: rolesync fleet review {sh.folder / 'night'}" in waits
    folder = sh.folder / "night"
    assert approved.startswith(f"*rolesync: APPROVED: fleet district*\nNext: rolesync fleet apply {folder}\n")
    assert "Rita" not in approved


def test_a_list_for_all_at_an_address_is_fetched_once_a_night(sh: Shell, studios: Studios) -> None:
    rows = ["email,role,school"] + [
        f"{email},Admin,{name}" for name in studios for email in (OWNER, "zoe.akerstrom@example.edu")
    ]
    dated = {"Content-Type": "text/csv", "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)}
    with ScriptedStudio(lambda _request: ScriptedAnswer(200, "\n".join(rows).encode(), dated)) as server:
        path = write_fleet(sh.folder, {name: studio.base_url for name, studio in studios.items()})
        shared = f'list = "{server.base_url}/all.csv?key=s3cret"\naccount_column = "school"\n'
        text = path.read_text(encoding="utf-8").replace('list = "lists/{name}.csv"\n', shared)
        path.write_text(text, encoding="utf-8")
        variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
        fleet = replace(sh, variables=variables)
        night = fleet.json("fleet", "sync", "fleet.toml")
        assert len(server.requests) == 1
        assert [each["status"] for each in night["accounts"]] == ["done", "done"]
        assert all(each["list_age"] < 3600 for each in night["accounts"])
        for folder in (folder for folder in (sh.folder / "state").iterdir() if (folder / "lists").is_dir()):
            records = (folder / "audit.jsonl").read_text(encoding="utf-8")
            assert f'"where":"{server.base_url}/all.csv"' in records.replace('": "', '":"')
        assert fleet.run("fleet", "sync", "fleet.toml").returncode == 0
    assert len(server.requests) == 2
    assert "s3cret" not in json.dumps(night)


def test_a_run_over_some_accounts_keeps_the_last_success_of_the_others(sh: Shell, studios: Studios) -> None:
    write_fleet(
        sh.folder, {name: studio.base_url for name, studio in studios.items()}, fleet='metrics_file = "fleet.prom"\n'
    )
    variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
    fleet = replace(sh, variables=variables)

    def of_south() -> dict[str, str]:
        lines = (sh.folder / "fleet.prom").read_text(encoding="utf-8").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if 'account="south"' in line and "role=" not in line)

    name = 'rolesync_last_success_timestamp_seconds{account="south",fleet="district"}'
    assert fleet.run("fleet", "sync", "fleet.toml", "--only", "north").returncode == 0
    assert of_south() == {}
    assert fleet.run("fleet", "sync", "fleet.toml").returncode == 0
    before = of_south()[name]
    assert fleet.run("fleet", "sync", "fleet.toml", "--only", "north").returncode == 0
    assert of_south().keys() == {name}
    assert abs(float(of_south()[name]) - float(before)) < 60
