"""Measure applying: a run against the latency of its server, records against a plain log, and large plan files.

Run as `python -m tests.bench.bench_applying`. Each figure of a run or of a plan file comes from a fresh process. Peak
memory is what the operating system counted for it, imports included.

The limit of a run is the latency of its requests: the PUTs divided by those in parallel, plus the pages of the proof
divided by eight, each times the latency.

The records are those of a run, two for each PUT of 50 actions. The yardstick is plain structlog, which prints the same
to a file without flushing. Each record of rolesync is flushed to the disk (fsync), which takes as long as the disk
needs, and wakes a process whose caches are cold. The goal is for everything else, so it is measured without flushing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from io import StringIO
from math import ceil
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, process_time
from typing import TypeVar
from unittest.mock import patch

import numpy as np
import structlog
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from rolesync.audit.record import open_record
from rolesync.cli.progress import configure_log
from rolesync.executor.recheck import recheck
from rolesync.executor.run import carry_out
from rolesync.executor.run_context import RunContext
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.events import SentAction
from rolesync.history.request_journal import Journal
from rolesync.model.frames import CHANGES, HELD, LIVE, frame
from rolesync.model.lists import Source
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy, RoleCount
from rolesync.planner.build import make_plan
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.report.html.page import plan_html
from rolesync.report.markdown import plan_markdown
from rolesync.report.spreadsheet.plan import plan_csv
from rolesync.report.terminal.plan import plan_view
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.client import Client
from rolesync.studio.transport import Connection
from rolesync.studio.users import StudioWriter
from tests.bench.latent import address
from tests.bench.memory import peak_mb

LATENCY = 0.05  # seconds
RUNS = ((10_000, 1), (100_000, 8))  # changes, PUTs under way at once
READERS = 8
NEAR = 1.25  # goal: at most so many times the latency limit
LOGGED = 1.5  # goal: at most so many times a plain log, flushing apart
OPENED = 2.0  # goal: seconds
REQUESTS = 200  # whose records are measured at a time
TIMES = 5

DAY = datetime(2026, 3, 1, tzinfo=UTC)
Figures = Mapping[str, float]
Made = TypeVar("Made")


def plan_of(changes: int) -> Plan:
    """Make a plan of this many changes for `latent`: every even id loses Admin, every odd id gets it."""
    at = np.arange(1, changes + 1)
    gains = at % 2 == 1
    emails = [address(number) for number in range(1, changes + 1)]
    data = {
        "user_id": at,
        "email": emails,
        "name": [f"Person {number}" for number in at],
        "action": np.where(gains, "add", "remove"),
        "role": ["Admin"] * changes,
        "reason": np.where(gains, "listed", "not_listed"),
        "row": np.where(gains, at + 1, 0),
        "before": np.where(gains, '["Teacher"]', '["Admin", "Teacher"]'),
    }
    holders = changes // 2
    return make_plan(
        account="https://school.example.com",
        created_at=DAY,
        source=Source("list.csv", "ab" * 32, changes),
        policy=Policy(),
        changes=Changes(frame(CHANGES, data), frame(HELD), (RoleCount("Admin", holders, changes - holders, holders),)),
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


def apply(folder: Path, changes: int, at_once: int, latency: float = LATENCY) -> Figures:
    """Apply, record and prove this many changes; the seconds are those of the whole run."""
    plan = plan_of(changes)
    people = plan.changes
    names = {"user_id": people["user_id"], "email": people["email"], "name": people["name"], "roles": people["before"]}
    before = Live(frame(LIVE, names), ("Admin",))
    with latent(changes, latency) as address_of_it, open_record(folder, now=lambda: datetime.now(UTC)) as record:
        connection = Connection(address_of_it, "rolesync/0 (bench)", concurrency=READERS)
        with Client(connection, FixedToken(SecretStr("sandbox-token"))) as client:
            session = RunContext(
                run="bench",
                command="apply",
                studio=StudioWriter(client),
                record=record,
                folder=folder,
                now=lambda: datetime.now(UTC),
                seconds=monotonic,
                progress=lambda _stage, _done, _total: None,
                parallel=at_once,
            )
            started, worked = perf_counter(), process_time()
            run = carry_out(plan, recheck(plan.changes, before, {}), before, session, load_earlier_runs(folder))
            seconds, cpu = perf_counter() - started, process_time() - worked
    if not run.complete:
        raise RuntimeError(f"not everything was done, so nothing was measured: {run.stopped or run.proof}")
    puts, pages = run.requests.by_kind["put_roles"], run.requests.by_kind["search_role"]
    limit = (ceil(puts / at_once) + ceil(pages / READERS)) * latency
    return {
        "seconds": seconds,
        "limit": limit,
        "cpu": cpu,
        "puts": puts,
        "fewest": ceil(changes / plan.policy.chunk_size),
    }


@contextmanager
def latent(people: int, latency: float) -> Iterator[str]:
    """Run the Studio of `latent` in a separate process; returns its address."""
    command = [sys.executable, "-m", "tests.bench.latent", str(people), str(latency)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip() if server.stdout else ""
    finally:
        server.terminate()
        server.communicate(timeout=30)


def record_ours(folder: Path, requests: int, key: str = "", *, flushing: bool = True) -> Figures:
    """Write the records of this many PUTs; times are per record, in microseconds."""
    left_out = nullcontext() if flushing else patch.object(os, "fsync", lambda _: None)
    with open_record(folder, now=lambda: datetime.now(UTC), key=key) as record, left_out:
        journal = Journal(record, "bench", monotonic)
        started, worked = perf_counter(), process_time()
        for chunk in range(1, requests + 1):
            journal.log_intent(chunk, ACTIONS, BEFORE).answered(200, AFTER)
        return _each(perf_counter() - started, process_time() - worked, 2 * requests)


def record_plainly(folder: Path, requests: int) -> Figures:
    """Print the same records to a file with plain structlog."""
    with (folder / "log").open("w", encoding="utf-8") as file:
        log = structlog.wrap_logger(structlog.PrintLogger(file))
        started, worked = perf_counter(), process_time()
        for chunk in range(1, requests + 1):
            marks = {"run": "bench", "chunk": chunk, "request": chunk}
            log.info("intent", **marks, actions=PLAIN_ACTIONS, before=BEFORE)
            log.info("outcome", **marks, status=200, seconds=0.05, after=AFTER, error="")
        return _each(perf_counter() - started, process_time() - worked, 2 * requests)


def _each(seconds: float, cpu: float, records: int) -> Figures:
    return {"time": seconds / records * 1e6, "cpu": cpu / records * 1e6}


ACTIONS = [SentAction(number, "add", "Admin", address(number), number + 1) for number in range(1_000_001, 1_000_051)]
PLAIN_ACTIONS = [action._asdict() for action in ACTIONS]
BEFORE = {action.user_id: ["Teacher"] for action in ACTIONS}
AFTER = {action.user_id: ["Admin", "Teacher"] for action in ACTIONS}


def forms(changes: int) -> Figures:
    """Encode a plan of this many changes, decode and check it, and render each format; in seconds, elapsed and CPU."""
    times: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Made]) -> Made:
        started, worked = perf_counter(), process_time()
        result = work()
        times[name], times[f"{name}, CPU"] = perf_counter() - started, process_time() - worked
        return result

    plan = plan_of(changes)
    text = timed("save (--format json)", lambda: to_json(plan))
    opened = timed("open and verify", lambda: from_json(text))
    out = Console(file=StringIO(), width=120)
    timed("show", lambda: out.print(plan_view(opened, limit=50)))
    timed("--markdown", lambda: plan_markdown(opened))
    timed("--csv", lambda: plan_csv(opened))
    timed("--html", lambda: plan_html(opened))
    return times


def main() -> None:
    """Measure and print the tables; with `--measure`, be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", choices=["apply", "forms"], help=argparse.SUPPRESS)
    parser.add_argument("numbers", nargs="*", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        configure_log()  # as every command does
        sys.stdout.write(json.dumps(_measured(options.measure, options.numbers)))
        return
    out = Console(width=120)
    out.print(_runs())
    out.print(_records())
    out.print(_plan_files())


def _runs() -> Table:
    table = Table(
        title=f"Applying with {LATENCY * 1000:.0f} ms latency: sent, recorded and proven", title_justify="left"
    )
    titles = (
        "changes",
        "at once",
        "PUTs",
        "fewest",
        "seconds",
        "latency limit",
        "ratio",
        "goal",
        "own CPU",
        "peak memory",
    )
    for title in titles:
        table.add_column(title, justify="right")
    for changes, at_once in RUNS:
        figures = _fresh("apply", changes, at_once)
        table.add_row(
            f"{changes:,}",
            f"{at_once}",
            f"{figures['puts']:,.0f}",
            f"{figures['fewest']:,.0f}",
            f"{figures['seconds']:.1f}",
            f"{figures['limit']:.1f}",
            f"{figures['seconds'] / figures['limit']:.2f}",
            f"{NEAR}",
            f"{figures['cpu']:.1f} s",
            f"{figures['peak_mb']:.0f} MB",
        )
    return table


def _records() -> Table:
    table = Table(title=f"A record, in µs: the mean of {2 * REQUESTS}, median of {TIMES}", title_justify="left")
    for title in ("", "time", "CPU", "ratio of CPU", "goal"):
        table.add_column(title, justify="right" if title else "left")
    key = "a key that nobody guesses"
    measured: dict[str, list[Figures]] = {}
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for what, figures in (
                ("ours, flushed", record_ours(folder / "flushed", REQUESTS)),
                ("ours, flushing left out", record_ours(folder / "ours", REQUESTS, flushing=False)),
                (
                    "ours, sealed with a key, flushing left out",
                    record_ours(folder / "key", REQUESTS, key, flushing=False),
                ),
                ("plain structlog, never flushed", record_plainly(folder, REQUESTS)),
            ):
                measured.setdefault(what, []).append(figures)
    *_, plain = (median(run["cpu"] for run in runs) for runs in measured.values())
    for what, runs in measured.items():
        seconds, cpu = (median(run[name] for run in runs) for name in ("time", "cpu"))
        goal = "" if "flushed" in what else f"{LOGGED}"
        table.add_row(what, f"{seconds:.0f}", f"{cpu:.0f}", f"{cpu / plain:.2f}", goal)
    return table


def _plan_files() -> Table:
    table = Table(title="A plan file of 100,000 changes, in seconds", title_justify="left")
    for title in ("", "seconds", "CPU", "goal", "ratio"):
        table.add_column(title, justify="right" if title else "left")
    runs = [_fresh("forms", 100_000) for _ in range(3)]
    for name in [name for name in runs[0] if f"{name}, CPU" in runs[0]]:
        seconds, cpu = (median(run[of] for run in runs) for of in (name, f"{name}, CPU"))
        table.add_row(name, f"{seconds:.2f}", f"{cpu:.2f}", f"{OPENED}", f"{seconds / OPENED:.2f}")
    return table


def _measured(name: str, numbers: list[int]) -> Figures:
    if name == "forms":
        figures = forms(*numbers)
    else:
        with tempfile.TemporaryDirectory() as folder:
            figures = apply(Path(folder), *numbers)
    return {**figures, "peak_mb": peak_mb()}


def _fresh(name: str, *numbers: int) -> Figures:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.bench_applying", "--measure", name, *map(str, numbers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
