"""A night in shards: three processes of the script that every engine runs, and one merge."""

import json
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml

from rolesync.sandbox import Options, Sandbox
from tests.command import ROLESYNC, clean
from tests.fleet.tools import write_fleet
from tests.jobs.engines import BashOperator, Context, Failure, Op, airflow, dagster
from tests.paths import ROOT

JOBS = ROOT / "jobs" / "fleet"
NAMES = ("north", "south", "east")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the script is for a POSIX shell")


@pytest.fixture
def start(tmp_path: Path, sandboxes: Callable[[Options], Sandbox]) -> Callable[..., subprocess.Popen[str]]:
    """Start a step of the script beside a fleet of three accounts."""
    studios = {name: sandboxes(Options(seed=seed)).base_url for seed, name in enumerate(NAMES, 1)}
    fleet = write_fleet(tmp_path, studios)
    names = {"FLEET": str(fleet), "NIGHT": str(tmp_path / "night")}
    paths = {"PATH": f"{ROLESYNC.parent}{os.pathsep}{os.environ['PATH']}"}

    def start_step(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [JOBS / "shard.sh", *words],
            cwd=tmp_path,
            env={**clean(), **paths, **names},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start_step


def test_three_processes_plan_and_apply_what_one_merge_has_judged(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
        output, errors = process.communicate(timeout=120)
        return process.returncode, output + errors

    def all_shards(step: str) -> list[tuple[int, str]]:
        return [ended(process) for process in [start(step, str(index), "3") for index in range(3)]]

    assert all(code == 64 for code, _ in all_shards("apply"))  # nothing is merged yet
    assert [code for code, _ in all_shards("plan")] == [0, 0, 0]
    code, output = ended(start("merge"))
    assert (code, "3 accounts: 3 planned" in output) == (0, True), output
    assert [code for code, _ in all_shards("apply")] == [0, 0, 0]
    code, output = ended(start("merged"))
    assert (code, "3 accounts: 3 done" in output) == (0, True), output
    assert len(list((tmp_path / "state").glob("*/audit.jsonl"))) == 3
    assert ended(start("plan", "0", "3"))[0] == 64  # a night is merged once


def test_no_engine_repeats_a_step() -> None:
    job = yaml.safe_load((JOBS / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert json.loads((JOBS / "aws_batch.json").read_text(encoding="utf-8"))["retryStrategy"] == {"attempts": 1}


SHARES = [(step, str(index), "20") for step in ("plan", "apply") for index in range(20)]


def steps(commands: Iterable[str]) -> list[tuple[str, ...]]:
    """The words after the script of each command."""
    split = [shlex.split(command) for command in commands]
    assert {words[0] for words in split} == {"/opt/rolesync/jobs/fleet/shard.sh"}
    return [tuple(words[1:]) for words in split]


def test_airflow_runs_every_step_in_its_order_and_repeats_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in airflow().items():
        monkeypatch.setitem(sys.modules, name, module)
    runpy.run_path(str(JOBS / "airflow_dag.py"))
    tasks = {task.name: task for task in BashOperator.all}
    assert sorted(steps(task.command for task in tasks.values())) == sorted([*SHARES, ("merge",), ("merged",)])
    assert {task.retries for task in tasks.values()} == {0}
    assert {task.env["NIGHT"] for task in tasks.values()} == {"/var/lib/rolesync/nights/{{ run_id }}"}
    assert tasks["merge"].after == [f"plan_{index}" for index in range(20)]
    assert all(tasks[f"apply_{index}"].after == ["merge"] for index in range(20))
    assert tasks["merged"].after == [f"apply_{index}" for index in range(20)]


def test_dagster_runs_every_step_in_its_order_and_fails_with_the_night(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ops: list[Op] = []
    monkeypatch.setitem(sys.modules, "dagster", dagster(ops)["dagster"])
    names = runpy.run_path(str(JOBS / "dagster_job.py"))
    script = tmp_path / "shard.sh"
    script.write_text('#!/bin/sh\necho "$NIGHT $*" >>"$0.log"\nexit 5\n', encoding="utf-8")
    script.chmod(0o755)
    names["run_step"].__globals__["SCRIPT"] = str(script)
    context = Context()
    for each in ops[:-1]:
        each.run(context)
    with pytest.raises(Failure, match="exited with 5"):
        ops[-1].run(context)
    calls = [line.split() for line in (tmp_path / "shard.sh.log").read_text(encoding="utf-8").splitlines()]
    assert {night for night, *_ in calls} == {"/var/lib/rolesync/nights/run-1"}
    expected = [*SHARES[:20], ("merge",), *SHARES[20:], ("merged",)]
    assert [tuple(words) for _, *words in calls] == expected
    by_name = {each.name: each.after for each in ops}
    assert by_name["merge"] == [f"plan_{index}" for index in range(20)]
    assert by_name["apply_7"] == ["merge"]
    assert by_name["merged"] == [f"apply_{index}" for index in range(20)]
    assert context.lines[0] == "shard.sh plan 0 20 exited with 5"


def test_kestra_runs_every_step_in_its_order_and_repeats_none() -> None:
    text = (JOBS / "kestra.yaml").read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    assert "retry:" not in text
    commands = []
    for task in flow["tasks"]:
        inner = task.get("tasks", [task])
        for value in task.get("values", [""]):
            for each in inner:
                (command,) = each["commands"]
                command = command.replace("{{ vars.script }}", flow["variables"]["script"])
                commands.append(command.replace("{{ taskrun.value }}", str(value)))
        assert all(each.get("allowFailure", False) == (task["id"] != "merged") for each in inner)
    assert steps(commands) == [*SHARES[:20], ("merge",), *SHARES[20:], ("merged",)]
