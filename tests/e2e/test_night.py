"""Whole nights: from a list behind HTTPS, by a certificate of one's own, to a mail in a real mailbox, and a metric."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import OWNER, SAMPLE, TOKEN, Shell
from tests.notify.tools import PASSWORD, PEM, Mailbox, mail_server
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio

SETTINGS = """
base_url = "{studio}"
owner = "{owner}"
secrets_dir = "secrets"
state_dir = "{folder}/state"
ca_bundle = "{pem}"
list = "{list}/roles.csv?key=s3cr3t"
list_hosts = ["127.0.0.1"]
metrics_file = "{folder}/rolesync.prom"
log_format = "json"
log_level = "info"

[[notify]]
to = "mail"
on = ["changed", "failed", "blocked", "recovered"]
server = "{mail}"
user = "rolesync"
password_file = "secrets/smtp_password"
sender = "rolesync@example.edu"
recipients = ["operators@example.edu"]
"""


class ListServer:
    """What the server of the list answers: its text, or another answer."""

    def __init__(self) -> None:
        self.other: ScriptedAnswer | None = None
        self.text = SAMPLE.read_bytes()

    def answer(self, request: ReceivedRequest) -> ScriptedAnswer:
        if self.other:
            return self.other
        tag = f'"{len(self.text)}"'
        headers = {"ETag": tag, "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)}
        if request.headers.get("If-None-Match") == tag:
            return ScriptedAnswer(304, b"", {**headers, "Content-Length": "0"})
        return ScriptedAnswer(200, self.text, {**headers, "Content-Type": "text/csv"})


def metrics(sh: Shell) -> dict[str, float]:
    """The metrics without their labels; of several samples the sum."""
    text = (sh.folder / "rolesync.prom").read_text(encoding="utf-8")
    values: dict[str, float] = {}
    for name, value in re.findall(r"^rolesync_(\w+){.*} (\S+)$", text, re.MULTILINE):
        values[name] = values.get(name, 0.0) + float(value)
    return values


@pytest.fixture
def night(sh: Shell, studio: Control) -> Shell:
    """A shell without any setting in its environment, as a scheduler has it, with the secrets in files."""
    secrets = sh.folder / "etc" / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    (secrets / "rolesync_token").write_text(TOKEN, encoding="ascii")
    (secrets / "smtp_password").write_text(PASSWORD, encoding="ascii")
    variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
    assert studio.log() == []
    return replace(sh, variables={**variables, "ROLESYNC_CONFIG": str(sh.folder / "etc" / "rolesync.toml")})


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(mail["Subject"]).strip().rpartition(": ")[0].removeprefix("rolesync: ") for mail in mailbox.mails]


def test_five_nights_are_four_mails_and_metrics(night: Shell, studio: Control) -> None:
    lists, logs = ListServer(), list[str]()
    with ScriptedStudio(lists.answer, tls=str(PEM)) as server, mail_server("starttls", login=True) as mailbox:
        text = SETTINGS.format(
            studio=studio.base_url, owner=OWNER, folder=night.folder, pem=PEM, list=server.base_url, mail=mailbox.server
        )
        Path(night.variables["ROLESYNC_CONFIG"]).write_text(text, encoding="utf-8")

        def sync() -> int:
            done = night.run("sync")
            logs.append(done.stderr)
            return done.returncode

        assert sync() == 0
        first = metrics(night)
        assert (first["last_run_done_changes"], first["last_run_exit_code"]) == (6, 0)
        assert 0 <= first["list_age_seconds"] < 60
        assert sync() == 0  # 304, nothing to do, and no mail

        lists.other = ScriptedAnswer(200, b"<html>Please log in", {"Content-Type": "text/html"})
        assert sync() == 3
        lists.other = None
        lists.text = b"".join(SAMPLE.read_bytes().splitlines(keepends=True)[:6])
        assert sync() == 4
        blocked = metrics(night)
        assert blocked["last_run_exit_code"] == 4
        assert blocked["last_run_blocking_guard"] >= 1
        assert first["last_run_timestamp_seconds"] <= blocked["last_success_timestamp_seconds"]
        assert blocked["last_success_timestamp_seconds"] < blocked["last_run_timestamp_seconds"]
        lists.text = SAMPLE.read_bytes() + b"lukasz.zak@example.edu,Admin,Examinations\n"
        assert sync() == 0
    assert subjects(mailbox) == [
        "CHANGED",
        "FAILED, the list can't be read",
        "BLOCKED by max_shrink_share, max_removals_share",
        "RECOVERED, CHANGED",
    ]
    assert metrics(night)["last_run_failed_notifications"] == 0
    assert_nothing_leaks(mailbox.mails, logs, night)
    assert len(studio.log()) == 7


def assert_nothing_leaks(mails: list[EmailMessage], logs: list[str], sh: Shell) -> None:
    """Neither mails, log, metrics nor memory name people or hold a secret."""
    (memory,) = sh.folder.glob("state/*/notify.json")
    texts = [mail.get_content() for mail in mails]
    texts += [memory.read_text(encoding="ascii"), (sh.folder / "rolesync.prom").read_text(encoding="utf-8")]
    for secret in (TOKEN, PASSWORD, "s3cr3t"):
        assert secret not in "".join([*texts, *logs])
    for word in ("greg.stone", "lukasz.zak", "roles.csv", "log in"):
        assert word not in "".join(texts)
    entries = [json.loads(line) for line in "".join(logs).splitlines() if line.startswith("{")]
    assert [entry["status"] for entry in entries if entry["event"] == "ended"] == [
        "changed",
        "unchanged",
        "failed",
        "blocked",
        "changed",
    ]
    assert all("account" in entry for entry in entries)
