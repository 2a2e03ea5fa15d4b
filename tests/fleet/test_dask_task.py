"""What a Dask worker does with a saved job: it runs it once, and never a second time."""

import json
import sys
from pathlib import Path

import pytest

from rolesync import __version__
from rolesync.fleet import dask_task
from rolesync.fleet.dask_task import TAKEN, run_saved_job, take_job
from rolesync.fleet.worker_pool import LocalEngine
from rolesync.fleet.worker_protocol import decode_result, encode_job
from rolesync.model.fleet import AccountResult, AccountStatus
from tests.fleet.test_worker_pool import SCRIPT
from tests.fleet.tools import job


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> LocalEngine:
    """Run jobs in scripted workers."""
    engine = LocalEngine([sys.executable, "-c", SCRIPT], jobs_per_worker=1)
    monkeypatch.setattr(dask_task, "_local_engine", lambda: engine)
    return engine


def saved(folder: Path, account: str = "north") -> Path:
    path = folder / f"{account}.apply.1"
    path.write_text(encode_job(job(account)), encoding="utf-8")
    return path


def run(path: Path, version: str = __version__) -> AccountResult:
    return decode_result(json.loads(run_saved_job(str(path), 60.0, version)))


def test_a_job_runs_once(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert (run(path).account, path.exists()) == ("north", False)
    again = run(path)
    assert (again.account, again.status) == ("north", AccountStatus.RUNNING)
    assert "started its job a second time" in again.message


def test_a_job_that_the_fleet_took_back_is_gone(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.unlink()
    ended = run(path)
    assert (ended.status, str(tmp_path) in ended.message) == (AccountStatus.FAILED, True)
    assert "storage that all machines share" in ended.hint


def test_another_version_takes_no_job(tmp_path: Path) -> None:
    path = saved(tmp_path)
    ended = run(path, "0.0.1")
    assert (ended.status, path.exists()) == (AccountStatus.FAILED, True)
    assert "the fleet 0.0.1" in ended.message


def test_a_job_that_can_not_be_read_fails_its_account(tmp_path: Path) -> None:
    path = tmp_path / "north.apply.1"
    path.mkdir()
    assert run(path).message.startswith("its Dask worker can't read")


def test_whoever_takes_a_job_has_it(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert take_job(path) == job("north")
    assert path.with_name(path.name + TAKEN).exists()
    with pytest.raises(FileNotFoundError):
        take_job(path)
