"""A fleet on a Dask cluster: jobs run once whatever dies, and what can't be ended is never taken for ended."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pytest
from distributed import Client, LocalCluster

from rolesync import __version__
from rolesync.errors import RolesyncError, UsageError
from rolesync.fleet import dask_engine, dask_task
from rolesync.fleet.commands import sync_fleet
from rolesync.fleet.dask_engine import DaskEngine, connect
from rolesync.fleet.fleet_file import read_fleet
from rolesync.fleet.fleet_run import FleetContext
from rolesync.fleet.worker_pool import GRACE, LocalEngine
from rolesync.model.fleet import AccountResult, AccountStatus, exit_code_of_night
from rolesync.sandbox import Options, Sandbox
from tests.e2e.test_fleet import check_accounts, check_no_secret
from tests.fleet.fronts import fronts, is_write
from tests.fleet.test_commands import statuses
from tests.fleet.test_worker_pool import SCRIPT
from tests.fleet.tools import job
from tests.servers import ReceivedRequest, ScriptedAnswer


def cluster(*, workers: int, allowed_failures: int = 0) -> LocalCluster:
    """A scheduler with workers in this process."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        scheduler_kwargs={"allowed_failures": allowed_failures},
    )


@contextmanager
def cluster_of_processes(number: int) -> Iterator[str]:
    """A scheduler with workers in processes, each as `dask worker` starts one."""
    options = ("--no-nanny", "--no-dashboard", "--nthreads", "1")
    with cluster(workers=0) as running, ExitStack() as stack:
        address = running.scheduler_address
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options]
        for _ in range(number):
            worker = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            stack.callback(worker.kill)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=60)
        yield address


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with one worker in this process, which runs jobs in scripted processes."""
    with pytest.MonkeyPatch.context() as patch, cluster(workers=1) as running:
        engine = LocalEngine([sys.executable, "-c", SCRIPT], jobs_per_worker=1)
        patch.setattr(dask_task, "_local_engine", lambda: engine)
        yield running.scheduler_address


@pytest.fixture
def engine(address: str, tmp_path: Path) -> Iterator[DaskEngine]:
    with closing(DaskEngine(connect(address), tmp_path)) as engine:
        yield engine


def run(engine: DaskEngine, account: str = "north", deadline: float = 60.0) -> AccountResult:
    return engine.run(job(account, attempt=2), deadline, lambda *_: None)


def test_jobs_run_on_the_cluster_and_leave_nothing_behind(address: str, tmp_path: Path) -> None:
    steps: list[tuple[str, str, int, int]] = []
    with closing(DaskEngine(connect(address), tmp_path)) as engine:
        ended = engine.run(job(), 60.0, lambda *step: steps.append(step))
        assert (ended.status, steps) == (AccountStatus.DONE, [("north", "on the cluster", 0, 1)])
        assert (run(engine).attempt, run(engine, "south").account) == (2, "south")
    assert list(tmp_path.iterdir()) == []


def test_a_death_and_a_deadline_on_the_cluster_are_results(engine: DaskEngine) -> None:
    assert run(engine, "dies").message == "its worker ended by signal 9, without a result"
    assert run(engine, "hangs", deadline=0.2).status is AccountStatus.TIMED_OUT


def test_only_names_travel(engine: DaskEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    submit = engine._client.submit

    def watched(*words: Any, **named: Any) -> Any:
        sent.extend(words[1:])
        return submit(*words, **named)

    monkeypatch.setattr(engine._client, "submit", watched)
    with_address = job("north", values={"owner": "ann@example.edu"}, secrets="/secrets/north")
    engine.run(with_address, 60.0, lambda *_: None)
    path, deadline, version = sent
    assert str(path) == str(engine._folder / "north.check.1")
    assert (deadline, version) == (60.0, __version__)


def test_what_has_begun_may_still_be_running_and_the_rest_never_begins(engine: DaskEngine) -> None:
    begun, results = Event(), list[AccountResult]()
    asking = [
        Thread(target=lambda name=name: results.append(engine.run(job(name), 60.0, lambda *_: begun.set())))
        for name in ("hangs", "waits")
    ]
    engine._places.release()  # as if the cluster had another thread, so that a second job waits in its queue
    asking[0].start()
    taken = engine._folder / f"hangs.check.1{dask_task.TAKEN}"
    while not taken.exists():
        pass
    asking[1].start()
    while not (engine._folder / "waits.check.1").exists() or len(engine._waiting) < 2:
        pass
    engine.interrupt()
    for thread in asking:
        thread.join()
    assert {each.account: each.status for each in results} == {
        "hangs": AccountStatus.RUNNING,
        "waits": AccountStatus.NOT_BEGUN,
    }
    assert run(engine).status is AccountStatus.NOT_BEGUN
    _end_hanging()


def _end_hanging() -> None:
    engine = dask_task._local_engine()
    for worker in tuple(engine._busy):
        worker.kill()


def test_without_an_answer_in_time_it_may_still_be_running(address: str, tmp_path: Path) -> None:
    with closing(DaskEngine(connect(address), tmp_path, margin=-GRACE)) as engine:
        ended = run(engine, "hangs", deadline=1.0)
        assert ended.status is AccountStatus.RUNNING
        assert "no answer came within its deadline; it may still be running" in ended.message
    _end_hanging()


def test_a_job_that_can_not_be_saved_fails_its_account_alone(address: str, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("in the way", encoding="ascii")
    with closing(DaskEngine(connect(address), tmp_path)) as engine:
        assert run(engine).message.startswith("its job can't be saved as")


def test_a_worker_that_can_not_run_jobs_or_answers_nonsense(
    engine: DaskEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "run_saved_job", lambda *_: 1 / 0)
    assert "can't run the jobs of a fleet: ZeroDivisionError" in run(engine).message
    monkeypatch.setattr(dask_engine, "run_saved_job", lambda *_: "[]")
    assert run(engine).message == "its Dask worker gave something that is not an answer"


def test_a_scheduler_that_repeats_tasks_is_refused() -> None:
    with (
        cluster(workers=1, allowed_failures=3) as running,
        pytest.raises(UsageError, match="runs a task again after a worker's death, up to 3 times"),
    ):
        connect(running.scheduler_address)


def test_a_scheduler_without_workers_or_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(workers=0) as running, pytest.raises(UsageError, match="has no worker"):
        connect(running.scheduler_address)
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 0.2)
    with pytest.raises(RolesyncError, match="can't be reached"):
        connect("tcp://127.0.0.1:1")


@pytest.mark.usefixtures("unmeasured_processes")  # a test of the worker measures it
def test_a_killed_worker_of_the_cluster_loses_and_repeats_nothing(
    tmp_path: Path, sandboxes: Callable[[Options], Sandbox]
) -> None:
    """Worker processes; one is killed while its account waits for the answer to a change that Studio has done."""
    with fronts(tmp_path, sandboxes, ["north", "south"]) as accounts, cluster_of_processes(2) as scheduler:
        client = connect(scheduler)
        processes = client.run(os.getpid)
        lock, killed = Lock(), list[int]()

        def step(request: ReceivedRequest, forward: Callable[[], ScriptedAnswer]) -> ScriptedAnswer:
            answer = forward()
            with lock:
                if is_write(request) and not killed:
                    (worker,) = (worker for worker, keys in client.processing().items() if keys)
                    killed.append(processes[worker])
                    os.kill(processes[worker], signal.SIGKILL)
                    return ScriptedAnswer(end="gone")
            return answer

        accounts["south"].step = step
        fleet = read_fleet(tmp_path / "fleet.toml", tmp_path / "state")
        fleet = replace(fleet, table=fleet.table.model_copy(update={"workers": 1}))
        night = sync_fleet(FleetContext(fleet, DaskEngine(client, fleet.folder)), fleet.enabled)
        assert len(killed) == 1
        assert (statuses(night), exit_code_of_night(night)) == ({"north": "done", "south": "done"}, 0)
        assert [each.attempt for each in night.results] == [1, 2]
        check_accounts(tmp_path, *accounts.values())
        check_no_secret(tmp_path)


def test_a_lost_scheduler_leaves_open_what_became_of_a_job(tmp_path: Path) -> None:
    with cluster(workers=1) as running:
        engine = DaskEngine(Client(running.scheduler_address, set_as_default=False), tmp_path)
        future = engine._client.submit(str, "x", key="rolesync-test")
        future.result()
        future.cancel()
        assert dask_engine._result(job(), future).status is AccountStatus.RUNNING
        engine.close()
