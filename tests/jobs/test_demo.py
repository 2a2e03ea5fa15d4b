"""The demo: runs from end to end, fails where a step fails, and leaves nothing running however it ends."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell, clean
from tests.paths import ROOT

FOREIGN = {"account": "example", "token": "a-real-token", "managed_roles": '["Teacher"]'}
"""Settings of whoever runs the demo, and whom it must not touch."""

SECONDS = 90


@pytest.fixture
def checkout(tmp_path: Path) -> Shell:
    (tmp_path / "jobs").mkdir()
    shutil.copy(ROOT / "jobs/demo.py", tmp_path / "jobs")
    shutil.copytree(SAMPLE.parent, tmp_path / "sample_data")
    (tmp_path / ".env").write_text("ROLESYNC_ACCOUNT=example\n", encoding="ascii")
    return Shell(tmp_path, clean())


def assert_sandbox_is_gone(output: str) -> None:
    (address,) = set(re.findall(r"ROLESYNC_BASE_URL=(http://127\.0\.0\.1:\d+)", output))
    with pytest.raises(ConnectionRefusedError):
        Control(address).log()


def test_the_demo_shows_every_command_and_changes_the_sandbox(checkout: Shell) -> None:
    done = checkout.call(sys.executable, "jobs/demo.py", **FOREIGN)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = re.findall(r"^\$ rolesync (.+)$", done.stdout, re.MULTILINE)
    assert [command.split()[0] for command in commands] == [
        "sandbox", "validate", "plan", "show", "apply", "sync", "runs", "audit",
    ]  # fmt: skip
    assert len(done.stdout.splitlines()) <= 60
    for words in ("READY  2 removals, 4 additions", "COMPLETE  6 of 6", "NOTHING TO DO", "WHOLE"):
        assert words in done.stdout
    assert "+ add  Omar Haddad <omar.haddad@example.edu> #1052  Admin" in done.stdout
    assert (checkout.folder / ".demo" / "plan.html").as_uri() in done.stdout
    assert "About this plan" not in done.stdout
    left = {path.name for path in (checkout.folder / ".demo").rglob("*")}
    assert {"plan.json", "plan.html", "plan.md", "audit.jsonl"} <= left
    assert_sandbox_is_gone(done.stdout)


def test_details_are_the_whole_output_of_each_command(checkout: Shell) -> None:
    done = checkout.call(sys.executable, "jobs/demo.py", "--details")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "About this plan" in done.stdout
    assert "DETAILS=1" not in done.stdout


def test_the_demo_fails_where_a_step_fails(checkout: Shell) -> None:
    (checkout.folder / "sample_data" / SAMPLE.name).write_text("email,role\nnobody,Admin\n", encoding="utf-8")
    done = checkout.call(sys.executable, "jobs/demo.py")
    assert done.returncode == 1
    assert "that command exited 3" in done.stdout
    assert "$ rolesync plan" not in done.stdout
    assert_sandbox_is_gone(done.stdout)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_demo_leaves_nothing_running(checkout: Shell, number: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [sys.executable, "jobs/demo.py"],
        cwd=checkout.folder,
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        output = ""
        try:
            for line in process.stdout:
                output += line
                if line.startswith("$ rolesync plan"):
                    process.send_signal(number)
            assert process.wait(SECONDS) == code, output
            assert "$ rolesync apply" not in output
            assert_sandbox_is_gone(output)
        finally:
            with suppress(ProcessLookupError):  # as it should be: nobody is left of the demo's processes
                os.killpg(process.pid, signal.SIGKILL)
