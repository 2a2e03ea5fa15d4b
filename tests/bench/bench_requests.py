"""Measure requests: how many a dry run makes in ten accounts, beside the theoretical minimum and the usual script.

Run as `python -m tests.bench.bench_requests`. The minimum is for a reader who knows the sandbox by heart: the pages of
the managed roles, and for all other users of the list the best choice of roles to read and of users to look up. The
usual script searches once for each row. Each plan must report as many requests as the sandbox has counted, and must
have found every user. The goals are 1.1 over all accounts, and 1.0 where whole roles are read.
"""

import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from rolesync.cli.progress import configure_log
from rolesync.live.strategy import SCANNABLE, theoretical_minimum
from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import ReadMethod
from rolesync.sandbox import ROLES, Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list

PER_PAGE = 50
CAPTIONS = "Caption editor"
GOAL = 1.1

Person = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """An account and a list. The list names holders of the managed roles, and so many people of other kinds."""

    name: str
    users: int
    managed: tuple[str, ...] = ("Admin",)
    holders: float = 1.0  # share of the managed roles' holders
    teachers: int = 0
    students: int = 0  # who teach nothing
    others: int = 0  # who are neither
    strangers: int = 0  # who are not in Studio
    newest: bool = False  # whether they are the last of their kind, rather than evenly among them
    by_id: bool = False
    whole: bool = False  # whether only whole roles need be read


SHAPES = (
    Shape(name="small school, a usual night", users=24, others=1, strangers=1),
    Shape(name="large district, a usual night", users=50_000, teachers=9, students=3, others=1, strangers=5),
    Shape(name="teachers managed", users=10_000, managed=("Teacher",), holders=0.99, students=60, strangers=10),
    Shape(
        name="several managed roles", users=20_000, managed=("Admin", "Teacher", "Observer"), students=20, strangers=5
    ),
    Shape(name="all unknown are teachers", users=10_000, teachers=600, whole=True),
    Shape(name="half teachers, half students", users=20_000, teachers=2_000, students=2_000, whole=True),
    Shape(name="strangers", users=20_000, strangers=2_000),
    Shape(name="ids, some of nobody", users=20_000, teachers=1_500, strangers=300, by_id=True),
    Shape(name="a caption role of the newest students", users=4_000, managed=(CAPTIONS,), students=900, newest=True),
    Shape(name="5,000 of 8,000 teachers", users=53_333, teachers=5_000, whole=True),
)


class Listed(NamedTuple):
    """A row of the list, and the roles of its user; empty for a stranger."""

    email: str
    user_id: int
    role: str
    roles: frozenset[str]


class Result(NamedTuple):
    """The cost of a dry run."""

    rows: int
    unknown: int
    requests: int
    theoretical_minimum: int
    ways: tuple[int, int, int]  # requests for managed roles in full, for pages of others, for people one by one
    seconds: float

    @property
    def ratio(self) -> float:
        """The requests made for each request of the minimum."""
        return self.requests / self.theoretical_minimum


def measure(shape: Shape, folder: Path) -> Result:
    """Plan once, with the real client over loopback.

    Raises:
        RuntimeError: the plan reports other requests or users than there were.
    """
    roles = tuple(dict.fromkeys([*ROLES, *shape.managed]))
    with Sandbox(Options(users=shape.users, roles=roles)) as sandbox:
        everybody = sandbox.people()
        listed = make_list(shape, everybody)
        path = folder / "desired.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            named = [(row.email, row.user_id or "", row.role) for row in listed]
            csv.writer(file).writerows([("email", "user_id", "role"), *named])
        context = Context(
            load(
                base_url=sandbox.base_url,
                token=sandbox.token,
                state_dir=folder / "state",
                managed_roles=shape.managed,
            )
        )
        desired = read_list(path, context)
        sandbox.reset_counts()
        started = perf_counter()
        plan = plan_list(desired, context)
        seconds = perf_counter() - started
        served = sum(sandbox.counts().values())
    check(plan, served, shape.strangers)
    pages = {role: pages_of(role, everybody) for role in {*SCANNABLE, *shape.managed}}
    unknown = [row.roles for row in listed if row.roles.isdisjoint(shape.managed)]
    in_full = sum(pages.pop(role) for role in shape.managed)
    whole, scanned, single = (
        sum(way.requests for way in plan.requests.steps if way.how is kind)
        for kind in (ReadMethod.HOLDERS, ReadMethod.SCAN, ReadMethod.ONE_BY_ONE)
    )
    return Result(
        len(listed),
        len(unknown),
        served,
        in_full + theoretical_minimum(pages, unknown),
        (whole, scanned, single),
        seconds,
    )


def check(plan: Plan, served: int, strangers: int) -> None:
    """Compare the numbers that a plan reports with the true ones.

    Raises:
        RuntimeError: the plan reports another number of requests, or misses a user.
    """
    missing = int((plan.held["reason"] == HeldReason.NOT_IN_STUDIO.value).sum())
    stated = (plan.requests.total, sum(way.requests for way in plan.requests.steps), missing)
    if stated != (served, served, strangers):
        raise RuntimeError(f"the plan states requests, ways and strangers as {stated}, not {(served, strangers)}")


def make_list(shape: Shape, everybody: Sequence[Person]) -> list[Listed]:
    """Name every user once, by an address or an id that no other user has."""
    people = {(person.get("email") or "").lower(): person for person in reversed(everybody)}
    kinds: dict[str, list[Person]] = {"holders": [], "teachers": [], "students": [], "others": []}
    for email, person in reversed(people.items()):
        if "@" in email:
            kinds[_kind(shape, person["role_names"])].append(person)
    share = round(len(kinds["holders"]) * shape.holders)
    chosen = kinds["holders"][:share]
    for kind in ("teachers", "students", "others"):
        chosen += _choose(kinds[kind], getattr(shape, kind), newest=shape.newest)
    rows = [
        Listed(
            "" if shape.by_id else person["email"].lower(),
            person["id"] if shape.by_id else 0,
            next((role for role in shape.managed if role in person["role_names"]), shape.managed[0]),
            frozenset(person["role_names"]),
        )
        for person in chosen
    ]
    for number in range(shape.strangers):
        email, user_id = ("", 10**9 + number) if shape.by_id else (f"stranger{number}@example.edu", 0)
        rows.append(Listed(email, user_id, shape.managed[0], frozenset()))
    return rows


def _kind(shape: Shape, roles: Sequence[str]) -> str:
    if not set(shape.managed).isdisjoint(roles):
        return "holders"
    return "teachers" if "Teacher" in roles else "students" if "Student" in roles else "others"


def _choose(people: Sequence[Person], number: int, *, newest: bool) -> list[Person]:
    if number > len(people):
        raise RuntimeError(f"the account has {len(people)} such people only, of {number}")
    if newest:
        return list(people[len(people) - number :])
    return [people[at * len(people) // number] for at in range(number)]


def pages_of(role: str, people: Sequence[Person]) -> int:
    """Count the pages of a role; an empty role has one page."""
    return max(1, -(-sum(role in person["role_names"] for person in people) // PER_PAGE))


def main() -> None:
    """Measure every shape and print the table."""
    configure_log()  # as every command does
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(shape, Path(folder)) for shape in SHAPES]
    table = Table(title="Requests of one dry run, each made over HTTP to the sandbox", title_justify="left")
    table.add_column("account")
    titles = (
        "users",
        "one a row",
        "unknown",
        "in full",
        "pages",
        "single",
        "requests",
        "fewest",
        "ratio",
        "goal",
        "seconds",
    )
    for title in titles:
        table.add_column(title, justify="right")
    for shape, result in zip(SHAPES, results, strict=True):
        goal = "1.0" if shape.whole else ""
        table.add_row(shape.name, f"{shape.users:,}", *_cells(result, goal), end_section=shape is SHAPES[-1])
    table.add_row("all", "", *_cells(_sum(results), str(GOAL)))
    Console(width=150).print(table)


def _cells(result: Result, goal: str) -> Iterator[str]:
    for number in (result.rows, result.unknown, *result.ways, result.requests, result.theoretical_minimum):
        yield f"{number:,}"
    yield from (f"{result.ratio:.2f}", goal, f"{result.seconds:.2f}")


def _sum(results: Sequence[Result]) -> Result:
    rows, unknown, requests, least, ways, seconds = zip(*results, strict=True)
    whole, scanned, single = map(sum, zip(*ways, strict=True))
    return Result(sum(rows), sum(unknown), sum(requests), sum(least), (whole, scanned, single), sum(seconds))


if __name__ == "__main__":
    main()
