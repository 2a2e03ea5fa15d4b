"""How the end of a command is reported: once, after all else, and without an effect on its exit code."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rolesync.cli import notify_at_end
from rolesync.sandbox.control_client import Control
from rolesync.workflows import sync as workflow
from tests.command import ADMINS, SAMPLE, Shell
from tests.notify.tools import Mailbox, mail_server
from tests.servers import ScriptedAnswer, ScriptedStudio

HOST = r"127\.0\.0\.1:\d+"


@pytest.fixture
def chat() -> Iterator[ScriptedStudio]:
    with ScriptedStudio(lambda _request: ScriptedAnswer(200, b"ok")) as server:
        yield server


@pytest.fixture
def reporting(sh: Shell, chat: ScriptedStudio) -> Shell:
    """A shell whose settings report every run to the chat, and keep metrics."""
    (sh.folder / "slack_url").write_text(f"{chat.base_url}/services/s3cr3t", encoding="ascii")
    notify = json.dumps([{"to": "slack", "url_file": "slack_url", "on": ["always"], "repeat_hours": 0}])
    variables = {**sh.variables, "ROLESYNC_NOTIFY": notify, "ROLESYNC_METRICS_FILE": "rolesync.prom"}
    return replace(sh, variables=variables)


def messages(chat: ScriptedStudio) -> list[str]:
    return [request.json["text"] for request in chat.requests]


def facts(message: str) -> dict[str, str]:
    title, *lines = message.splitlines()
    return {"": title.strip("*"), **dict(line.split(": ", 1) for line in lines)}


def metric(sh: Shell, name: str) -> float:
    text = (sh.folder / "rolesync.prom").read_text(encoding="utf-8")
    (value,) = re.findall(rf"^rolesync_{name}{{[^}}]*}} (\S+)$", text, re.MULTILINE)
    return float(value)


def test_two_nights_are_one_message_each(reporting: Shell, chat: ScriptedStudio) -> None:
    assert reporting.run("sync", SAMPLE).returncode == 0
    assert reporting.run("sync", SAMPLE).returncode == 0
    first, second = map(facts, messages(chat))
    assert re.fullmatch(f"rolesync: CHANGED: {HOST}", first[""])
    assert first["Changes"] == "Admin +4 -2, 6 of 6 done, 1 held"
    run = first["Command"].partition("run ")[2]
    assert first["Next"] == f"rolesync show {run}"
    assert first["Report"].startswith(str(reporting.folder / "state"))
    assert re.fullmatch(f"rolesync: OK: {HOST}", second[""])
    assert not [word for word in ("@", str(SAMPLE), "s3cr3t") if word in "".join(messages(chat))]
    assert (metric(reporting, "last_run_exit_code"), metric(reporting, "last_run_held_changes")) == (0, 1)
    assert metric(reporting, "last_run_requests") > 0
    assert metric(reporting, "list_age_seconds") > 0


def test_a_refused_list_a_lost_token_and_a_blocked_plan_are_reported(reporting: Shell, chat: ScriptedStudio) -> None:
    broken = reporting.list_of(["nobody"], "ann-smith.csv")
    assert reporting.run("sync", broken).returncode == 3
    assert reporting.run("sync", reporting.folder / "gone.csv").returncode == 3
    (reporting.folder / "a.csv").write_text('{"rolesync_plan": 1}', encoding="ascii")
    assert reporting.run("sync", "a.csv").returncode == 3
    assert reporting.run("sync").returncode == 64
    assert reporting.run("sync", SAMPLE, token="revoked").returncode == 6
    assert reporting.run("sync", reporting.list_of(ADMINS[:7])).returncode == 4
    assert metric(reporting, "last_run_blocking_guard") == 1
    refused, gone, no_list, unset, lost, blocked = map(facts, messages(chat))
    assert refused[""].startswith("rolesync: FAILED, the list was refused: ")
    assert (refused["Next"], refused["Cause"]) == ("rolesync validate FILE", "the list was refused")
    assert gone[""].startswith("rolesync: FAILED, the list can't be read: ")
    assert no_list[""] == gone[""]
    assert unset["Cause"] == "wrong usage or settings"
    assert lost["Cause"] == "Studio refused or could not be reached (HTTP 401)"
    assert lost["Next"] == "rolesync doctor"
    assert blocked[""].startswith("rolesync: BLOCKED by max_removals_share: ")
    assert blocked["Rule"] == "max_removals_share (Admin, limit 0.25, value 0.3)"
    assert not [word for word in ("@", "nobody", "ann-smith", "revoked") if word in "".join(messages(chat))]


def test_changes_wait_are_approved_and_applied(reporting: Shell, chat: ScriptedStudio) -> None:
    waits = {"require_approval": "true"}
    assert reporting.run("sync", SAMPLE, **waits).returncode == 4
    assert reporting.run("plan", SAMPLE, **waits).returncode == 0  # only a look
    assert reporting.run("plan", SAMPLE, "-o", "plan.json", **waits).returncode == 0
    seen = ("--reviewer", "Rita Levi", "--sees", "remove 2, add 4")
    assert reporting.run("review", "plan.json", *seen, **waits).returncode == 0
    assert reporting.run("apply", "plan.approved.json", "--yes", **waits).returncode == 0
    sync, plan, review, apply = map(facts, messages(chat))
    assert sync[""].startswith("rolesync: Changes wait for approval: ")
    assert sync["Next"] == "rolesync plan FILE -o plan.json, then rolesync review plan.json"
    assert (plan[""], plan["Next"]) == (sync[""], f"rolesync review {reporting.folder / 'plan.json'}")
    assert review[""].startswith("rolesync: APPROVED: ")
    assert review["Next"] == f"rolesync apply {reporting.folder / 'plan.approved.json'}"
    assert apply[""].startswith("rolesync: CHANGED: ")
    assert "Rita" not in "".join(messages(chat))


def test_a_blocked_apply_is_reported(reporting: Shell, chat: ScriptedStudio) -> None:
    assert reporting.run("plan", reporting.list_of(ADMINS[:7]), "-o", "plan.json").returncode == 4
    assert reporting.run("apply", "plan.json", "--yes").returncode == 4
    (message,) = messages(chat)
    assert facts(message)[""].startswith("rolesync: BLOCKED by max_removals_share: ")


def test_a_mail_may_name_people(reporting: Shell) -> None:
    with mail_server("tls") as mailbox:
        assert isinstance(mailbox, Mailbox)
        keys = {"server": mailbox.server, "security": "tls", "sender": "a@example.edu", "recipients": ["b@example.edu"]}
        tables = [{"to": "mail", **keys, "detail": detail, "on": ["always"]} for detail in ("people", "counts")]
        settings = {"notify": json.dumps(tables), "ca_bundle": Path(__file__).parents[1] / "loopback.pem"}
        assert reporting.run("sync", SAMPLE, **settings).returncode == 0
        assert reporting.run("sync", SAMPLE, **settings, token="revoked").returncode == 6
    texts = [mail.get_content() for mail in mailbox.mails]
    named = [text for text in texts if "remove Admin: greg.stone@example.edu (done)" in text]
    assert (len(texts), len(named)) == (4, 1)
    assert len([text for text in texts if "greg.stone" in text]) == 1
    assert len([text for text in texts if "→" in text]) == 1  # the error of the second run in full


def test_a_chat_that_is_down_changes_no_exit_code(reporting: Shell) -> None:
    (reporting.folder / "slack_url").write_text("https://127.0.0.1:1/s3cr3t", encoding="ascii")
    (reporting.folder / "other_url").write_text("no address", encoding="ascii")
    tables = [{"to": "teams", "url_file": "other_url", "on": ["always"]}, {"to": "ping", "url_file": "other_url"}]
    completed = reporting.run("sync", SAMPLE, notify=json.dumps(tables), log_format="json")
    assert completed.returncode == 0
    entries = [json.loads(line) for line in completed.stderr.splitlines() if line.startswith("{")]
    failures = [entry for entry in entries if entry["event"] == "notification not delivered"]
    assert [entry["table"] for entry in failures] == [2, 1, 2]  # the first is the ping of the start
    assert metric(reporting, "last_run_failed_notifications") == 2
    assert "s3cr3t" not in completed.stderr


@pytest.mark.parametrize("quiet", [("--quiet",), ("--set", "log_level=error")], ids=["quiet", "level"])
def test_what_was_not_reported_is_an_error_that_quiet_commands_show(reporting: Shell, quiet: tuple[str, ...]) -> None:
    (reporting.folder / "slack_url").write_text("https://127.0.0.1:1/s3cr3t", encoding="ascii")
    tables = json.dumps([{"to": "slack", "url_file": "slack_url", "on": ["always"]}])
    completed = reporting.run("sync", SAMPLE, *quiet, notify=tables, metrics_file="nowhere/rolesync.prom")
    assert completed.returncode == 0
    logged = [line for line in completed.stderr.splitlines() if "[error" in line]
    assert [("not delivered" in line, "metrics not written" in line) for line in logged] == [
        (True, False),
        (False, True),
    ], completed.stderr
    assert "s3cr3t" not in completed.stderr


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("s3cr3t")


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_defect_of_rolesync_is_reported(
    reporting: Shell, chat: ScriptedStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "sync_list", fail)
    assert reporting.run("sync", SAMPLE).returncode == 1
    (message,) = messages(chat)
    assert facts(message)["Cause"] == "unexpected failure"
    assert "s3cr3t" not in message


def test_a_person_who_interrupts_gets_no_message(
    reporting: Shell, chat: ScriptedStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "sync_list", interrupt)
    assert reporting.run("sync", SAMPLE).returncode == 130
    assert chat.requests == []
    assert not (reporting.folder / "rolesync.prom").exists()


@pytest.mark.parametrize(
    ("defect", "line"),
    [
        (fail, "the end of the command was not reported"),
        (interrupt, "reporting the end of the command was interrupted"),
    ],
)
def test_a_defect_in_reporting_changes_no_exit_code(
    reporting: Shell, monkeypatch: pytest.MonkeyPatch, defect: Callable[..., None], line: str
) -> None:
    monkeypatch.setattr("rolesync.workflows.notify.ending_of", defect)
    completed = reporting.run("sync", SAMPLE, "--quiet")
    assert completed.returncode == 0
    assert line in completed.stderr
    assert "s3cr3t" not in completed.stderr


def test_a_command_that_takes_no_part_reports_nothing(reporting: Shell, studio: Control, chat: ScriptedStudio) -> None:
    assert reporting.run("doctor").returncode == 0
    assert reporting.run("sync", SAMPLE, "--dry-run").returncode == 0
    assert chat.requests == []
    assert studio.log() == []


def test_outside_of_the_program_nothing_is_reported() -> None:
    notify_at_end.note(next_step="nothing")
    assert notify_at_end._current.get() is None
