"""The renewal of a token among several processes, some of which are killed meanwhile."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rolesync.sandbox import Faults, Options, Sandbox
from rolesync.settings import load
from rolesync.studio.auth.token_endpoint import PATH
from tests.paths import ROOT
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio, in_turn
from tests.studio.oauth_tools import FIRST, ROLESYNC, SECRET, environment, form_of, issued

SECONDS = 60  # after which a command hangs, however slow the machine
ADMIN = {"id": 7, "email": "admin@example.edu", "role_names": ["Admin"]}
ONE_ADMIN = ScriptedAnswer(body={"users": [ADMIN], "meta": {"current_page": 1, "last_page": 1, "total_count": 1}})


@contextmanager
def process(command: list[object], folder: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone when the `with` block ends."""
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def say(word: str, *processes: subprocess.Popen[str]) -> list[str]:
    """Write the word to each process, and return the line that each one answers with."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{word}\n")
        process.stdin.flush()
    return [process.stdout.readline().strip() for process in processes if process.stdout is not None]


def test_two_processes_at_once_share_one_refresh_and_both_work(tmp_path: Path) -> None:
    faults = Faults.parse("latency=0.3,on=tokens")  # long enough for the second one to come while the first is asking
    with Sandbox(Options(faults=faults)) as studio, ExitStack() as stack:
        env = environment(studio.base_url, tmp_path / "state")
        command: list[object] = [sys.executable, ROOT / "tests/e2e/renewing.py"]
        both = [stack.enter_context(process(command, tmp_path, env)) for _ in range(2)]
        assert [started.stdout.readline().strip() for started in both if started.stdout] == ["ready"] * 2
        header, other_header = say("go", *both)
        assert header == other_header
        assert header.startswith("Bearer access-")
        assert studio.counts()["token"] == 1
        (path,) = (tmp_path / "state").glob("*/token.json")
        kept = json.loads(path.read_bytes())
        assert header == f"Bearer {kept['access_token']}"

        # Long before its end and no longer young, both are refused: again one asks, and both go on.
        kept["obtained_at"] = "2020-01-01T00:00:00+00:00"
        path.write_text(json.dumps(kept))
        renewed = say("renew", *both)
        assert renewed[0] == renewed[1]
        assert renewed[0].startswith("True Bearer access-")
        assert header not in renewed[0]
        assert studio.counts()["token"] == 2
        assert [started.wait(SECONDS) for started in both] == [0, 0]


@pytest.mark.parametrize(("number", "code", "kept"), [(signal.SIGTERM, 143, 1), (signal.SIGKILL, -9, 0)])
def test_a_process_that_is_ended_while_studio_answers(
    tmp_path: Path, number: signal.Signals, code: int, kept: int
) -> None:
    """SIGTERM lets the process finish, so that nothing is lost. SIGKILL leaves the store whole for the next run."""
    running: list[subprocess.Popen[str]] = []
    started = threading.Event()
    answers = in_turn(issued(1), issued(2))

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.path != PATH:
            return ONE_ADMIN
        if len([request for request in server.requests if request.path == PATH]) == 1:
            assert started.wait(SECONDS)
            running[0].send_signal(number)
            if number is signal.SIGKILL:
                running[0].wait(SECONDS)
        return answers(request)

    env = environment("", tmp_path / "state")
    with ScriptedStudio(answer) as server:
        env["ROLESYNC_BASE_URL"] = server.base_url
        command: list[object] = [ROLESYNC, "doctor", "--format", "json"]
        with process(command, tmp_path, env) as doctor:
            running.append(doctor)
            started.set()
            out, err = doctor.communicate(timeout=SECONDS)
        assert doctor.returncode == code, err
        assert [request.path for request in server.requests] == [PATH]
        stores = list((tmp_path / "state").glob("*/token.json"))
        assert [json.loads(path.read_bytes())["refresh_token"] for path in stores] == ["refresh-1"] * kept
        for secret in (SECRET, FIRST, "access-1", "refresh-1"):
            assert secret not in out + err

        after = subprocess.run(
            [ROLESYNC, "export", "-o", "-"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert after.returncode == 0, after.stderr
        spent = [form_of(request)["refresh_token"] for request in server.requests if request.path == PATH]
        assert spent == ([FIRST] if kept else [FIRST, FIRST])
        (path,) = (tmp_path / "state").glob("*/token.json")
        assert [file.name for file in path.parent.iterdir() if file.name.startswith("token.json")] == ["token.json"]
        assert path.parent == load(base_url=server.base_url, state_dir=tmp_path / "state").account_dir
