"""Requests, measured: how many a dry run makes against the sandbox, beside the fewest possible and the usual script.

Run as `python -m tests.bench.bench_requests`. The fewest possible are the pages of 50 of each managed role plus one
look-up for each person of the list who isn't a holder; the usual script searches once for each row of the list.
"""

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from rolesync import pipeline
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load


@dataclass(frozen=True)
class Shape:
    """An account and a list: so many users, the managed role, and how many of each kind the list names."""

    users: int
    role: str
    holders: float  # share of the role's holders that the list names
    others: int  # people without the role
    strangers: int  # people who are not in Studio


SHAPES = (
    Shape(24, "Admin", 1.0, 3, 1),
    Shape(2_000, "Admin", 1.0, 20, 5),
    Shape(10_000, "Teacher", 0.99, 50, 10),
    Shape(50_000, "Student", 0.999, 100, 20),
)


def measure(shape: Shape, folder: Path) -> tuple[str, ...]:
    """Plan once, with the real client over the loopback."""
    with Sandbox(Options(users=shape.users)) as sandbox:
        pages = -(-len(sandbox.people(role=shape.role)) // 50)
        people = [person for person in sandbox.people() if "@" in (person.get("email") or "")]
        holders = [person["email"].lower() for person in people if shape.role in person["role_names"]]
        others = [person["email"].lower() for person in people if shape.role not in person["role_names"]]
        listed = holders[: round(len(holders) * shape.holders)] + others[: shape.others]
        listed += [f"stranger{number}@example.edu" for number in range(shape.strangers)]
        path = folder / "desired.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("email", "role"), *((email, shape.role) for email in dict.fromkeys(listed))])
        settings = load(
            base_url=sandbox.base_url,
            token=sandbox.token,
            state_dir=folder / "state",
            managed_roles=(shape.role,),
        )
        job = pipeline.Job(settings)
        desired = pipeline.read(path, job)
        sandbox.reset_counts()
        started = perf_counter()
        made = pipeline.plan(desired, job)
        seconds = perf_counter() - started
        served = sum(sandbox.counts().values())
    fewest = pages + len(set(listed) - set(holders))
    stated = (made.requests.total, made.requests.fewest)
    if stated != (served, fewest):
        raise RuntimeError(f"the plan states {stated} requests made and needed, the truth is {(served, fewest)}")
    return (
        f"{shape.users:,}",
        shape.role,
        f"{len(desired.assignments):,}",
        f"{len(made.changes):,}",
        f"{served:,}",
        f"{fewest:,}",
        f"{served / fewest:.2f}",
        f"{len(desired.assignments):,}",
        f"{seconds:.2f}",
    )


def main() -> None:
    """Measure every shape and print the table."""
    table = Table(title="Requests of one dry run, each made over HTTP to the sandbox", title_justify="left")
    for title in ("users", "role", "rows", "changes", "requests", "fewest", "ratio", "one a row", "seconds"):
        table.add_column(title, justify="left" if title == "role" else "right")
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            table.add_row(*measure(shape, Path(folder)))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
