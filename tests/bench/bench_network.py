"""Measure the network: how near a whole read comes to the limit that latency sets, and how much CPU it takes.

Run as `python -m tests.bench.bench_network`. The limit is the number of round trips divided by the connections. The
yardstick is `requests` with one thread and one pooled session for each connection; it only parses the JSON, and doesn't
look for proxies in the environment, which would cost it 40 % more. CPU is that of the whole process, per page. The
last table is about a server that accepts 20 requests a second.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

import requests
import structlog
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.client import Client
from rolesync.studio.transport import Connection
from rolesync.studio.users import StudioReader
from tests.bench.paged import PATH, PER_PAGE, ROLE, served

TIMES = 3
COSTS = 5  # times that CPU is measured: it varies more
COST = 1.15  # of the yardstick's CPU, at most
LIMITED = 20.0  # requests a second
NEAR = (0.85, 1.1)  # of that, in the end
REFUSED = 0.1  # share of all requests, at most


@dataclass(frozen=True)
class Line:
    """A server that answers after `delay` seconds, and the number of connections; the goal is a share of the limit."""

    connections: int
    delay: float
    pages: int
    goal: float

    @property
    def limit(self) -> float:
        """The seconds that the read takes at least."""
        return self.pages * self.delay / self.connections


LINES = (Line(16, 0.05, 960, 0.93), Line(32, 0.05, 1_600, 0.90), Line(16, 0.1, 960, 0.95))


@dataclass(frozen=True)
class Fetched:
    """The cost of a read: seconds elapsed and of CPU, requests, and the time of each answer."""

    seconds: float
    cpu: float
    requests: int
    at: Sequence[float] = ()


Fetch = Callable[[str, int, int], Fetched]
"""Address, pages and connections."""


def ours(address: str, pages: int, connections: int) -> Fetched:
    """Read the whole role with rolesync, as a dry run does, and check that it is complete."""
    at: list[float] = []
    started, cpu = perf_counter(), process_time()
    connection = Connection(address, "rolesync/0 (bench)", concurrency=connections)
    # Not when a page is told of: that is in their order, so a retried one holds back up to four for each connection.
    with Client(connection, FixedToken(SecretStr("bench")), answered=lambda _: at.append(perf_counter())) as client:
        live = read_live(StudioReader(client), (ROLE,), ListRows.of(), lambda *_: None)
    fetched = Fetched(perf_counter() - started, process_time() - cpu, live.requests.total, at)
    if len(live.users) != pages * PER_PAGE:
        raise RuntimeError(f"{len(live.users)} people were found, not all of them")
    return fetched


def yardstick(address: str, pages: int, connections: int) -> Fetched:
    """Read the same pages with `requests` alone, with one pooled session for each of this many threads."""
    local = threading.local()

    def people(number: int) -> int:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.trust_env = False
            local.session.headers["Authorization"] = "Bearer bench"
        query: dict[str, str | int] = {"role": ROLE, "page": number, "per_page": PER_PAGE}
        answer = local.session.get(address + PATH, params=query, timeout=30)
        return len(answer.json()["users"])

    started, cpu = perf_counter(), process_time()
    numbers = range(1, pages + 1)
    if connections == 1:
        total = sum(map(people, numbers))
    else:
        with ThreadPoolExecutor(connections) as pool:
            total = sum(pool.map(people, numbers))
    if total != pages * PER_PAGE:
        raise RuntimeError(f"{total} people were found, not all of them")
    return Fetched(perf_counter() - started, process_time() - cpu, pages)


def page_by_page(address: str, pages: int, connections: int) -> Fetched:
    """Read and check the same pages with the client of rolesync in a plain loop, without combining them."""
    started, cpu = perf_counter(), process_time()
    connection = Connection(address, "rolesync/0 (bench)", concurrency=connections)
    with Client(connection, FixedToken(SecretStr("bench"))) as client:
        studio = StudioReader(client)
        total = sum(len(studio.search_role(ROLE, number).ids) for number in range(1, pages + 1))
    if total != pages * PER_PAGE:
        raise RuntimeError(f"{total} people were found, not all of them")
    return Fetched(perf_counter() - started, process_time() - cpu, pages)


def latency(line: Line) -> tuple[float, float]:
    """Measure which share of the limit rolesync and the yardstick reach, in turn; medians of several runs."""
    with served(line.pages, line.delay) as address:
        runs = [
            [fetch(address, line.pages, line.connections).seconds for fetch in (ours, yardstick)] for _ in range(TIMES)
        ]
    mine, other = (median(line.limit / seconds for seconds in lines) for lines in zip(*runs, strict=True))
    return mine, other


def cost(fetch: Fetch, pages: int, connections: int, delay: float) -> tuple[float, float]:
    """Measure the CPU seconds per page of `fetch` and of the yardstick, in turn; medians of several runs."""
    with served(pages, delay) as address:
        runs = [
            [fetcher(address, pages, connections).cpu / pages for fetcher in (fetch, yardstick)] for _ in range(COSTS)
        ]
    mine, other = map(median, zip(*runs, strict=True))
    return mine, other


def limited(pages: int, delay: float, retry_after: str) -> tuple[float, float]:
    """Measure a server with a limit: answers per second in the second half of the pages, and the share of refusals."""
    with served(pages, delay, LIMITED, retry_after) as address:
        fetched = ours(address, pages, 16)
    at, half = sorted(fetched.at), len(fetched.at) // 2
    return (len(at) - 1 - half) / (at[-1] - at[half]), 1 - pages / fetched.requests


def main() -> None:
    """Measure everything and print the tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # refusals are the point
    console = Console(width=120)
    console.print(_table("Share of the limit that latency sets, median of three", _latencies()))
    console.print(_table("CPU for a page of 50, median of five", _costs()))
    console.print(_table("A server that takes 20 requests a second, 400 pages", _limits()))
    structlog.reset_defaults()  # another benchmark measures structlog as it comes


def _latencies() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for line in LINES:
        mine, other = latency(line)
        setting = f"{line.connections} connections at {line.delay * 1000:.0f} ms, {line.pages:,} pages"
        cells = (setting, f"{mine:.1%}", f"{other:.1%}", f"{mine / other:.2f}", f">= {line.goal:.0%}")
        rows.append((*cells, _judged(mine >= line.goal)))
    return rows


def _costs() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for setting, fetch, connections, delay in (
        ("page by page in a loop, 1 connection", page_by_page, 1, 0.0),
        ("whole fetch, 16 connections at 50 ms", ours, 16, 0.05),
    ):
        mine, other = cost(fetch, 400, connections, delay)
        cells = (setting, f"{1e6 * mine:.0f} µs", f"{1e6 * other:.0f} µs", f"{mine / other:.2f}", f"<= {COST:.2f}")
        rows.append((*cells, _judged(mine / other <= COST)))
    return rows


def _limits() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for retry_after in ("", "1"):
        rate, share = limited(400, 0.01, retry_after)
        how = f"Retry-After: {retry_after}" if retry_after else "no Retry-After"
        near = NEAR[0] <= rate / LIMITED <= NEAR[1]
        cells = (f"{how}: answers a second", f"{rate:.1f}", f"{LIMITED:.0f}", f"{rate / LIMITED:.2f}")
        rows.append((*cells, f"{NEAR[0]:.2f} to {NEAR[1]:.2f}", _judged(near)))
        rows.append((f"{how}: refused", f"{share:.1%}", "", "", f"<= {REFUSED:.0%}", _judged(share <= REFUSED)))
    return rows


def _judged(met: bool) -> str:  # noqa: FBT001  # the one thing it is about
    return "" if met else "missed"


def _table(title: str, rows: list[tuple[str, ...]]) -> Table:
    table = Table("what", "ours", "yardstick", "ratio", "goal", "", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    main()
