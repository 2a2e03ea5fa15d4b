"""The benchmark of start-up still measures start-up."""

from pathlib import Path

from tests.bench.bench_startup import YARDSTICK, commands, once


def test_every_command_runs(tmp_path: Path) -> None:
    measured = commands(tmp_path)
    assert next(iter(measured)) == YARDSTICK
    for name, command in measured.items():
        assert min(once(command, terminal="terminal" in name)) >= 0
