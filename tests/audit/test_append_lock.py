"""Taking turns: threads of one process, and a lock whose file somebody deletes."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from rolesync.audit.append_lock import AppendLock, AppendLockTimeoutError
from rolesync.audit.verify import verify_record
from rolesync.history.read import read_records
from rolesync.model.verification import Verification
from tests.audit.tools import opened


def test_threads_append_in_turn(folder: Path) -> None:
    with opened(folder) as record, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record.append("step", number=number), range(200)))
    assert verify_record(folder) == Verification(200, None, "", ())
    assert sorted(line["number"] for line in read_records(folder)) == list(range(200))


def test_a_turn_that_another_thread_has_does_not_come(tmp_path: Path) -> None:
    turn = AppendLock(tmp_path / "lock", 0.0)
    late: list[BaseException] = []

    def wait() -> None:
        try:
            with turn:
                late.append(AssertionError("it was not its turn"))
        except AppendLockTimeoutError as error:
            late.append(error)

    with turn:
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert [type(error) for error in late] == [AppendLockTimeoutError]
    with turn, closing(AppendLock(tmp_path / "lock", 0.0)) as other, pytest.raises(AppendLockTimeoutError), other:
        raise AssertionError("it was not its turn")
    turn.close()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file can't be deleted")
def test_a_deleted_lock_file_is_replaced_by_the_new_one(tmp_path: Path) -> None:
    turn = AppendLock(tmp_path / "lock", 0.0)
    (tmp_path / "lock").unlink()
    with turn, pytest.raises(TimeoutError):
        FileLock(tmp_path / "lock").acquire(blocking=False)
    with FileLock(tmp_path / "lock"), pytest.raises(AppendLockTimeoutError), turn:
        raise AssertionError("it was not its turn")
    turn.close()
