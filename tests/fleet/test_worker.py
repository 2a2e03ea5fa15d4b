"""The worker's process: one answer a job, nothing else on standard output, and an end with its parent."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolesync.fleet.worker_pool import WORKER
from rolesync.fleet.worker_protocol import JobKind, decode_result, encode_job
from rolesync.history.runs import list_runs
from rolesync.model.fleet import AccountStatus
from rolesync.sandbox import Control
from tests.fleet.tools import job
from tests.paths import SAMPLE
from tests.servers import ScriptedAnswer, ScriptedStudio


@pytest.fixture
def worker(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        yield process
        process.kill()


def values(base_url: str, folder: Path) -> dict[str, object]:
    return {"base_url": base_url, "token": "sandbox-token", "state_dir": str(folder / "state"), "attempts": 1}


def test_it_answers_each_job_by_progress_and_one_result(
    worker: "subprocess.Popen[str]", studio: Control, tmp_path: Path
) -> None:
    plan = job(
        kind=JobKind.PLAN,
        values=values(studio.base_url, tmp_path),
        list_path=str(SAMPLE),
        plan_path=str(tmp_path / "plan.json"),
    )
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(encode_job(plan) + encode_job(job(values={"account": 3})))
    worker.stdin.flush()
    messages = [json.loads(worker.stdout.readline())]
    while len(results := [decode_result(each["result"]) for each in messages if "result" in each]) < 2:
        messages.append(json.loads(worker.stdout.readline()))
    output, errors = worker.communicate()  # only now, as the end of standard input would interrupt a job
    assert output == ""
    assert messages[0] == {"ready": True}
    assert [each.status for each in results] == [AccountStatus.PLANNED, AccountStatus.FAILED]
    assert any("progress" in message for message in messages)
    assert (errors, worker.returncode) == ("", 0)


def test_it_interrupts_its_job_when_its_parent_is_gone(worker: "subprocess.Popen[str]", tmp_path: Path) -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer(end="mute")) as mute:
        assert worker.stdin
        worker.stdin.write(encode_job(job(values=values(mute.base_url, tmp_path), list_path=str(SAMPLE))))
        worker.stdin.flush()
        while not mute.requests:
            pass
        worker.stdin.close()
        assert worker.wait() == 143
    assert list_runs(tmp_path / "state") == []
