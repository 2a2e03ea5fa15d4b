"""A night in shards: three processes of the script that every engine runs, and one merge."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rolesync.sandbox import Options, Sandbox
from tests.command import ROLESYNC, clean
from tests.fleet.tools import write_fleet
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
