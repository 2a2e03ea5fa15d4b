"""Runs the jobs of a fleet on a Dask cluster, where one machine isn't enough.

Only the path of a job and a result without addresses travel; the job is a private file in the folder of the fleet. The
scheduler must not repeat a task by itself. If it does, such as when a machine that holds a result is lost, the job's
file is gone, see `dask_task`.

A task that has begun can't be ended from here. After an interruption, or without an answer long after its deadline, its
account counts as "running": the task may still run, and holds the account's lock until it ends.
"""

import json
import secrets
from contextlib import suppress
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

from distributed import Client, Future

from rolesync import __version__
from rolesync.errors import RolesyncError, UsageError
from rolesync.fleet.dask_task import run_saved_job
from rolesync.fleet.worker_pool import GRACE, AccountProgress
from rolesync.fleet.worker_protocol import Job, decode_answer, encode_job
from rolesync.model.fleet import AccountResult, AccountStatus
from rolesync.private_files import make_private_folder, replace_file

CONNECT_SECONDS = 15.0
MARGIN = 60.0  # seconds beyond deadline and grace, for the cluster itself
_INTERRUPTED = "the fleet was interrupted"
_LATER = "resume the fleet when it has ended; until then, its lock is held"


def connect(address: str) -> Client:
    """Connect to a scheduler, and refuse one that runs tasks again by itself.

    Raises:
        RolesyncError: the scheduler can't be reached.
        UsageError: it has no worker, or runs tasks again by itself.
    """
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        hint = "start it, or correct --engine dask:ADDRESS"
        raise RolesyncError(f"the Dask scheduler at {address} can't be reached: {error}", hint=hint) from error
    try:
        _check(client, address)
    except BaseException:
        client.close()
        raise
    return client


def _check(client: Client, address: str) -> None:
    def allowed_failures(dask_scheduler: Any) -> int:  # noqa: ANN401  # Dask passes its scheduler, which isn't typed
        return int(dask_scheduler.allowed_failures)

    allowed_retries = client.run_on_scheduler(allowed_failures)  # travels by value: a scheduler needs no rolesync
    if allowed_retries:
        raise UsageError(
            f"the Dask scheduler at {address} runs a task again after a worker's death, up to {allowed_retries} times",
            hint="start it with DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0; the fleet itself repeats what died",
        )
    if not client.nthreads():
        raise UsageError(f"the Dask scheduler at {address} has no worker", hint="start workers first")


class DaskEngine:
    """Runs jobs on the workers of a cluster.

    Args:
        client: the connection, see `connect`; the engine closes it.
        folder: the folder of the fleet, on storage that all machines share under this path.
        margin: the seconds beyond deadline and grace until an answer is no longer waited for.
    """

    def __init__(self, client: Client, folder: Path, *, margin: float = MARGIN) -> None:
        self._client = client
        self._folder = folder / "jobs" / secrets.token_hex(8)
        self._margin = margin
        self._places = Semaphore(sum(client.nthreads().values()))  # waiting for a place must not use up a deadline
        self._is_interrupted = False
        self._waiting: set[Event] = set()

    def run(self, job: Job, deadline: float, progress: AccountProgress) -> AccountResult:
        """Run one job on the cluster."""
        with self._places:
            path = self._folder / f"{job.account}.{job.kind}.{job.attempt}"
            ended = Event()
            self._waiting.add(ended)
            try:
                if self._is_interrupted:
                    return AccountResult(job.account, AccountStatus.NOT_BEGUN, _INTERRUPTED, attempt=job.attempt)
                make_private_folder(self._folder)
                replace_file(path, encode_job(job).encode())
                future = self._client.submit(
                    run_saved_job, str(path), deadline, __version__, key=f"rolesync-{secrets.token_hex(8)}", retries=0
                )
                future.add_done_callback(lambda _: ended.set())
                progress(job.account, "on the cluster", 0, 1)
                ended.wait(deadline + GRACE + self._margin)
            except OSError as error:
                message = f"its job can't be saved as {path}: {error.strerror}"
                return AccountResult(
                    job.account, AccountStatus.FAILED, message, "make room, or see who may write there"
                )
            finally:
                self._waiting.discard(ended)
            return _result(job, future) if future.done() else self._give_up(job, future, path)

    def _give_up(self, job: Job, future: Future[str], path: Path) -> AccountResult:
        """Take a job back if no worker has it; otherwise it may still be running."""
        future.cancel()
        with suppress(FileNotFoundError):
            path.unlink()
            message = "no worker of the cluster had begun it"
            return AccountResult(job.account, AccountStatus.NOT_BEGUN, message, attempt=job.attempt)
        why = _INTERRUPTED if self._is_interrupted else "no answer came within its deadline"
        return AccountResult(
            job.account, AccountStatus.RUNNING, f"{why}; it may still be running", _LATER, attempt=job.attempt
        )

    def interrupt(self) -> None:
        """Wait for no job any more. Those that have begun go on; the others are taken back."""
        self._is_interrupted = True
        for ended in tuple(self._waiting):
            ended.set()

    def close(self) -> None:
        """Close the connection, and remove the jobs."""
        self._client.close()
        with suppress(OSError):
            for path in self._folder.iterdir():
                path.unlink()
            self._folder.rmdir()
            self._folder.parent.rmdir()  # unless another shard has jobs there


def _result(job: Job, future: Future[str]) -> AccountResult:
    """Read the result of a task that has ended, however it ended."""
    if future.status == "finished":
        try:
            return decode_answer(json.loads(future.result(timeout=MARGIN)), job)
        except (ValueError, TypeError, KeyError, AttributeError):
            message = "its Dask worker gave something that is not an answer"
            return AccountResult(job.account, AccountStatus.DIED, message, attempt=job.attempt)
    if future.status == "error":
        error = future.exception(timeout=MARGIN)
        if type(error).__name__ == "KilledWorker":
            hint = "the next run finds out what was done, and continues"
            message = "its Dask worker ended without a result"
            return AccountResult(job.account, AccountStatus.DIED, message, hint, attempt=job.attempt)
        message = f"its Dask worker can't run the jobs of a fleet: {type(error).__name__}"
        hint = "install rolesync with the extra dask on all machines"
        return AccountResult(job.account, AccountStatus.FAILED, message, hint, attempt=job.attempt)
    message = "the connection to the Dask scheduler was lost; it may still be running"
    return AccountResult(job.account, AccountStatus.RUNNING, message, _LATER, attempt=job.attempt)
