"""Planning, measured: a list of many rows against as many live users, beside a bare pandas read and outer merge.

Run as `python -m tests.bench.bench_planning [ROWS ...]`. Every figure is the median of three fresh processes, one for
each measurement, so that neither memory nor caches of one help or burden another. Peak memory is what the operating
system saw of the whole process, imports and the given live users included.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from rolesync.differ import diff
from rolesync.guards import judge
from rolesync.model import LIVE, Live, Policy, Requests, frame
from rolesync.planner import make_plan
from rolesync.reader import read_desired
from rolesync.recorded import History

TIMES = 3
CHANGED = 200  # one user in so many is not listed, one lacks the role; one row in so many names nobody in Studio
POLICY = Policy(owner="person7@example.edu", max_removals_share=1.0, max_removals=10_000_000)

DAY = datetime(2026, 3, 1, tzinfo=UTC)

Figures = Mapping[str, float]


def make(folder: Path, rows: int) -> Figures:
    """Write the list and the live users: mixed case, several role sets, a few changes of each kind."""
    at = np.arange(rows)
    held = np.where(at % CHANGED == 1, 2, at % 2)
    users = frame(
        LIVE,
        {
            "user_id": at * 7 + 1,
            "email": [f"Person{number}@Example.edu" for number in at],
            "name": [f"Person {number}" for number in at],
            "roles": pd.Index(['["Admin"]', '["Admin", "Teacher"]', '["Teacher"]'])[held].astype("category"),
        },
    )
    (folder / "live.pickle").write_bytes(pickle.dumps(users))
    listed = [f"{'person' if number % CHANGED else 'new'}{number}@example.edu,Admin\n" for number in at]
    (folder / "desired.csv").write_text("email,role\n" + "".join(listed), encoding="utf-8")
    return {"rows": len(listed)}


def ours(folder: Path, users: pd.DataFrame) -> Figures:
    """Read the list and plan."""
    live = Live(users, POLICY.managed_roles)
    started = perf_counter()
    desired = read_desired(folder / "desired.csv", managed_roles=POLICY.managed_roles, today=DAY.date())
    read = perf_counter()
    changes = diff(desired, live, POLICY)
    plan = make_plan(
        account="https://school.example.com",
        created_at=DAY,
        source=desired.source,
        policy=POLICY,
        changes=changes,
        verdicts=judge(changes, live, POLICY, desired.findings, History()),
        findings=desired.findings,
        requests=Requests({}),
    )
    ended = perf_counter()
    if not len(plan.changes) or plan.blocked:
        raise RuntimeError(f"nothing was planned, so nothing was measured: {plan.verdicts}")
    return {"seconds": ended - started, "planning": ended - read, "changes": len(plan.changes)}


def yardstick(folder: Path, users: pd.DataFrame) -> Figures:
    """What pandas takes to read the list and to set both sides beside each other."""
    started = perf_counter()
    desired = pd.read_csv(folder / "desired.csv")
    live = users.assign(email=users["email"].str.lower())
    read = perf_counter()
    merged = desired.merge(live, on="email", how="outer", indicator=True)
    ended = perf_counter()
    if not len(merged):
        raise RuntimeError("nothing was merged, so nothing was measured")
    return {"seconds": ended - started, "planning": ended - read}


MEASURES: Mapping[str, Callable[[Path, pd.DataFrame], Figures]] = {"ours": ours, "yardstick": yardstick}


def main() -> None:
    """Measure each size and print the table; with `--measure`, be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--measure", choices=["make", *MEASURES], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        sys.stdout.write(json.dumps(_measured(options.measure, options.folder, options.rows[0])))
        return
    table = Table("rows", "", "file → plan", "without reading", "peak memory", title="Planning, median of three")
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            _fresh("make", Path(folder), rows)
            figures = {name: _medians([_fresh(name, Path(folder), rows) for _ in range(TIMES)]) for name in MEASURES}
        for name, found in figures.items():
            seconds = (f"{found['seconds']:.2f} s", f"{found['planning']:.2f} s", f"{found['peak_mb']:.0f} MB")
            table.add_row(f"{rows:,}", name, *seconds)
        mine, other = figures.values()
        ratios = [f"{mine[name] / other[name]:.2f}" for name in ("seconds", "planning", "peak_mb")]
        table.add_row(f"{rows:,}", "ratio", *ratios, end_section=True)
    Console().print(table)


def _measured(name: str, folder: Path, rows: int) -> Figures:
    import resource  # noqa: PLC0415  # not on every system; the rest of this module can be imported there

    if name == "make":
        return make(folder, rows)
    users = pickle.loads((folder / "live.pickle").read_bytes())  # noqa: S301  # written by `make` a moment ago
    figures = MEASURES[name](folder, users)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**figures, "peak_mb": peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)}


def _fresh(name: str, folder: Path, rows: int) -> Figures:
    """The figures of a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.bench_planning",
        str(rows),
        "--measure",
        name,
        "--folder",
        str(folder),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def _medians(runs: list[Figures]) -> Figures:
    return {name: median(run[name] for run in runs) for name in runs[0]}


if __name__ == "__main__":
    main()
