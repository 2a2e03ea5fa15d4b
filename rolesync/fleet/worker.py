"""A worker process of a fleet: reads one job at a time, answers with progress and one result.

Standard output has only these answers. The log goes to standard error, each line with the account. The worker ends when
its standard input ends. If the fleet's process dies during a job, the job is interrupted as by SIGTERM, so that its run
is recorded.
"""

import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from queue import Queue
from types import FrameType
from typing import Any

import structlog

from rolesync.fleet.account_jobs import run_job
from rolesync.fleet.worker_protocol import decode_job, result_json
from rolesync.workflows.log import StageLog, configure_log


def main() -> None:
    """Handle jobs until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not damage an answer
    signal.signal(signal.SIGTERM, _interrupt)
    _configure_log()
    writing = threading.Lock()

    def answer(message: dict[str, Any]) -> None:
        """Write one line, from any thread. If the reader is gone, standard input also ends, and the worker with it."""
        with writing, suppress(OSError):
            answers.write(json.dumps(message) + "\n")
            answers.flush()

    stages = StageLog()

    def report(stage: str, done: int, total: int) -> None:
        answer({"progress": [stage, done, total]})
        stages.report(stage, done, total)

    jobs, is_busy = Queue[str](), threading.Event()
    threading.Thread(target=_read_jobs, args=(jobs, is_busy), daemon=True).start()
    answer({"ready": True})
    while line := jobs.get():
        job = decode_job(line)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(account=job.account, fleet=job.fleet, fleet_run=job.fleet_run)
        is_busy.set()
        result = run_job(job, report)
        is_busy.clear()
        answer({"result": result_json(result)})


def _read_jobs(jobs: Queue[str], is_busy: threading.Event) -> None:
    """Queue the lines of standard input; at its end, interrupt the job under way."""
    for line in sys.stdin:
        jobs.put(line)
    jobs.put("")
    if is_busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second signal must not interrupt the recording of the run's end
    raise KeyboardInterrupt


def _configure_log() -> None:
    level = os.environ.get("ROLESYNC_LOG_LEVEL", "")
    is_known = level.upper() in logging.getLevelNamesMapping()
    configure_log(level if is_known else "warning", os.environ.get("ROLESYNC_LOG_FORMAT", "console"))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(143)
