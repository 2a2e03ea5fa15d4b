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
    done = run("cat; pwd; echo $X; exit 3", tmp_path, data=b"x\n", environment={**ENVIRONMENT, "X": "y"})
    assert (done.returncode, done.stdout) == (3, f"x\n{tmp_path}\ny\n".encode())


def test_a_program_may_take_its_time_with_its_data(tmp_path: Path) -> None:
    data = b"x" * 1_000_000  # more than a pipe holds
    assert run("sleep 0.3; wc -c", tmp_path, data=data).stdout.strip() == b"1000000"


def test_output_that_is_not_kept_needs_no_memory_and_no_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    done = run("exec 3<>held; { read line <&3; } & yes | head -c 1000000; exit 3", tmp_path, keeps_output=False)
    assert done.returncode == 3  # although a program in the background holds the output open
    assert not done.stdout
    (tmp_path / "held").write_text("end\n")


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
