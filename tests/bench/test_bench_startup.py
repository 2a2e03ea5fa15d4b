"""The benchmark of start-up still measures start-up."""

from collections.abc import Callable
from pathlib import Path

from rolesync.sandbox import Options, Sandbox
from tests.bench.bench_startup import GOALS, YARDSTICK, commands, once


def test_every_command_runs(sandboxes: Callable[[Options], Sandbox], tmp_path: Path) -> None:
    measured = commands(tmp_path, sandboxes(Options()))
    assert next(iter(measured)) == YARDSTICK
    assert set(measured) >= set(GOALS)
    for name, command in measured.items():
        assert min(once(command, terminal="terminal" in name)) >= 0
