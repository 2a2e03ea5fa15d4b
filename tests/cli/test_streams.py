"""Standard streams that are closed, full, or without a reader never change what a command does, nor its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rolesync.cli.streams import steady_streams, take_stdout_error
from tests.command import ROLESYNC, SAMPLE, clean

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", command.replace("rolesync", str(ROLESYNC), 1)],
        env=clean(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.usefixtures("unmeasured_processes")
@pytest.mark.parametrize("form", ["", "--format json"])
@pytest.mark.parametrize(
    ("target", "reason"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")], ids=str
)
@pytest.mark.parametrize(("file", "code"), [(SAMPLE, 0), (Path(__file__), 3)])
def test_a_lost_result_is_one_line_beside_the_commands_exit_code(
    file: Path, code: int, target: str, reason: str, form: str
) -> None:
    completed = run(f"rolesync validate {file} {form} {target}")
    assert completed.returncode == code
    *errors, last = completed.stderr.splitlines()
    assert last == f"rolesync: standard output can't be written: {reason}; the exit code still reports the result"
    assert len(errors) == (1 if code else 0)


@pytest.mark.parametrize("target", ["2>&-", "2>/dev/full", "<&-", "<&- >&- 2>&-"])
def test_closed_and_full_streams_change_no_exit_code(target: str) -> None:
    completed = run(f"rolesync validate {SAMPLE} {target}")
    assert completed.returncode == 0
    assert bool(completed.stdout) == (">&- 2" not in target)
    assert completed.stderr == ""


def test_no_file_of_the_command_gets_the_number_of_a_closed_stream() -> None:
    code = (
        "import os\nfrom rolesync.cli.streams import steady_streams\n"
        "with steady_streams():\n"
        "    assert os.open('.', os.O_RDONLY) > 2\n"
        "    print('lost')\n"
    )
    script = ["/bin/bash", "-c", 'exec "$0" -c "$1" <&- >&-', sys.executable, code]
    completed = subprocess.run(script, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (completed.returncode, "Traceback" in completed.stderr) == (0, False)


def test_a_list_that_is_lost_on_standard_output_is_an_error() -> None:
    completed = run(f"rolesync migrate {SAMPLE} -o - >/dev/full")
    assert completed.returncode == 1
    assert "the list can't be written to standard output: No space left on device" in completed.stderr
    assert "the exit code still" not in completed.stderr


def test_the_streams_are_put_back(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdin, sys.stdout, sys.stderr
    with steady_streams():
        sys.stdout.write("héllo\n")
        sys.stderr.write("wörld\n")
        assert take_stdout_error() == ""
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    assert capfd.readouterr() == ("héllo\n", "wörld\n")
