"""The log as data: run and account in each line, no secrets, and nothing of libraries."""

import json
import logging

import pytest
import structlog

from rolesync.model.live import WAITING
from rolesync.sandbox.control_client import Control
from rolesync.settings import load
from rolesync.workflows.log import StageLog, configure_log, secrets_of
from tests.command import SAMPLE, Shell
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


def entries(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_each_line_has_what_is_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", "json")
    with structlog.contextvars.bound_contextvars(account="north", run="R1"):
        structlog.get_logger().info("begins")
    (entry,) = entries(capsys.readouterr().err)
    assert (entry["event"], entry["account"], entry["run"], entry["level"]) == ("begins", "north", "R1", "info")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_line_has_a_secret(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    configure_log("debug", log_format, ["s3cr3t", ""])
    structlog.get_logger().debug("the server said s3cr3t", why="Bearer s3cr3t is wrong", number=7)
    shown = capsys.readouterr().err
    assert "s3cr3t" not in shown
    assert shown.count("***") == 2


def test_the_secrets_are_those_of_the_settings() -> None:
    headers = "X-Key: first\nX-Other: second\n"
    settings = load(from_file=False, token="a token", audit_key="a key of 16 letters", list_headers=headers)
    assert {"a token", "a key of 16 letters", "X-Key: first", "first", "second"} <= set(secrets_of(settings))


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "requests", "paramiko.transport", "google.auth", "msal"])
def test_libraries_log_nothing(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_log("debug", "json")
    library = logging.getLogger(name)
    library.warning("Failed to parse headers (url=https://chat.example/s3cr3t)")
    library.critical("s3cr3t")
    assert capsys.readouterr().err == ""


def test_a_stage_is_one_line_and_a_wait_is_one_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", "json")
    times = iter([10.0, 12.5, 13.0, 14.0])
    stages = StageLog(lambda: next(times))
    for done in (1, 2):
        stages.report("applying", done, 2)
    for done in (3, 6):
        stages.report(WAITING, done, 60)
    first, second = entries(capsys.readouterr().err)
    assert (first["stage"], first["steps"], first["seconds"]) == ("applying", 2, 2.5)
    assert (second["stage"], second["at_most_s"]) == (WAITING, 60)


def test_a_night_is_a_log_of_its_stages_with_run_and_account(sh: Shell, studio: Control) -> None:
    completed = sh.run("sync", SAMPLE, log_format="json", log_level="info")
    assert completed.returncode == 0
    lines = entries(completed.stderr)
    (recorded,) = {record["run"] for record in sh.record()}
    assert {line["run"] for line in lines} == {recorded}
    assert {line["account"] for line in lines} == {studio.base_url.removeprefix("http://")}
    stages = [str(line["stage"]) for line in lines if line["event"] == "stage"]
    assert len(stages) >= 3
    assert len(stages) == len(completed.stderr.splitlines()) - 1  # the last one is the end
    assert (lines[-1]["event"], lines[-1]["status"], lines[-1]["exit_code"]) == ("ended", "changed", 0)


@pytest.mark.parametrize("command", ["plan", "sync"])
def test_the_fetch_of_a_list_is_a_line_with_its_run(sh: Shell, command: str) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200, SAMPLE.read_bytes()))) as server:
        completed = sh.run(
            command, f"{server.base_url}/roles.csv", "--list-as-of", "now", log_format="json", log_level="info"
        )
    assert completed.returncode == 0
    assert {line["run"] for line in entries(completed.stderr)} == {record["run"] for record in sh.record()}
    assert "list fetched" in {line["event"] for line in entries(completed.stderr)}


def test_requests_of_other_threads_have_their_run_too(sh: Shell, studio: Control) -> None:
    completed = sh.run("sync", SAMPLE, log_format="json", log_level="debug")
    assert completed.returncode == 0
    requests = [
        line for line in entries(completed.stderr) if "GET" in str(line["event"]) or "PUT" in str(line["event"])
    ]
    assert len(requests) > 5
    assert all("run" in line and "account" in line for line in requests)
    assert studio.log()
