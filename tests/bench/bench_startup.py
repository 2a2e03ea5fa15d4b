"""Start-up, measured: commands that do little, beside importing the four packages that rolesync is built on.

Run as `python -m tests.bench.bench_startup`. Every figure is the median of fresh processes, which take turns; the ratio
is that of the processor's time, since the clock's has that of the neighbours in it, too. On a terminal `--help` has
boxes and colours, which are imported for it.
"""

import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

TIMES = 15
YARDSTICK = "import pandas, requests, pydantic_settings, structlog"
GOALS = {"rolesync --help": 0.25, "rolesync --help, on a terminal": 0.25}


def commands(folder: Path) -> Mapping[str, Sequence[str]]:
    """Say what is measured: the yardstick first."""
    path = folder / "list.csv"
    path.write_text("email,role\nada@example.edu,Admin\n", encoding="utf-8")
    rolesync = [sys.executable, "-m", "rolesync"]
    return {
        YARDSTICK: [sys.executable, "-c", YARDSTICK],
        "import pandas, pydantic_settings": [sys.executable, "-c", "import pandas, pydantic_settings"],
        "rolesync --help": [*rolesync, "--help"],
        "rolesync --help, on a terminal": [*rolesync, "--help"],
        "rolesync validate, a row": [*rolesync, "validate", str(path)],
        "rolesync validate --format json, a row": [*rolesync, "validate", str(path), "--format", "json"],
    }


def once(command: Sequence[str], *, terminal: bool = False) -> tuple[float, float]:
    """Run a command; returns the seconds by the clock, and by the processor."""
    before, started = os.times(), perf_counter()
    if terminal:
        ours, theirs = pty.openpty()
        try:
            subprocess.run(command, stdout=theirs, stdin=subprocess.DEVNULL, check=True)
        finally:
            os.close(theirs)
            os.close(ours)
    else:
        subprocess.run(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    seconds, after = perf_counter() - started, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, worked


def main() -> None:
    """Measure and print the table."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(TIMES):
            for name, command in commands(Path(folder)).items():
                found.setdefault(name, []).append(once(command, terminal="terminal" in name))
    table = Table(title=f"Start-up, median of {TIMES}", title_justify="left")
    for title in ("", "seconds", "CPU", "ratio", "goal"):
        table.add_column(title, justify="right" if title else "left")
    yardstick = median(cpu for _, cpu in found[YARDSTICK])
    for name, runs in found.items():
        seconds, cpu = median(seconds for seconds, _ in runs), median(cpu for _, cpu in runs)
        table.add_row(name, f"{seconds:.3f}", f"{cpu:.3f}", f"{cpu / yardstick:.2f}", f"{GOALS.get(name, '')}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
