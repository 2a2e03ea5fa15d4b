"""Fleets of sandboxes in a folder, engines, and results of accounts as tests need them."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rolesync.fleet.fleet_file import Fleet, read_fleet
from rolesync.fleet.fleet_run import FleetContext
from rolesync.fleet.worker_pool import AccountProgress, LocalEngine
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, PlannedAccount
from tests.paths import SAMPLE


def write_fleet(folder: Path, studios: Mapping[str, str], more: str = "", fleet: str = "") -> Path:
    """Write a fleet file with an account for each Studio, each with the sample list and the token of the sandbox.

    `fleet` are lines for `[fleet]`, `more` is what comes before the accounts.
    """
    text = SAMPLE.read_text(encoding="utf-8")
    tables = [f'[fleet]\nname = "district"\nworkers = 2\nstate_dir = "state"\n{fleet}\n', more]
    tables.append('[defaults]\nlist = "lists/{name}.csv"\nsecrets = "secrets/{name}"\nmax_removals_share = 1.0\n')
    (folder / "lists").mkdir()
    for number, (name, base_url) in enumerate(studios.items()):
        (folder / "lists" / f"{name}.csv").write_text(text + "\n" * number, encoding="utf-8")
        secrets = folder / "secrets" / name
        secrets.mkdir(0o700, parents=True)
        (secrets / "rolesync_token").write_text("sandbox-token", encoding="ascii")
        tables.append(f'[accounts.{name}]\nbase_url = "{base_url}"\n')
    path = folder / "fleet.toml"
    path.write_text("".join(tables), encoding="utf-8")
    return path


def fleet_of(folder: Path, *names: str, more: str = "", fleet: str = "") -> Fleet:
    """Read a fleet whose accounts have Studios at ports that nobody asks."""
    studios = {name: f"http://127.0.0.1:{number}" for number, name in enumerate(names, 1)}
    return read_fleet(write_fleet(folder, studios, more, fleet), folder / "state")


def result(account: str, status: AccountStatus = AccountStatus.DONE, **more: Any) -> AccountResult:
    return AccountResult(account, status, **more)


def plan(**more: Any) -> PlannedAccount:
    numbers = {"listed": 20, "absent": 0, "holders": 20, "additions": 0, "removals": 0, "held": 0}
    texts = {"digest": "d" * 64, "list_path": "/list.csv", "list_sha256": "a" * 64}
    return PlannedAccount(**{**texts, **numbers, **more})


def job(account: str = "north", kind: JobKind = JobKind.CHECK, **more: Any) -> Job:
    return Job(kind, account, **{"values": {}, **more})


class ScriptedEngine:
    """Answers each job by a function, in the thread that asks, and keeps the jobs."""

    def __init__(self, answer: Callable[[Job], AccountResult]) -> None:
        self.jobs: list[Job] = []
        self._answer = answer

    def run(self, job: Job, deadline: float, progress: AccountProgress) -> AccountResult:
        del deadline, progress
        self.jobs.append(job)
        return self._answer(job)

    def interrupt(self) -> None:
        """Nothing is under way in another process."""

    def close(self) -> None:
        """There is nothing to release."""


def jobs_of(context: FleetContext) -> list[Job]:
    """The jobs that the engine of a context got."""
    assert isinstance(context.engine, ScriptedEngine)
    return context.engine.jobs


class SharedEngines:
    """Gives commands an engine that keeps its workers, one for each way to log, until `close`."""

    def __init__(self) -> None:
        self._engines: dict[tuple[str | None, ...], LocalEngine] = {}

    def get(self, *, log_level: str = "") -> LocalEngine:
        way = (log_level, os.environ.get("ROLESYNC_LOG_LEVEL"), os.environ.get("ROLESYNC_LOG_FORMAT"))
        return self._engines.setdefault(way, _KeptEngine(log_level=log_level))

    def close(self) -> None:
        for engine in self._engines.values():
            LocalEngine.close(engine)


class _KeptEngine(LocalEngine):
    def close(self) -> None:
        """Keep the workers for the next command."""
