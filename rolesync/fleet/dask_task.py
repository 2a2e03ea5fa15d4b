"""What a worker of a Dask cluster does for a fleet: it takes a saved job by its path, and runs it in a local process.

Only the path travels. The job is a private file on the storage that all machines share. A worker takes the job by
renaming the file. If the scheduler starts a job a second time, the file is gone, so no job runs twice.

Dask ends no task that has begun. So a job runs in a worker process of the fleet, which the deadline ends.
"""

import json
from functools import cache
from pathlib import Path

from rolesync import __version__
from rolesync.fleet.worker_pool import LocalEngine
from rolesync.fleet.worker_protocol import Job, decode_job, result_json
from rolesync.model.fleet import AccountResult, AccountStatus

TAKEN = ".taken"


def run_saved_job(path: str, deadline: float, version: str) -> str:
    """Run a saved job once; returns its result as JSON.

    Args:
        path: the file of the job.
        deadline: the seconds for the job.
        version: the version of rolesync that saved it.
    """
    return json.dumps(result_json(_run(Path(path), deadline, version)))


def _run(path: Path, deadline: float, version: str) -> AccountResult:
    account = path.name.partition(".")[0]
    if version != __version__:
        message = f"its Dask worker has rolesync {__version__}, the fleet {version}"
        return AccountResult(account, AccountStatus.FAILED, message, "install the same version on all machines")
    try:
        job = take_job(path)
    except FileNotFoundError:
        if path.with_name(path.name + TAKEN).exists():
            message = "the Dask scheduler started its job a second time, which was refused"
            return AccountResult(account, AccountStatus.RUNNING, message, "resume the fleet when it has ended")
        message = f"its Dask worker doesn't see {path.parent}"
        hint = "put state_dir on storage that all machines share, under the same path"
        return AccountResult(account, AccountStatus.FAILED, message, hint)
    except OSError as error:
        message = f"its Dask worker can't read {path}: {error.strerror}"
        return AccountResult(account, AccountStatus.FAILED, message, "let the workers run as the user of the fleet")
    return _local_engine().run(job, deadline, lambda _account, _stage, _done, _total: None)


def take_job(path: Path) -> Job:
    """Take a saved job, so that no other worker gets it.

    Raises:
        FileNotFoundError: another worker has taken the job, or the fleet has taken it back.
        OSError: the job can't be read.
    """
    taken_path = path.with_name(path.name + TAKEN)
    path.rename(taken_path)
    return decode_job(taken_path.read_text(encoding="utf-8"))


@cache
def _local_engine() -> LocalEngine:
    """The engine of this process, whose workers are used again; they end with this process."""
    return LocalEngine()
