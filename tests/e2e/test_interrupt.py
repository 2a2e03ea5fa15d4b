"""A run that is under way: no other run writes beside it, and it can be stopped in good order."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolesync.sandbox import Options, Sandbox
from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, Shell, sandbox, shell
from tests.conftest import stop_ignoring_signals
from tests.e2e.test_secrets import LOUD, hold_no_secret

PATIENCE = 30  # seconds until a write must have reached the sandbox


@pytest.fixture(scope="module")
def slow() -> Iterator[Control]:
    """A sandbox that is ended long before it answers a write, so that no write arrives during another test."""
    with sandbox("--faults", "latency=600,on=writes", measured=False) as control:
        yield control


@pytest.fixture
def sh(tmp_path: Path, slow: Control) -> Shell:
    slow.reset_counts()
    return shell(tmp_path, slow)


def wait_for_write(studio: Control) -> None:
    """Ask the sandbox again and again until a write has come."""
    end = time.monotonic() + PATIENCE
    while not studio.counts()["roles"]:
        assert time.monotonic() < end, "no write came"


def test_a_second_run_is_refused_and_ctrl_c_ends_the_first(sh: Shell, slow: Control) -> None:
    with sh.started("sync", SAMPLE) as first:
        wait_for_write(slow)
        refused = sh.json("sync", SAMPLE, exit_code=7)
        assert f"process {first.pid}" in refused["error"]["message"]
        assert slow.counts()["roles"] == 1
        first.send_signal(signal.SIGINT)
        _, errors = first.communicate(timeout=PATIENCE)
    assert first.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    events = [record["event"] for record in sh.record()]
    assert events == ["plan", "run.start", "intent", "outcome", "run.end"]
    outcome, end = sh.record()[-2:]
    assert outcome["status"] == "unknown"
    assert end["status"] == "interrupted"


def test_sigterm_ends_an_apply_in_good_order_and_frees_the_lock(sh: Shell, slow: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    now = {"settle_seconds": 0}  # the second run needn't wait until the first one's request might show
    for turn in (1, 2):
        with sh.started("apply", "plan.json", "--yes", "--format", "json", **now) as run:
            wait_for_write(slow)
            run.send_signal(signal.SIGTERM)
            output, errors = run.communicate(timeout=PATIENCE)
        assert run.returncode == 128 + signal.SIGTERM, errors
        assert output == ""
        ends = {record["run"]: record["status"] for record in sh.record() if record["event"] == "run.end"}
        assert list(ends.values()) == ["interrupted"] * turn
        slow.reset_counts()


def test_neither_a_run_that_is_killed_nor_one_that_is_locked_out_gives_a_secret_away(sh: Shell, slow: Control) -> None:
    with sh.started("sync", SAMPLE, **LOUD) as run:
        wait_for_write(slow)
        held = sh.run("sync", SAMPLE, **LOUD)
        run.send_signal(signal.SIGTERM)
        output, errors = run.communicate(timeout=PATIENCE)
    assert (run.returncode, held.returncode) == (128 + signal.SIGTERM, 7)
    hold_no_secret(sh, output, errors, held.stdout, held.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_processes_of_tests_end_at_signals_that_whoever_started_the_tests_ignores(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        stop_ignoring_signals()
        with subprocess.Popen(["sleep", "60"]) as process:  # noqa: S607  # POSIX
            process.send_signal(number)
            assert process.wait(PATIENCE) == -number
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rehearsal_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with Sandbox(Options(users=1200)) as studio:
        sh = shell(tmp_path, studio)
        sh.variables["TMPDIR"] = str(temporary)
        people = [person["id"] for person in studio.people() if "Admin" not in person["role_names"]]
        path = tmp_path / "list.csv"
        path.write_text("user_id,role\n" + "".join(f"{user_id},Admin\n" for user_id in people), encoding="utf-8")
        sh.json("plan", path, "-o", "plan.json", chunk_size=1, mode="additive")
        record = sh.record()
        with sh.started("rehearse", "plan.json") as run:
            end = time.monotonic() + PATIENCE
            while not list(temporary.glob("*/audit.jsonl")):
                assert time.monotonic() < end, "no copy was made"
                assert run.poll() is None
            run.send_signal(number)
            _, errors = run.communicate(timeout=PATIENCE)
        assert run.returncode == 128 + number, errors
        assert "Traceback" not in errors
        assert (list(temporary.iterdir()), studio.log(), sh.record()) == ([], [], record)


def test_a_sandbox_ends_with_ctrl_c(sh: Shell) -> None:
    with sh.started("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("export ROLESYNC_BASE_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
