"""Measure planning: a list of many rows against as many live users, beside a bare pandas read and outer merge.

Run as `python -m tests.bench.bench_planning [ROWS ...]`; without ROWS it measures one million, and five million for
comparison. Each figure is the median of five fresh processes that take turns with those of the yardstick, so that
memory, caches and a busy machine affect both sides equally. Peak memory is what the operating system counted for the
whole process, imports and live users included.

Both sides also report which users get or lose a role. They must agree on all users whose address is unique; `make`
describes the kinds of data.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from rolesync.differ.diff import diff
from rolesync.model.frames import LIVE, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Action
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.reader.read import read_desired
from tests.bench.memory import peak_mb

TIMES = 5
GOAL_RATIO, GOAL_MB, GOAL_GROWTH = 0.45, 500, 6.0  # of the yardstick's time; per million rows; from one million to five
MILLION, GROWN = 1_000_000, 5_000_000
CHANGED = 200  # one user in so many is not listed, one lacks the role; one row in so many names nobody in Studio
SHARED = 500  # with `duplicates`, one live user in so many has the address of the one before
ROLES = ("Admin", "Teacher")
KINDS = ("plain", "case", "roles", "ids", "duplicates", "shuffled")
DAY = datetime(2026, 3, 1, tzinfo=UTC)

Figures = Mapping[str, Any]  # numbers, and whom the changes are for
Change = tuple[int, str, str]  # user id, role, action


def policy_of(kind: str, rows: int) -> Policy:
    """Allow everything. The owner is in the middle of the list, so that finding them takes an average time."""
    return Policy(
        managed_roles=ROLES if kind == "roles" else ROLES[:1],
        owner=f"person{rows // 2 + 3}@example.edu",
        max_removals_share=1.0,
        max_removals=10_000_000,
    )


def make(folder: Path, rows: int, kind: str = "plain") -> Figures:
    """Write the list and the live users: several role sets, a few changes of each sort, addresses in mixed case.

    Args:
        folder: where to.
        rows: of the list, and as many live users; whoever has no row has no managed role either.
        kind: `plain`; `case`, where the list has mixed case, too; `roles`, where every other person has a second
            row with a second role; `ids`, where each row has an id beside the address; `duplicates`, where live
            users share addresses; `shuffled`, where the list is in another order than Studio's.
    """
    at = np.arange(rows)
    people = rows * 2 // 3 if kind == "roles" else rows  # who are listed
    held = np.where(at < people, np.where(at % CHANGED == 1, 2, at % 2), 3)
    number_in_address = np.where((at % SHARED == 2) & (kind == "duplicates"), at - 1, at)
    users = frame(
        LIVE,
        {
            "user_id": at * 7 + 1,
            "email": [f"Person{number}@Example.edu" for number in number_in_address],
            "name": [f"Person {number}" for number in at],
            "roles": pd.Index(['["Admin"]', '["Admin", "Teacher"]', '["Teacher"]', '["Student"]'])[held].astype(
                "category"
            ),
        },
    )
    (folder / "live.pickle").write_bytes(pickle.dumps(users))
    listed = [
        f"{'Person' if kind == 'case' else 'person'}{n}@example.edu" if n % CHANGED else f"new{n}@example.edu"
        for n in range(people)
    ]
    table = pd.DataFrame({"email": listed})
    if kind == "ids":
        table["user_id"] = [str(number * 7 + 1) if number % CHANGED else "" for number in range(people)]
    second = table[(table.index % 2 == 1) & (kind == "roles")]
    table = pd.concat([table.assign(role=ROLES[0]), second.assign(role=ROLES[1])]).sort_index(kind="stable")
    if kind == "shuffled":
        table = table.sample(frac=1, random_state=1)
    table.to_csv(folder / "desired.csv", index=False)
    return {"rows": len(table)}


def ours(folder: Path, users: pd.DataFrame, kind: str = "plain") -> Figures:
    """Read the list and plan."""
    policy = policy_of(kind, len(users))
    live = Live(users, policy.managed_roles)
    started = perf_counter()
    desired = read_desired(folder / "desired.csv", managed_roles=policy.managed_roles, today=DAY.date())
    read = perf_counter()
    changes = diff(desired, live, policy)
    plan = make_plan(
        account="https://school.example.com",
        created_at=DAY,
        source=desired.source,
        policy=policy,
        changes=changes,
        verdicts=judge(changes, live, policy, desired.findings, GuardBaseline()),
        findings=desired.findings,
        requests=Requests({}),
    )
    figures = _figures(started, read)
    if not len(plan.changes) or plan.blocked:
        raise RuntimeError(f"nothing was planned, so nothing was measured: {plan.verdicts}")
    columns = (plan.changes[name].tolist() for name in ("user_id", "role", "action"))
    people = _people(set(zip(*columns, strict=True)), users)
    return {**figures, "changes": len(plan.changes), "people": people}


def yardstick(folder: Path, users: pd.DataFrame, kind: str = "plain") -> Figures:
    """Read the list and merge it with the live users in pandas."""
    started = perf_counter()
    desired = pd.read_csv(folder / "desired.csv")
    if kind == "case":
        desired = desired.assign(email=desired["email"].str.lower())
    live = users.assign(email=users["email"].str.lower())
    read = perf_counter()
    merged = desired.merge(live, on="email", how="outer", indicator=True, suffixes=("_listed", ""))
    figures = _figures(started, read)
    people = _people(set(_differing(merged, policy_of(kind, len(users)).managed_roles)), users)
    return {**figures, "people": people}


def _figures(started: float, read: float) -> Figures:
    """Return the time since the start, and the peak memory of the process so far."""
    ended = perf_counter()
    return {"seconds": ended - started, "planning": ended - read, "peak_mb": peak_mb()}


def _differing(merged: pd.DataFrame, roles: Sequence[str]) -> Iterator[Change]:
    """Return the users who would get a role and those who would lose one by the bare merge."""
    for role in roles:
        listed = set(merged["user_id"][(merged["_merge"] == "both") & (merged["role"] == role)])
        holders = set(merged["user_id"][merged["roles"].astype("str").str.contains(f'"{role}"', na=False)])
        yield from ((int(user_id), role, Action.ADD.value) for user_id in listed - holders)
        yield from ((int(user_id), role, Action.REMOVE.value) for user_id in holders - listed)


def _people(changes: Collection[Change], users: pd.DataFrame) -> str:
    """Hash the changes of users whose address is unique; a merge can't tell apart users who share an address."""
    shared = set(users["user_id"][users["email"].str.lower().duplicated(keep=False)])
    return sha256(repr(sorted(change for change in changes if change[0] not in shared)).encode()).hexdigest()


MEASURES: Mapping[str, Callable[[Path, pd.DataFrame, str], Figures]] = {"ours": ours, "yardstick": yardstick}


def main() -> None:
    """Measure each size and kind and print the table; with `--measure`, be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--measure", choices=["make", *MEASURES], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        sys.stdout.write(json.dumps(_measured(options.measure, options.folder, options.rows[0], options.kinds[0])))
        return
    table = Table("rows", "list", "", "file → plan", "without reading", "peak memory", title="Planning, median of five")
    seconds: dict[int, float] = {}  # of ours, where the list is plain
    shapes = [(rows, kind) for rows in options.rows or [MILLION] for kind in options.kinds]
    for rows, kind in shapes if options.rows else [*shapes, (GROWN, "plain")]:
        mine, other = _compared(rows, kind)
        if kind == "plain":
            seconds[rows] = mine["seconds"]
        for name, figures in (("ours", mine), ("yardstick", other)):
            table.add_row(f"{rows:,}", kind, name, *_shown(figures))
        ratios = [mine[name] / other[name] for name in ("seconds", "planning")]
        goal = f"goal {GOAL_MB * rows / MILLION:.0f} MB"
        table.add_row(
            f"{rows:,}",
            kind,
            "ratio",
            f"{ratios[0]:.2f}, goal {GOAL_RATIO}",
            f"{ratios[1]:.2f}",
            goal,
            end_section=True,
        )
    if {MILLION, GROWN} <= seconds.keys():
        growth = f"{seconds[GROWN] / seconds[MILLION]:.1f}, goal {GOAL_GROWTH:.0f}"
        table.add_row(f"{GROWN:,}", "plain", f"over {MILLION:,}", growth, "", "")
    Console().print(table)


def _compared(rows: int, kind: str) -> tuple[Figures, Figures]:
    """Measure both sides in turn; returns their medians."""
    with tempfile.TemporaryDirectory() as folder:
        _fresh("make", Path(folder), rows, kind)
        runs = [[_fresh(name, Path(folder), rows, kind) for name in MEASURES] for _ in range(TIMES)]
    mine, other = (_medians(side) for side in zip(*runs, strict=True))
    if mine["people"] != other["people"]:
        raise RuntimeError(f"{kind}: the plan and the bare merge don't change the same people")
    return mine, other


def _shown(figures: Figures) -> tuple[str, str, str]:
    return f"{figures['seconds']:.2f} s", f"{figures['planning']:.2f} s", f"{figures['peak_mb']:.0f} MB"


def _measured(name: str, folder: Path, rows: int, kind: str) -> Figures:
    if name == "make":
        return make(folder, rows, kind)
    users = pickle.loads((folder / "live.pickle").read_bytes())  # noqa: S301  # written by `make` a moment ago
    return MEASURES[name](folder, users, kind)


def _fresh(name: str, folder: Path, rows: int, kind: str) -> Figures:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.bench_planning", str(rows), "--kinds", kind]
    command += ["--measure", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def _medians(runs: Sequence[Figures]) -> Figures:
    """Return the medians of the numbers; texts are the same in all runs."""
    first = runs[0]
    return {
        name: value if isinstance(value, str) else median(run[name] for run in runs) for name, value in first.items()
    }


if __name__ == "__main__":
    main()
