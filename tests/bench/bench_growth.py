"""Measure growth: requests, time and memory of a whole sync, against the script that most people would write instead.

Run as `python -m tests.bench.bench_growth [USERS ...] [--no-write]`. The sandbox runs in its own process, and so does
each sync: it reads the list and Studio, plans, checks the guards, applies and proves. Four in five of the live users
hold the managed role. Half of the changes are removals, half are additions.

The script reads the holders, searches once for each row of the list, and sends one PUT for each change, over one plain
`requests` session. Its number of requests follows from the list. If there are more than `SAMPLE` of a kind, only
`SAMPLE` are made and their time is multiplied; such figures are marked.

The table and the picture are written to the manual's page on performance, unless `--no-write` is given or a size is
missing.
"""

import argparse
import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from rolesync.cli.progress import configure_log
from rolesync.sandbox import Control
from tests.bench.memory import peak_mb
from tests.paths import ROOT

USERS = (1_000, 10_000, 100_000, 1_000_000)
SHARES = (0.001, 0.01, 0.1)  # changes, of the live users
ROLE = "Student"
SAMPLE = 2_000
CONCURRENCY = 16
ROUND_TRIP = 0.05  # seconds over a usual network, for what it alone would take
PAGE = ROOT / "rolesync" / "manual" / "performance.md"
PICTURE = PAGE.with_name("growth.svg")
BEGIN, END = "<!-- {} -->\n", "<!-- /{} -->"
MARK = "growth"


@dataclass(frozen=True, slots=True)
class Figures:
    """The cost of one way; `estimated` if the seconds of a part were multiplied.

    Memory is the peak in MB; 0 where only a part was done, which needs less memory.
    """

    requests: int
    seconds: float
    memory_mb: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The cost of both ways for one account and one list."""

    users: int
    changes: int
    ours: Figures
    script: Figures


@dataclass(frozen=True, slots=True)
class Task:
    """A list, and the changes that it asks for as (user id, action)."""

    path: Path
    rows: int
    changes: Sequence[tuple[int, str]]


def make_task(control: Control, changes: int, folder: Path) -> Task:
    """Write a list that asks for this many changes, half of them removals."""
    people = control.people()
    times = Counter(str(person.get("email") or "").lower() for person in people)

    def named(person: Mapping[str, Any]) -> tuple[str, str, str]:
        email = str(person.get("email") or "").lower()
        plain = times[email] == 1 and re.fullmatch(r"[a-z0-9.+'-]+@[a-z0-9.]+", email)
        return (email, "", ROLE) if plain else ("", str(person["id"]), ROLE)

    holders = [person for person in people if ROLE in person["role_names"]]
    removed, kept = holders[: changes // 2], holders[changes // 2 :]
    added = [person for person in people if ROLE not in person["role_names"]][: changes - changes // 2]
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("email", "user_id", "role"), *map(named, [*kept, *added])])
    return Task(
        path,
        len(kept) + len(added),
        [*((person["id"], "add") for person in added), *((person["id"], "remove") for person in removed)],
    )


def ours(address: str, token: str, folder: Path) -> Figures:
    """Sync the list with rolesync: read, plan, check the guards, apply, prove."""
    from rolesync.settings import load  # noqa: PLC0415  # as above
    from rolesync.workflows.context import Context  # noqa: PLC0415  # the script, a process of its own, doesn't need it
    from rolesync.workflows.read_list import read_list  # noqa: PLC0415  # as above
    from rolesync.workflows.sync import sync_list  # noqa: PLC0415  # as above

    settings = load(
        base_url=address,
        token=token,
        state_dir=folder / "state",
        managed_roles=(ROLE,),
        concurrency=CONCURRENCY,
        write_concurrency=CONCURRENCY,
        max_removals=10_000_000,
        max_removals_share=1.0,
        max_shrink_share=1.0,
    )
    context = Context(settings)
    started = perf_counter()
    done = sync_list(read_list(folder / "list.csv", context), context)
    seconds = perf_counter() - started
    if done.run is None or not done.run.complete:
        raise RuntimeError(f"the sync is not complete: {done.refusal or done.run}")
    return Figures(done.run.requests.total, seconds, peak_mb())


def script(address: str, token: str, folder: Path) -> Figures:
    """Do the same with a loop: all pages of the holders, a search for each row, a PUT for each change."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    api = f"{address}/api/public/v1/users"

    def get(path: str, **params: str | int) -> dict[str, Any]:
        answer = session.get(api + path, params=params, timeout=60)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def put(change: tuple[int, str]) -> None:
        body = {"actions": [{"user_id": change[0], "action": change[1], "role": ROLE}]}
        session.put(f"{api}/roles", json=body, timeout=60).raise_for_status()

    def search(row: Mapping[str, str]) -> None:
        get("/search", email=row["email"]) if row["email"] else get(f"/{row['user_id']}")

    started = perf_counter()
    pages = range(1, get("/search", role=ROLE, per_page=50)["meta"]["last_page"] + 1)
    with (folder / "list.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changes = json.loads((folder / "changes.json").read_text())
    seconds = perf_counter() - started
    seconds += _time_of(lambda number: get("/search", role=ROLE, per_page=50, page=number), pages)
    seconds += _time_of(search, rows)
    seconds += _time_of(put, changes)
    whole = max(len(pages), len(rows), len(changes)) <= SAMPLE
    number = 1 + len(pages) + len(rows) + len(changes)
    return Figures(number, seconds, peak_mb() if whole else 0.0, estimated=not whole)


def _time_of(do: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Measure at most `SAMPLE` items, spread evenly; returns the seconds that all items would take."""
    chosen = items[:: -(-len(items) // SAMPLE)] if items else []
    started = perf_counter()
    for item in chosen:
        do(item)
    return (perf_counter() - started) * len(items) / max(1, len(chosen))


WAYS: Mapping[str, Callable[[str, str, Path], Figures]] = {"ours": ours, "script": script}


@contextmanager
def sandbox(users: int) -> Iterator[tuple[str, str]]:
    """Run a sandbox in a separate process; returns its address and a token."""
    command = [sys.executable, "-m", "rolesync", "sandbox", "--port", "0", "--users", str(users)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            settings = dict(pair.split("=", 1) for pair in shlex.split(line)[1:])
            yield settings["ROLESYNC_BASE_URL"], settings["ROLESYNC_TOKEN"]
        finally:
            os.kill(server.pid, signal.SIGTERM)


def measure(users: int) -> Iterator[Cell]:
    """Measure one account with few, some and many changes; each way begins with the same people."""
    with sandbox(users) as (address, token):
        control = Control(address)
        for share in SHARES:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                task = make_task(control, max(1, round(users * share)), folder)
                (folder / "changes.json").write_text(json.dumps(task.changes))
                figures = {}
                for way in WAYS:
                    figures[way] = _fresh(way, address, token, folder)
                    control.reset()
                yield Cell(users, len(task.changes), **figures)


def _fresh(way: str, address: str, token: str, folder: Path) -> Figures:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.bench_growth", "--way", way, address, token, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figures(**json.loads(done.stdout))


COLUMNS = ("live users", "changes", "", "requests", "time", "at 50 ms, at least", "memory")


def rows_of(cells: Iterable[Cell]) -> Iterator[tuple[str, ...]]:
    """Format the cells, two rows each; an estimate begins with ≈."""
    for cell in cells:
        for name, figures, at_once in (("rolesync", cell.ours, CONCURRENCY), ("script", cell.script, 1)):
            network = figures.requests * ROUND_TRIP / at_once
            yield (
                f"{cell.users:,}",
                f"{cell.changes:,}",
                name,
                f"{figures.requests:,}",
                f"{'≈ ' if figures.estimated else ''}{_duration(figures.seconds)}",
                f"≈ {_duration(network)}",
                f"{figures.memory_mb:,.0f} MB" if figures.memory_mb else "",
            )


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def markdown(cells: Sequence[Cell]) -> str:
    """The table for the manual."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|--:|--:|---|--:|--:|--:|--:|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows_of(cells))]) + "\n"


PANELS: Mapping[str, Callable[[Figures], float]] = {
    "requests": lambda figures: figures.requests,
    "seconds, over the loopback": lambda figures: figures.seconds,
    "memory, MB": lambda figures: figures.memory_mb,
}


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Draw requests, time and memory over the number of live users, for one change in a hundred."""
    import matplotlib as mpl  # noqa: PLC0415  # only where the picture is drawn
    from matplotlib import pyplot as plt  # noqa: PLC0415  # as above

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "rolesync", "svg.fonttype": "none", "font.size": 9})
    shown = [cell for cell in cells if cell.changes == max(1, round(cell.users * SHARES[1]))]
    figure, axes = plt.subplots(1, len(PANELS), figsize=(10, 3.2), layout="constrained")
    for axis, (title, value) in zip(axes, PANELS.items(), strict=True):
        for name, colour, marker, way in (("rolesync", "#1f6feb", "o", "ours"), ("script", "#d1495b", "s", "script")):
            points = [(cell.users, value(getattr(cell, way))) for cell in shown]
            drawn = [point for point in points if point[1]]
            axis.plot(*zip(*drawn, strict=True), color=colour, marker=marker, label=name)
        axis.set(title=title, xlabel="live users", xscale="log", yscale="log")
        axis.grid(visible=True, which="major", color="#d0d7de", linewidth=0.6)
    axes[0].legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def write_page(table: str, page: Path, mark: str = MARK) -> None:
    """Put a table between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, rest = page.read_text("utf-8").partition(BEGIN.format(mark))
    _, end, after = rest.partition(END.format(mark))
    if not begin or not end:
        raise ValueError(f"{page} has no {BEGIN.format(mark).strip()} … {END.format(mark)}")
    page.write_text(f"{before}{begin}{table}{end}{after}", "utf-8")


def main() -> None:
    """Measure every size, print the table, and write it unless told not to; with `--way`, be a measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("users", nargs="*", default=USERS)
    parser.add_argument("--no-write", action="store_true", help="leave the manual's table and picture as they are")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        configure_log()  # as every command does
        address, token, folder = options.users
        sys.stdout.write(json.dumps(asdict(WAYS[options.way](address, token, Path(folder)))))
        return
    cells = [cell for users in map(int, options.users) for cell in measure(users)]
    table = Table(title="A whole sync, over the loopback", title_justify="left")
    for at, title in enumerate(COLUMNS):
        table.add_column(title, justify="left" if at == COLUMNS.index("") else "right")
    for row in rows_of(cells):
        table.add_row(*row)
    Console(width=120).print(table)
    if not options.no_write and {cell.users for cell in cells} == set(USERS):
        draw(cells, PICTURE)
        write_page(markdown(cells), PAGE)


if __name__ == "__main__":
    main()
