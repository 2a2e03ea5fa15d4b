"""Measure a fleet's night: its time against the CPU that it takes, a shell loop, latency, and Dask.

Run as `python -m tests.bench.bench_fleet [ACCOUNTS] [--no-write]`. Each account is a sandbox with 2,000 users and a
list that asks for 10 changes. Two processes serve the sandboxes. Each night is a fresh process that plans all accounts,
applies and proves; each way begins with the same people.

The goal compares the time of a night with its limit: the CPU of all processes, sandboxes included, divided by the
cores, or the slowest account if that takes longer. The yardstick is a shell loop over `rolesync sync`. Of more than
`SAMPLE` accounts, the loop runs over `SAMPLE`, and its figures are multiplied; they are marked. With Dask, four worker
processes take the accounts; their start doesn't count, and their CPU isn't measured.

The table is written to the manual's page on performance, unless `--no-write` is given or there are other accounts.
"""

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from rolesync.cli.progress import configure_log
from rolesync.sandbox import Control
from tests.bench.bench_growth import PAGE, ROLE, make_task, write_page
from tests.bench.memory import peak_mb

ACCOUNTS, USERS, CHANGES, WORKERS = 200, 2_000, 10, 4
SERVERS = 2
SAMPLE = 20
LATENCIES = (0.0, 0.05)  # seconds
GOAL = 1.3
TOKEN = "sandbox-token"
MARK = "fleet"


@dataclass(frozen=True, slots=True)
class Figures:
    """The cost of a night over all accounts, in seconds; CPU is that of all processes, 0 where it isn't measured.

    `estimated` if the figures of a part were multiplied.
    """

    seconds: float
    cpu: float = 0.0
    slowest: float = 0.0
    memory_mb: float = 0.0
    estimated: bool = False

    @property
    def limit(self) -> float:
        """The seconds that the night takes at least."""
        return max(self.cpu / (os.cpu_count() or 1), self.slowest)


@dataclass(frozen=True, slots=True)
class Night:
    """One row of the table: the way, the latency of each response, and what it cost."""

    way: str
    latency: float
    figures: Figures


@dataclass(frozen=True)
class District:
    """The sandboxes, with a fleet file and lists in a folder."""

    folder: Path
    studios: Sequence[Control]
    servers: Sequence[subprocess.Popen[str]]

    @property
    def cpu(self) -> float:
        """The CPU seconds that the sandboxes have taken so far."""
        return sum(_cpu_of(server.pid) for server in self.servers)

    def begin(self, name: str, latency: float) -> None:
        """Give every sandbox its first people and a latency, and the night a folder of its own for records."""
        for studio in self.studios:
            studio.set_faults("")
            studio.reset()
            studio.set_faults(f"latency={latency}" if latency else "")
        (self.folder / "fleet.toml").write_text(_fleet_file(self.studios, name), encoding="utf-8")


def _fleet_file(studios: Sequence[Control], state: str) -> str:
    lines = [
        f'[fleet]\nname = "bench"\nworkers = {WORKERS}\nstate_dir = "{state}"\n',
        f'[defaults]\nlist = "{{name}}/list.csv"\nsecrets = "{{name}}/secrets"\nmanaged_roles = ["{ROLE}"]\n',
        "max_removals_share = 1.0\n",
        *(f'[accounts.a{number}]\nbase_url = "{studio.base_url}"\n' for number, studio in enumerate(studios)),
    ]
    return "".join(lines)


def _cpu_of(pid: int) -> float:
    """The CPU seconds of a process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def district(accounts: int, users: int) -> Iterator[District]:
    """Serve sandboxes, and write the list and the secret of each."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, servers, addresses = Path(name), [], list[str]()
        for server in range(min(SERVERS, accounts)):
            count = len(range(server, accounts, min(SERVERS, accounts)))
            command = [sys.executable, "-m", "tests.bench.many_sandboxes", str(count), str(users)]
            process = subprocess.Popen([*command, str(len(addresses) + 1)], stdout=subprocess.PIPE, text=True)
            servers.append(stack.enter_context(process))
            stack.callback(process.terminate)
            addresses += process.stdout.readline().split() if process.stdout else []
        studios = [Control(address) for address in addresses]
        for number, studio in enumerate(studios):
            (folder / f"a{number}").mkdir()
            (folder / f"a{number}" / "secrets").mkdir(mode=0o700)
            (folder / f"a{number}" / "secrets" / "rolesync_token").write_text(TOKEN, encoding="ascii")
            make_task(studio, CHANGES, folder / f"a{number}")
        yield District(folder, studios, servers)


def measure(
    accounts: int, users: int, latencies: Sequence[float] = LATENCIES, *, with_dask: bool = True
) -> Iterator[Night]:
    """Measure all ways with each latency."""
    with district(accounts, users) as place:
        for latency in latencies:
            place.begin(f"fleet-{latency}", latency)
            yield Night(f"fleet, {WORKERS} workers", latency, fleet_night(place))
            if with_dask:
                place.begin(f"dask-{latency}", latency)
                with dask_cluster() as address:
                    yield Night(f"fleet, Dask, {WORKERS} workers", latency, fleet_night(place, f"dask:{address}"))
            place.begin(f"loop-{latency}", latency)
            yield Night("shell loop", latency, loop_night(place, f"loop-{latency}"))


def fleet_night(place: District, engine: str = "local") -> Figures:
    """Measure one night in a fresh process, and add the CPU of the sandboxes."""
    before = place.cpu
    command = [sys.executable, "-m", "tests.bench.bench_fleet", "--night", engine, str(place.folder / "fleet.toml")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures = Figures(**json.loads(done.stdout))
    cpu = figures.cpu + place.cpu - before if figures.cpu else 0.0
    return Figures(figures.seconds, cpu, figures.slowest, figures.memory_mb)


def night(file: Path, engine: str) -> Figures:
    """Run a night in this process; CPU is that of this process and its workers."""
    from rolesync.fleet.commands import sync_fleet  # noqa: PLC0415  # as above
    from rolesync.fleet.engines import engine_of  # noqa: PLC0415  # only in the measured process
    from rolesync.fleet.fleet_file import read_fleet  # noqa: PLC0415  # as above
    from rolesync.fleet.fleet_run import FleetContext  # noqa: PLC0415  # as above
    from rolesync.model.fleet import SUCCESSES  # noqa: PLC0415  # as above

    started, worked = perf_counter(), _cpu_so_far()
    fleet = read_fleet(file, file.parent)
    ended = sync_fleet(FleetContext(fleet, engine_of(engine, fleet.folder, "")), fleet.enabled)
    seconds, cpu = perf_counter() - started, _cpu_so_far() - worked
    if any(result.status not in SUCCESSES for result in ended.results):
        raise RuntimeError(f"not every account is done, so nothing was measured: {dict(ended.counts)}")
    slowest = max(result.seconds for result in ended.results)
    return Figures(seconds, cpu if engine == "local" else 0.0, slowest, peak_mb())


def _cpu_so_far() -> float:
    """The CPU seconds of this process and of those that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def loop_night(place: District, state: str) -> Figures:
    """Sync one account after the other by a shell loop, as many people do; `SAMPLE` accounts at most."""
    number = min(SAMPLE, len(place.studios))
    rolesync = shlex.quote(str(Path(sys.executable).with_name("rolesync")))
    studios = " ".join(f"a{each}={studio.base_url}" for each, studio in enumerate(place.studios[:number]))
    sync = f'ROLESYNC_BASE_URL="${{each#*=}}" {rolesync} -q sync "${{each%%=*}}/list.csv"'
    script = f"for each in {studios}; do {sync} || exit; done"
    settings = {"TOKEN": TOKEN, "STATE_DIR": state, "MANAGED_ROLES": json.dumps([ROLE]), "MAX_REMOVALS_SHARE": "1.0"}
    environment = {**os.environ, **{f"ROLESYNC_{name}": value for name, value in settings.items()}}
    started, worked, served = perf_counter(), _cpu_so_far(), place.cpu
    command = ["sh", "-c", script]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=place.folder, env=environment)
    seconds, cpu = perf_counter() - started, _cpu_so_far() - worked + place.cpu - served
    times = len(place.studios) / number
    return Figures(seconds * times, cpu * times, estimated=times > 1)


@contextmanager
def dask_cluster() -> Iterator[str]:
    """Run a scheduler here, and workers in processes; returns its address."""
    from distributed import Client, LocalCluster  # noqa: PLC0415  # takes seconds

    options = ["--no-nanny", "--no-dashboard", "--nthreads", "1"]
    with ExitStack() as stack:
        cluster = stack.enter_context(
            LocalCluster(
                n_workers=0,
                processes=False,
                protocol="tcp",
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"allowed_failures": 0},
            )
        )
        address = cluster.scheduler_address
        for _ in range(WORKERS):
            command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options]
            worker = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            stack.callback(worker.kill)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=120)
        yield address


COLUMNS = ("", "latency", "time", "CPU of all", "limit", "ratio", "goal", "peak memory")


def rows_of(nights: Sequence[Night]) -> Iterator[tuple[str, ...]]:
    """Format the nights; an estimate begins with ≈."""
    for each in nights:
        figures, about = each.figures, "≈ " if each.figures.estimated else ""
        is_goal = each.latency == 0 and figures.slowest > 0 and figures.cpu > 0
        yield (
            each.way,
            f"{each.latency * 1000:.0f} ms",
            f"{about}{figures.seconds:.0f} s",
            f"{about}{figures.cpu:.0f} s" if figures.cpu else "",
            f"{figures.limit:.0f} s" if is_goal else "",
            f"{figures.seconds / figures.limit:.2f}" if is_goal else "",
            f"{GOAL}" if is_goal else "",
            f"{figures.memory_mb:.0f} MB" if figures.memory_mb else "",
        )


def markdown(nights: Sequence[Night]) -> str:
    """The table for the manual."""
    shown = [tuple(cell for name, cell in zip(COLUMNS, row, strict=True) if name != "goal") for row in rows_of(nights)]
    columns = [name for name in COLUMNS if name != "goal"]
    lines = [f"| {' | '.join(columns)} |", "|---|" + "--:|" * (len(columns) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in shown)]) + "\n"


def main() -> None:
    """Measure, print the table, and write it unless told not to; with `--night`, be a measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="?", type=int, default=ACCOUNTS)
    parser.add_argument("--no-write", action="store_true", help="leave the manual's table as it is")
    parser.add_argument("--night", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.night:
        configure_log()  # as every command does
        engine, file = options.night
        sys.stdout.write(json.dumps(asdict(night(Path(file), engine))))
        return
    nights = list(measure(options.accounts, USERS))
    title = f"A night of {options.accounts} accounts with {USERS:,} users and {CHANGES} changes each"
    table = Table(title=f"{title}, {os.cpu_count()} cores", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name else "left")
    for row in rows_of(nights):
        table.add_row(*row)
    Console(width=120).print(table)
    if not options.no_write and options.accounts == ACCOUNTS:
        write_page(markdown(nights), PAGE, MARK)


if __name__ == "__main__":
    main()
