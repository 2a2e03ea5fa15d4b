"""Measure start-up: commands that do little, beside importing the four packages that rolesync is built on.

Run as `python -m tests.bench.bench_startup`. Each figure is the median of fresh processes, which take turns. The ratio
is of CPU time, since elapsed time depends on other processes too. On a terminal, `--help` has boxes and colours, which
take imports of their own. Modules are compiled once, as after an installation, and not by each process.
"""

import json
import os
import pty
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from rolesync.errors import Exit
from rolesync.sandbox import OWNER, Options, Sandbox

TIMES = 15
YARDSTICK = "import pandas, requests, pydantic_settings, structlog"
# No command that reads a setting takes less: the framework of commands, and the settings, without any other module. One
# that speaks to Studio also needs the HTTP library.
LEAST = "import typer; from rolesync.settings import load; load()"
LEAST_WITH_HTTP = f"{LEAST}; import requests"
GOALS = {
    "rolesync --help": 0.25,
    "rolesync --help, on a terminal": 0.25,
    **dict.fromkeys(
        (
            "rolesync runs",
            "rolesync show RUN",
            "rolesync audit verify",
            "rolesync explain USER",
            "rolesync doctor",
            "rolesync login",
        ),
        0.35,
    ),
}


def commands(folder: Path, studio: Sandbox) -> Mapping[str, Sequence[str]]:
    """Name what is measured, the yardstick first; an earlier run is in the record, so that there is one to show.

    Args:
        folder: where the list and the record of that run are kept.
        studio: the account; `doctor` asks it.
    """
    path = folder / "list.csv"
    path.write_text(f"email,role\n{OWNER},Admin\nomar.haddad@example.edu,Admin\n", encoding="utf-8")
    rolesync = [sys.executable, "-m", "rolesync"]
    settings = {"base_url": studio.base_url, "token": studio.token, "state_dir": str(folder / "state"), "owner": OWNER}
    account = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    sync = [*rolesync, "sync", str(path), "--no-removals", "--format", "json", *account]
    run = json.loads(subprocess.run(sync, capture_output=True, check=True).stdout)["run"]["run"]
    developer_key = ["--set", "client_id=a-key", "--set", "redirect_uri=https://school.example.edu"]
    login = [*rolesync, "login", "--set", f"base_url={studio.base_url}", *developer_key]
    return {
        YARDSTICK: [sys.executable, "-c", YARDSTICK],
        "import pandas, pydantic_settings": [sys.executable, "-c", "import pandas, pydantic_settings"],
        "import typer, and load the settings": [sys.executable, "-c", LEAST],
        "the same, and import requests": [sys.executable, "-c", LEAST_WITH_HTTP],
        "rolesync --help": [*rolesync, "--help"],
        "rolesync --help, on a terminal": [*rolesync, "--help"],
        "rolesync runs": [*rolesync, "runs", *account],
        "rolesync show RUN": [*rolesync, "show", run, *account],
        "rolesync audit verify": [*rolesync, "audit", "verify", *account],
        "rolesync explain USER": [*rolesync, "explain", OWNER, *account],
        "rolesync doctor": [*rolesync, "doctor", *account],
        "rolesync login": login,
        "rolesync validate, a row": [*rolesync, "validate", str(path)],
        "rolesync validate --format json, a row": [*rolesync, "validate", str(path), "--format", "json"],
    }


def once(command: Sequence[str], *, terminal: bool = False) -> tuple[float, float]:
    """Run a command; returns the seconds by the clock, and by the processor.

    A login finds nobody who pastes an address, and is refused for that, as wrong usage.

    Raises:
        RuntimeError: it did something else than it should.
    """
    expected = Exit.USAGE if "login" in command else Exit.DONE
    before, started = os.times(), perf_counter()
    if terminal:
        ours, theirs = pty.openpty()
        try:
            done = subprocess.run(command, stdout=theirs, stdin=subprocess.DEVNULL, check=False)
        finally:
            os.close(theirs)
            os.close(ours)
    else:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
        )
    if done.returncode != expected:
        raise RuntimeError(f"{shlex.join(command)} ended with {done.returncode}, not {expected}: {done.stderr!r}")
    seconds, after = perf_counter() - started, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, worked


def main() -> None:
    """Measure and print the table."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    measured_times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, Sandbox(Options()) as studio:
        measured = commands(Path(folder), studio)
        for _ in range(TIMES):
            for name, command in measured.items():
                measured_times.setdefault(name, []).append(once(command, terminal="terminal" in name))
    table = Table(title=f"Start-up, median of {TIMES}", title_justify="left")
    for title in ("", "seconds", "CPU", "ratio", "goal"):
        table.add_column(title, justify="right" if title else "left")
    yardstick = median(cpu for _, cpu in measured_times[YARDSTICK])
    for name, runs in measured_times.items():
        seconds, cpu = median(seconds for seconds, _ in runs), median(cpu for _, cpu in runs)
        table.add_row(name, f"{seconds:.3f}", f"{cpu:.3f}", f"{cpu / yardstick:.2f}", f"{GOALS.get(name, '')}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
