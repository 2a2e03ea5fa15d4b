"""Appending: what is written, and what it survives. Real files, real second processes."""

import errno
import json
import math
import os
import shutil
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import structlog
from filelock import FileLock
from pydantic import SecretStr

from rolesync.audit.record import open_record
from rolesync.audit.verify import verify_record
from rolesync.errors import RecordBrokenError, RecordError
from rolesync.history.read import read_records
from rolesync.model.verification import Verification
from tests.audit.tools import ENVIRONMENT, fill, lines, opened, write_lines, writer

# --- what is written


def test_a_line_is_as_documented(folder: Path) -> None:
    with opened(folder) as record:
        record.append("plan", run="r1", text="Zoë\n", share=0.5, none=None, listed=[1, {"a": True}])
        record.append("run.end", run="r1")
    first, second = lines(folder)
    hashed, _, rest = first.partition(b',"hash":"')
    assert first.startswith(b'{"seq":1,"time":"2026-09-01T10:00:00.000250+00:00","event":"plan","run":"r1",')
    assert first.isascii()
    assert rest == sha256(hashed).hexdigest().encode() + b'"}\n'
    first_record, second_record = json.loads(first), json.loads(second)
    assert list(first_record)[-2:] == ["prev", "hash"]
    assert first_record["prev"] == "0" * 64
    assert second_record["prev"] == first_record["hash"]
    assert second_record["seq"] == 2
    assert (first_record["text"], first_record["share"], first_record["none"], first_record["listed"]) == (
        "Zoë\n",
        0.5,
        None,
        [1, {"a": True}],
    )


def test_times_are_recorded_in_utc(folder: Path) -> None:
    with open_record(folder, now=lambda: datetime(2026, 1, 2, tzinfo=UTC)) as record:
        record.append("plan")
    assert next(read_records(folder))["time"] == "2026-01-02T00:00:00.000000+00:00"


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_only_the_owner_can_look_inside(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    fill(folder, 1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"audit.jsonl": 0o600, "audit.head": 0o600, "audit.lock": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_reopened_record_goes_on(folder: Path) -> None:
    fill(folder, 2)
    fill(folder, 2, start=3)
    assert [record["seq"] for record in read_records(folder)] == [1, 2, 3, 4]
    assert verify_record(folder) == Verification(records=4, first_bad=None, head_problem="", notices=())


@pytest.mark.parametrize(
    "fields",
    [{"token": SecretStr("hush")}, {"thing": object()}, {"deep": [{"x": {1, 2}}]}, {"share": float("nan")}]
    + [{name: 1} for name in ("seq", "time", "prev", "hash")],
)
def test_a_field_without_a_json_form_is_a_defect(folder: Path, fields: dict[str, Any]) -> None:
    with opened(folder) as record:
        with pytest.raises((TypeError, ValueError)) as caught:
            record.append("plan", **fields)
        assert "hush" not in str(caught.value)
        with pytest.raises(TypeError):
            record.append("record.recovered", torn_bytes=1)
        with pytest.raises(TypeError):
            record.append("record.key", mode="unkeyed", fingerprint="")
        record.append("plan")
    assert [record["seq"] for record in read_records(folder)] == [1]


def test_a_global_structlog_configuration_changes_nothing(folder: Path) -> None:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    try:
        fill(folder, 1)
    finally:
        structlog.reset_defaults()
    assert verify_record(folder).records == 1


# --- crashes, and hands that shouldn't be there


def test_a_record_cut_or_replaced_while_open_takes_no_more(folder: Path) -> None:
    with opened(folder) as record:
        record.append("one")
        record.append("two")
        good = (folder / "audit.jsonl").read_bytes()
        os.truncate(folder / "audit.jsonl", len(good) - 1)
        with pytest.raises(RecordBrokenError):
            record.append("three")
        (folder / "copy").write_bytes(good)
        (folder / "copy").replace(folder / "audit.jsonl")
        with pytest.raises(RecordBrokenError, match="replaced"):
            record.append("three")
        (folder / "audit.jsonl").unlink()
        with pytest.raises(RecordError, match="No such file"):
            record.append("three")


def test_a_head_that_is_behind_is_mended(folder: Path) -> None:
    fill(folder, 2)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 2, start=3)
    ahead = (folder / "audit.head").read_bytes()
    (folder / "audit.head").write_bytes(behind)
    verification = verify_record(folder)
    assert verification.ok
    assert "ends at record 2, the record continues to 4" in verification.notices[0]
    opened(folder).__exit__()
    assert (folder / "audit.head").read_bytes() == ahead
    assert verify_record(folder).notices == ()


@pytest.mark.parametrize("number", [3, 4])
def test_a_head_is_not_mended_over_a_broken_chain(folder: Path, number: int) -> None:
    fill(folder, 2)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 3, start=3)
    (folder / "audit.head").write_bytes(behind)
    record_lines = lines(folder)
    record_lines[number - 1] = record_lines[number - 1].replace(b'"step"', b'"stop"')
    write_lines(folder, record_lines)
    assert not verify_record(folder).ok
    with pytest.raises(RecordBrokenError, match=f"after record {number - 1}, the bytes"):
        opened(folder)
    assert (folder / "audit.head").read_bytes() == behind


TORN = [b"{", b'{"seq":3,"time":"20', b"\0" * 200, b'{"seq":3,"ti\n', b'{"seq":3,"ti\0\0\0']


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_line_is_kept_closed_and_explained(folder: Path, torn: bytes) -> None:
    fill(folder, 2)
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(torn)
    before = verify_record(folder)
    text = torn.removesuffix(b"\n")
    assert before.ok
    assert f"{len(text)} bytes of an unfinished append" in before.notices[0]
    assert [record["seq"] for record in read_records(folder)] == [1, 2]
    fill(folder, 1, start=3)
    record_lines = lines(folder)
    assert record_lines[2] == text + b"\n"
    recovered = json.loads(record_lines[3])
    assert (recovered["seq"], recovered["event"]) == (3, "record.recovered")
    assert (recovered["torn_bytes"], recovered["torn_sha256"]) == (len(text), sha256(text).hexdigest())
    assert verify_record(folder) == Verification(
        4, None, "", (f"record 3 explains {len(text)} bytes of an unfinished append before it",)
    )
    assert [record["event"] for record in read_records(folder)] == ["step", "step", "record.recovered", "step"]

    changed = [*record_lines[:2], b"x" + record_lines[2], *record_lines[3:]]
    write_lines(folder, changed)
    bad = verify_record(folder).first_bad
    assert bad is not None
    assert bad.line == 3
    write_lines(folder, [*record_lines[:2], *record_lines[3:]])
    bad = verify_record(folder).first_bad
    assert bad is not None
    assert (bad.line, bad.reason) == (3, "the unfinished append that this record explains is not there")


@pytest.mark.parametrize("appended", [b"\n", b"ten bytes.", b"\n{", b'{"seq":4,"time":', b'{"seq":3,"ti\n\n', b"\0x"])
def test_appended_bytes_that_are_no_record_are_named_and_then_explained(folder: Path, appended: bytes) -> None:
    fill(folder, 2)
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(appended)
    before = verify_record(folder)
    assert (before.ok, before.records, before.notices) == (False, 2, ())
    assert before.first_bad is not None
    assert (before.first_bad.code, before.first_bad.line, before.first_bad.seq) == ("appended_bytes", 3, 3)
    assert f"{len(appended)} bytes were appended after record 2, and are not a record" in before.first_bad.reason
    fill(folder, 1, start=3)  # nothing is lost: a run goes on
    after = verify_record(folder)
    assert after.ok
    size = len(appended) + (not appended.endswith(b"\n"))
    assert after.notices == (f"record 3 explains {size} appended bytes that are not a record before it",)


def test_a_record_without_its_newline_is_completed(folder: Path) -> None:
    fill(folder, 1)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 1, start=2)
    (folder / "audit.head").write_bytes(behind)
    record_lines = lines(folder)
    write_lines(folder, [record_lines[0], record_lines[1][:-1]])
    assert verify_record(folder).ok
    opened(folder).__exit__()
    assert lines(folder) == record_lines
    assert verify_record(folder) == Verification(2, None, "", ())


def test_a_crash_while_recovering_from_a_crash_is_survived(folder: Path) -> None:
    fill(folder, 2)
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"seq":3,"ti\n{"seq":3,"time":"2026","event":"record.recov')
    assert verify_record(folder).ok
    fill(folder, 1, start=3)
    assert verify_record(folder).ok
    assert verify_record(folder).records == 4


def test_more_than_a_torn_line_after_the_head_is_no_crash(folder: Path) -> None:
    fill(folder, 1)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 1, start=2)
    (folder / "audit.head").write_bytes(behind)
    record_lines = lines(folder)
    write_lines(folder, [record_lines[0], b"inserted\n", record_lines[1]])
    assert not verify_record(folder).ok
    with pytest.raises(RecordBrokenError, match="after record 1, this is not a whole record"):
        opened(folder)


@pytest.mark.parametrize("max_bytes", [math.inf, 500])
def test_acknowledged_records_outlive_kill_9(folder: Path, max_bytes: float) -> None:
    for run in ("first", "second", "third"):
        with writer(folder, run, 100_000, max_bytes=max_bytes) as process:
            assert process.stdout is not None
            for _ in range(25):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            acknowledged = 25 + len([line for line in process.stdout if line.endswith("\n")])
        assert process.returncode == -signal.SIGKILL
        assert verify_record(folder).ok
        steps = [record["number"] for record in read_records(folder, run)]
        assert steps == list(range(len(steps)))
        assert acknowledged <= len(steps) <= acknowledged + 1
    fill(folder, 1)
    assert verify_record(folder).ok


# --- several processes


def test_processes_append_in_turn_and_can_be_verified_meanwhile(folder: Path) -> None:
    names = ("a", "b", "c")
    processes = [writer(folder, name, 60) for name in names]
    try:
        while any(process.poll() is None for process in processes):
            verification = verify_record(folder)
            assert verification.first_bad is None
            assert verification.head_ok
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert verify_record(folder) == Verification(180, None, "", ())
    for name in names:
        assert [record["number"] for record in read_records(folder, name)] == list(range(60))


def test_a_lock_that_is_never_free_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, 1)
    monkeypatch.setattr("rolesync.audit.record._LOCK_SECONDS", 0.0)
    with FileLock(folder / "audit.lock"), pytest.raises(RecordError, match="locked") as caught:
        opened(folder)
    assert caught.value.hint
    fill(folder, 1, start=2)


# --- what can't be written


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordError, match="Not a directory") as caught:
        opened(tmp_path / "file" / "account")
    assert str(tmp_path / "file" / "account") in caught.value.message
    assert caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "audit.jsonl").symlink_to("/dev/full")
    with opened(folder) as record, pytest.raises(RecordError, match="No space left"):
        record.append("plan")
    assert (folder / "audit.head").read_bytes().startswith(b"0" * 20)


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from rolesync.audit.record import open_record
from rolesync.errors import RecordError
with open_record(Path(sys.argv[1]), now=lambda: datetime.now(UTC)) as record:
    record.append("fits", number=1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
    try:
        record.append("too long", text="x" * 500)
    except RecordError as error:
        print(error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    record.append("room again", number=2)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_an_append_that_ran_out_of_room_half_way(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder)], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert "can't be written: File too large." in done.stdout
    assert [record["event"] for record in read_records(folder)] == ["fits", "record.recovered", "room again"]
    assert verify_record(folder).ok


def test_without_fsync_nothing_counts_as_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with opened(folder) as record:
        record.append("one")
        head = (folder / "audit.head").read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with pytest.raises(RecordError, match="Input/output error"):
                record.append("two")
        assert (folder / "audit.head").read_bytes() == head


@pytest.mark.skipif(os.name != "posix", reason="elsewhere open files can't be removed")
def test_every_append_fails_with_a_message_once_the_folder_is_gone(folder: Path) -> None:
    with opened(folder) as record:
        record.append("one")
        shutil.rmtree(folder)
        for _ in range(3):
            with pytest.raises(RecordError, match="No such file or directory") as caught:
                record.append("two")
            assert str(folder) in caught.value.message
    assert not folder.exists()


def test_a_closed_record_takes_nothing(folder: Path) -> None:
    record = opened(folder)
    with record:
        pass
    with pytest.raises(ValueError, match="closed"):
        record.append("late")
