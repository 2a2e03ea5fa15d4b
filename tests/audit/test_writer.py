"""Closing large files: when, what a crash between the steps leaves, and other processes that write meanwhile."""

import os
import stat
from pathlib import Path

import pytest

from rolesync.audit import read, verify
from rolesync.audit.files import Position, head_text
from rolesync.audit.seal import PLAIN
from rolesync.errors import RecordBrokenError, RecordError
from rolesync.recorded import Verification
from tests.audit.tools import files, fill, lines, opened, put_back, writer

FIRST, SECOND = "audit-000000000001.jsonl", "audit-000000000004.jsonl"


def numbers(folder: Path) -> list[int]:
    return [record["number"] for record in read(folder)]


def test_a_file_is_closed_once_it_is_large_and_never_within_an_append(folder: Path) -> None:
    with opened(folder, max_bytes=500) as record:
        record.append("step", number=1, text="x" * 2000)
        assert list(files(folder)) == ["audit.head", "audit.jsonl"]
        record.append("step", number=2)
        assert list(files(folder)) == [FIRST, "audit.head", "audit.jsonl"]
        assert files(folder)[FIRST].count(b"\n") == 1
    assert lines(folder)[0].startswith(b'{"seq":2,')
    assert numbers(folder) == [1, 2]
    assert verify(folder) == Verification(2, None, "", ())


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_closed_files_and_new_ones_are_private(folder: Path) -> None:
    fill(folder, 4, max_bytes=600)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def crashed_while_closing(folder: Path) -> list[dict[str, bytes]]:
    """The states that a crash between the steps of closing a file can leave, one after each step."""
    fill(folder, 3)
    before = files(folder)
    fill(folder, 1, start=4, max_bytes=600)
    after = files(folder)
    assert list(after) == [FIRST, "audit.head", "audit.jsonl"]
    moved = {FIRST: before["audit.jsonl"], "audit.head": before["audit.head"]}
    empty = {**moved, "audit.jsonl": b""}
    last = lines(folder)[0]
    prev = before["audit.jsonl"][-67:-3].decode()
    begun = {**empty, "audit.head": head_text(Position(3, prev, 0, 4), PLAIN)}
    # Where the head never reached the disk it may be older than the closing.
    return [moved, empty, begun, {**begun, "audit.jsonl": last[:50]}, {**moved, "audit.jsonl": last}, after]


@pytest.mark.parametrize("step", range(6))
def test_a_crash_while_a_file_is_closed_is_recovered_on_open(folder: Path, step: int) -> None:
    state = crashed_while_closing(folder)[step]
    put_back(folder, state)
    assert verify(folder).ok
    kept = numbers(folder)
    assert kept == [1, 2, 3, 4][: len(kept)]
    assert len(kept) >= 3
    with opened(folder, max_bytes=600) as record:
        record.append("step", number=9)
    assert [record.get("number", "recovered") for record in read(folder)] in ([*kept, 9], [*kept, "recovered", 9])
    assert verify(folder).ok


def test_a_head_that_is_several_files_behind_is_mended(folder: Path) -> None:
    fill(folder, 2, max_bytes=600)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 7, start=3, max_bytes=600)
    ahead = (folder / "audit.head").read_bytes()
    (folder / "audit.head").write_bytes(behind)
    found = verify(folder)
    assert found.ok
    assert "the head stops at record 2, the record goes on to 9" in found.notices[0]
    opened(folder).__exit__()
    assert (folder / "audit.head").read_bytes() == ahead


@pytest.mark.parametrize("copied", [True, False])
def test_a_file_that_has_the_next_closed_ones_name_is_never_overwritten(folder: Path, *, copied: bool) -> None:
    fill(folder, 3)
    (folder / FIRST).write_bytes(files(folder)["audit.jsonl"] if copied else b"in the way")
    before = files(folder)
    with pytest.raises(RecordBrokenError):
        fill(folder, 1, start=4, max_bytes=600)
    assert files(folder) == before


def test_a_file_put_in_the_way_while_the_record_is_open_is_not_overwritten(folder: Path) -> None:
    with opened(folder, max_bytes=600) as record:
        for number in range(1, 4):
            record.append("step", number=number)
        (folder / FIRST).write_bytes(b"in the way")
        with pytest.raises(RecordBrokenError):
            record.append("step", number=4)
    assert files(folder)[FIRST] == b"in the way"


def test_a_writer_goes_on_in_the_file_that_another_began(folder: Path) -> None:
    with opened(folder, max_bytes=600) as one, opened(folder, max_bytes=600) as other:
        for number in range(1, 21):
            (one if number % 4 else other).append("step", number=number)
    assert numbers(folder) == list(range(1, 21))
    assert verify(folder) == Verification(20, None, "", ())
    assert len(files(folder)) > 5


def test_a_writer_goes_on_where_another_died_while_closing(folder: Path) -> None:
    with opened(folder) as record:
        for number in range(1, 4):
            record.append("step", number=number)
        (folder / "audit.jsonl").rename(folder / FIRST)
        record.append("step", number=4)
    assert numbers(folder) == [1, 2, 3, 4]
    assert verify(folder) == Verification(4, None, "", ())


def test_processes_close_files_in_turn_and_can_be_verified_meanwhile(folder: Path) -> None:
    names = ("a", "b")
    processes = [writer(folder, name, 80, max_bytes=900, key="a key of theirs all") for name in names]
    try:
        while any(process.poll() is None for process in processes):
            found = verify(folder, "a key of theirs all")
            assert (found.first_bad, found.head_problem) == (None, "")
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert verify(folder, "a key of theirs all") == Verification(161, None, "", ())
    assert len(files(folder)) > 20
    for name in names:
        assert [record["number"] for record in read(folder, name)] == list(range(80))


def test_a_file_that_cannot_be_closed_stops_the_append(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    fill(folder, 3)
    with opened(folder, max_bytes=600) as record:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            with pytest.raises(RecordError, match="Permission denied"):
                record.append("step", number=4)
        assert len(lines(folder)) == 3
        record.append("step", number=4)
    assert numbers(folder) == [1, 2, 3, 4]
