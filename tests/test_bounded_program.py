"""A program that takes too long ends with all that it started."""

import os
import subprocess
from pathlib import Path

import pytest

from rolesync.bounded_program import run_program

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def run(script: str, folder: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    how = {"seconds": 20.0, "environment": ENVIRONMENT, **options}
    return run_program(["sh", "-c", script], folder=folder, **how)  # type: ignore[arg-type]


def test_a_program_gets_data_folder_and_variables(tmp_path: Path) -> None:
    done = run("cat; pwd; echo $X >&2; exit 3", tmp_path, data=b"x\n", environment={**ENVIRONMENT, "X": "y"})
    assert (done.returncode, done.stdout, done.stderr) == (3, f"x\n{tmp_path}\n".encode(), b"y\n")


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(subprocess.TimeoutExpired):
        run("{ echo begun; sleep 60; } > held & wait", tmp_path, seconds=1.0)
    os.set_blocking(reader, True)
    try:
        assert [os.read(reader, 99), os.read(reader, 99)] == [b"begun\n", b""]  # ends when nobody holds the other end
    finally:
        os.close(reader)


def test_a_check_can_end_a_program(tmp_path: Path) -> None:
    def refuse() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # our own
        run("sleep 60", tmp_path, check=refuse)
