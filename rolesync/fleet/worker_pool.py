"""Worker processes: each takes one account at a time, and is replaced after a death, a deadline, or many accounts.

Why these workers: threads can't be ended, and one death breaks a pool of the standard library. A new process for each
account spends more time on imports than on the account.
"""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Timer
from time import monotonic
from typing import Protocol

from rolesync.fleet.worker_protocol import Job, JobKind, decode_answer, encode_job
from rolesync.model.fleet import AccountResult, AccountStatus

WORKER = (sys.executable, "-m", "rolesync.fleet.worker")
JOBS_PER_WORKER = 50  # bounds what a worker may have accumulated
GRACE = 10.0  # seconds between TERM and KILL, for recording how far a run came
_PREFIX = "ROLESYNC_"
_PASSED_ON = frozenset({"ROLESYNC_LOG_LEVEL", "ROLESYNC_LOG_FORMAT"})

AccountProgress = Callable[[str, str, int, int], None]
"""Called with the account, the stage, the steps done, and all steps of the stage; from any thread."""


class Engine(Protocol):
    """Runs the jobs of a fleet somewhere. `run` is called by as many threads as the fleet has workers."""

    def run(self, job: Job, deadline: float, progress: AccountProgress) -> AccountResult:
        """Run one job to its end, however it ends, in at most `deadline` seconds and a grace."""

    def interrupt(self) -> None:
        """End the jobs under way so that their runs are recorded; `run` returns for each."""

    def close(self) -> None:
        """Release everything; no job is under way."""


class LocalEngine:
    """Runs jobs in worker processes of this machine.

    Args:
        command: the command line of a worker.
        jobs_per_worker: the number of accounts after which a worker is replaced.
        grace: the seconds between TERM and KILL.
        log_level: the lowest level that workers log; "" for that of the environment.
    """

    def __init__(
        self,
        command: Sequence[str] = WORKER,
        *,
        jobs_per_worker: int = JOBS_PER_WORKER,
        grace: float = GRACE,
        log_level: str = "",
    ) -> None:
        self._command = command
        self._log_level = log_level
        self._is_interrupted = False
        self._jobs_per_worker = jobs_per_worker
        self._grace = grace
        self._idle = SimpleQueue[_Worker]()
        self._busy: set[_Worker] = set()

    def run(self, job: Job, deadline: float, progress: AccountProgress) -> AccountResult:
        """Run one job in an idle worker, or in a new one."""
        try:
            worker = self._take()
        except OSError as error:  # no memory or no process is left
            message = f"its worker can't be started: {error.strerror or error}"
            return AccountResult(job.account, AccountStatus.FAILED, message, "lower `workers`", attempt=job.attempt)
        self._busy.add(worker)
        if self._is_interrupted:  # `interrupt` may not have seen this worker
            self._interrupt(worker)
        try:
            ended = worker.run(job, deadline, progress)
        finally:
            self._busy.discard(worker)
        if isinstance(ended, AccountResult):
            if worker.jobs < self._jobs_per_worker:
                self._idle.put(worker)
            else:
                worker.close()
            return ended
        exit_code = worker.end(self._grace)
        if self._is_interrupted:
            message = "interrupted with the fleet; its own record shows how far its run came"
            return _lost(job, AccountStatus.DIED, message, ended.seconds)
        if ended is _TIMED_OUT:
            message = f"not done within its deadline of {deadline:g} s; its worker was ended"
            return _lost(job, AccountStatus.TIMED_OUT, message, deadline)
        if ended.is_unreadable:
            message = "its worker printed something that is not an answer, and was ended"
            return _lost(job, AccountStatus.DIED, message, ended.seconds)
        how = f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
        return _lost(job, AccountStatus.DIED, f"its worker ended {how}, without a result", ended.seconds)

    def interrupt(self) -> None:
        """Interrupt the workers that have a job, and those that are about to get one."""
        self._is_interrupted = True
        for worker in tuple(self._busy):
            self._interrupt(worker)

    def _interrupt(self, worker: "_Worker") -> None:
        worker.interrupt()
        killing = Timer(self._grace, worker.kill)
        killing.daemon = True  # the fleet must end without waiting for this timer
        killing.start()

    def close(self) -> None:
        """End all workers."""
        while not self._idle.empty():
            self._idle.get().close()

    def _take(self) -> "_Worker":
        """Take an idle worker that is still there, or start one."""
        while True:
            try:
                worker = self._idle.get_nowait()
            except Empty:
                return _Worker(self._command, self._log_level)
            if worker.is_alive:
                return worker
            worker.close()


def _lost(job: Job, status: AccountStatus, message: str, seconds: float) -> AccountResult:
    hint = "the next run finds out what was done, and continues"
    if job.kind is not JobKind.APPLY:
        is_slow = status is AccountStatus.TIMED_OUT
        hint = f"its Studio was not changed{'; if it is only slow, raise `deadline` in [fleet]' if is_slow else ''}"
    return AccountResult(job.account, status, message, hint, seconds=round(seconds, 3), attempt=job.attempt)


@dataclass(frozen=True)
class _NoResult:
    """A worker gave no result.

    `seconds` is how long the fleet waited, `is_unreadable` whether something else came than an answer.
    """

    seconds: float
    is_unreadable: bool = False


_TIMED_OUT = _NoResult(0.0)


class _Worker:
    """One process. Its log goes where the log of the fleet goes."""

    def __init__(self, command: Sequence[str], log_level: str = "") -> None:
        self.jobs = 0
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(_PREFIX) or name.upper() in _PASSED_ON
        }
        if log_level:
            environment["ROLESYNC_LOG_LEVEL"] = log_level
        # Its own process group: Ctrl-C reaches only the fleet, even while a worker starts; the fleet ends its workers.
        self._process = subprocess.Popen(  # noqa: S603  # this program's own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=Path.cwd(), process_group=0
        )
        self._received = b""

    def run(self, job: Job, deadline: float, progress: AccountProgress) -> AccountResult | _NoResult:
        """Send a job, and wait for its result until the deadline."""
        self.jobs += 1
        started = monotonic()
        try:
            self._write(encode_job(job))
        except OSError:  # it has died since its last job
            return _NoResult(0.0)
        assert self._process.stdout  # noqa: S101  # it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while (remaining := started + deadline - monotonic()) > 0:
                if not selector.select(remaining):
                    continue
                received = os.read(self._process.stdout.fileno(), 65_536)
                if not received:
                    return _NoResult(monotonic() - started)
                *lines, self._received = (self._received + received).split(b"\n")
                for line in lines:
                    try:
                        message = json.loads(line)
                        result = decode_answer(message["result"], job) if "result" in message else None
                        stage, done, total = message.get("progress", ("", 0, 0))
                    except (ValueError, TypeError, KeyError, AttributeError):
                        return _NoResult(monotonic() - started, is_unreadable=True)
                    if result:
                        return result
                    if stage:
                        progress(job.account, stage, done, total)
        return _TIMED_OUT

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def _write(self, line: str) -> None:
        assert self._process.stdin  # noqa: S101  # it is a pipe
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()

    def interrupt(self) -> None:
        """Let the worker record how far its run came, and end."""
        with suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        """End the process without a chance to record anything."""
        with suppress(OSError):
            self._process.kill()

    def end(self, grace: float) -> int:
        """End the process by TERM, and by KILL after the grace; returns its exit code."""
        self.interrupt()
        try:
            code = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._close_pipes()
        return code

    def close(self) -> None:
        """Let an idle process end, by closing its standard input."""
        self._close_pipes()
        self._process.wait()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # what it didn't read
                    pipe.close()
