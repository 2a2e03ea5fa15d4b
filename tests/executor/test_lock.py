"""One run per account: tested with a real second process; the lock is free as soon as its holder ends."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import rolesync
from rolesync.errors import Exit, LockHeldError, RolesyncError
from rolesync.executor.lock import account_lock

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rolesync.__file__).parents[1])}
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from rolesync.executor.lock import account_lock
with account_lock(Path(sys.argv[1]), run="night-1", command="sync", now=lambda: datetime(2026, 9, 1, 3, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def clock() -> datetime:
    return datetime(2026, 9, 1, 12, tzinfo=UTC)


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_note_names_the_holder_while_it_holds_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "account"
    with account_lock(folder, run="r1", command="apply", now=clock):
        note = json.loads((folder / "run.lock.json").read_text())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert (note["pid"], note["run"], note["command"]) == (os.getpid(), "r1", "apply")
    assert note["since"] == "2026-09-01T12:00:00+00:00"
    assert note["host"]
    assert note["user"]
    assert modes == {"account": 0o700, "run.lock": 0o600, "run.lock.json": 0o600}
    assert not (folder / "run.lock.json").exists()


def test_the_error_names_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(LockHeldError) as caught, account_lock(tmp_path, run="r2", command="apply", now=clock):
            pytest.fail("two runs hold one lock")
        note = json.loads((tmp_path / "run.lock.json").read_text())
    assert caught.value.exit_code == Exit.LOCKED
    assert "`rolesync sync`, run night-1" in caught.value.message
    assert f"process {process.pid}" in caught.value.message
    assert "since 2026-09-01T03:00:00+00:00" in caught.value.message
    assert caught.value.hint
    assert note["run"] == "night-1"


def test_a_killed_holder_leaves_the_lock_free(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        stale = json.loads((tmp_path / "run.lock.json").read_text())
    assert stale["run"] == "night-1"
    with account_lock(tmp_path, run="r2", command="apply", now=clock):
        assert json.loads((tmp_path / "run.lock.json").read_text())["run"] == "r2"


def test_a_holder_that_ends_frees_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.communicate("")
        assert process.returncode == 0
        assert not (tmp_path / "run.lock.json").exists()
    with account_lock(tmp_path, run="r2", command="apply", now=clock):
        pass


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), account_lock(tmp_path, run="r1", command="apply", now=clock):
        raise ZeroDivisionError
    with account_lock(tmp_path, run="r2", command="apply", now=clock):
        pass


def test_each_account_has_a_lock_of_its_own(tmp_path: Path) -> None:
    with (
        account_lock(tmp_path / "a", run="r1", command="apply", now=clock),
        account_lock(tmp_path / "b", run="r2", command="apply", now=clock),
    ):
        assert json.loads((tmp_path / "b" / "run.lock.json").read_text())["run"] == "r2"


@pytest.mark.parametrize(
    ("note", "message"),
    [(None, "no note of itself"), (b"{", "can't be read"), (b"[]", "can't be read"), (b"{}", "can't be read")],
)
def test_the_lock_holds_without_a_readable_note(tmp_path: Path, note: bytes | None, message: str) -> None:
    with holder(tmp_path):
        (tmp_path / "run.lock.json").unlink()
        if note is not None:
            (tmp_path / "run.lock.json").write_bytes(note)
        with pytest.raises(LockHeldError, match=message), account_lock(tmp_path, run="r2", command="plan", now=clock):
            pytest.fail("two runs hold one lock")


@pytest.mark.parametrize("name", ["account", "run.lock", "run.lock.json"])
def test_lock_files_that_cannot_be_written_are_an_error(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "account"
    if name == "account":
        folder.write_text("in the way")
    else:
        (folder / name).mkdir(parents=True)
    with (
        pytest.raises(RolesyncError, match="can't be taken") as caught,
        account_lock(folder, run="r", command="plan", now=clock),
    ):
        pytest.fail("no lock was taken")
    assert str(folder) in caught.value.message
    assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="user ids are POSIX")
def test_a_user_without_a_name_is_noted_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    with account_lock(tmp_path, run="r1", command="apply", now=clock):
        assert json.loads((tmp_path / "run.lock.json").read_text())["user"] == "user 3999999999"


def test_a_file_system_without_locks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def missing(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", missing)
    with (
        pytest.raises(RolesyncError, match="can't be taken: Function not implemented"),
        account_lock(tmp_path / "account", run="r", command="plan", now=clock),
    ):
        pytest.fail("a lock that other programs can take away was taken")


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    for name in ("run.lock.new", "run.lock.json"):
        (tmp_path / name).symlink_to(theirs)
    with account_lock(tmp_path, run="r", command="plan", now=clock):
        assert json.loads((tmp_path / "run.lock.json").read_text())["run"] == "r"
    assert theirs.read_text() == "theirs"
