"""Processes of commands: the modules that they import, and what they show on a terminal."""

import os
import pty
import subprocess
import sys

from tests.command import COVERAGE


def imported(*arguments: object, exit_code: int = 0) -> set[str]:
    """Run a command, check how it ended, and name every module that it imported; measuring it would import others."""
    command = [sys.executable, "-X", "importtime", "-m", "rolesync", *map(str, arguments)]
    variables = {name: value for name, value in os.environ.items() if name != COVERAGE}
    completed = subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert completed.returncode == exit_code
    lines = (line for line in completed.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


def on_terminal(*command: str) -> bytes:
    """Run a command on a terminal of its own, and return what it shows there, standard error included."""
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            shown += more
        process.wait(60)
    os.close(ours)
    assert process.returncode == 0
    return shown
