"""The end of the files: what is checked there on opening, and when and how files are closed.

That is: what a crash between the steps leaves, and other processes that write meanwhile.
"""

import os
import stat
from pathlib import Path

import pytest

from rolesync.audit.files import Position, head_text
from rolesync.audit.record import rekey
from rolesync.audit.seal import PLAIN, seal_of
from rolesync.audit.verify import verify_record
from rolesync.errors import RecordBrokenError, RecordError
from rolesync.history.read import read_records
from rolesync.model.verification import Verification
from tests.audit.tools import clock, files, fill, lines, opened, put_back, write_lines, writer

FIRST, SECOND = "audit-000000000001.jsonl", "audit-000000000004.jsonl"
KEY = "a key of the account's owner"


def numbers(folder: Path) -> list[int]:
    return [record["number"] for record in read_records(folder)]


def test_a_file_is_closed_once_it_is_large_and_never_within_an_append(folder: Path) -> None:
    with opened(folder, max_bytes=500) as record:
        record.append("step", number=1, text="x" * 2000)
        assert list(files(folder)) == ["audit.head", "audit.jsonl"]
        record.append("step", number=2)
        assert list(files(folder)) == [FIRST, "audit.head", "audit.jsonl"]
        assert files(folder)[FIRST].count(b"\n") == 1
    assert lines(folder)[0].startswith(b'{"seq":2,')
    assert numbers(folder) == [1, 2]
    assert verify_record(folder) == Verification(2, None, "", ())


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
    assert verify_record(folder).ok
    kept = numbers(folder)
    assert kept == [1, 2, 3, 4][: len(kept)]
    assert len(kept) >= 3
    with opened(folder, max_bytes=600) as record:
        record.append("step", number=9)
    assert [record.get("number", "recovered") for record in read_records(folder)] in (
        [*kept, 9],
        [*kept, "recovered", 9],
    )
    assert verify_record(folder).ok


def test_a_head_that_is_several_files_behind_is_mended(folder: Path) -> None:
    fill(folder, 2, max_bytes=600)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 7, start=3, max_bytes=600)
    ahead = (folder / "audit.head").read_bytes()
    (folder / "audit.head").write_bytes(behind)
    verification = verify_record(folder)
    assert verification.ok
    assert "the head ends at record 2, the record continues to 9" in verification.notices[0]
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
    with opened(folder, max_bytes=600) as first, opened(folder, max_bytes=600) as second:
        for number in range(1, 21):
            (first if number % 4 else second).append("step", number=number)
    assert numbers(folder) == list(range(1, 21))
    assert verify_record(folder) == Verification(20, None, "", ())
    assert len(files(folder)) > 5


def test_a_writer_goes_on_where_another_died_while_closing(folder: Path) -> None:
    with opened(folder) as record:
        for number in range(1, 4):
            record.append("step", number=number)
        (folder / "audit.jsonl").rename(folder / FIRST)
        record.append("step", number=4)
    assert numbers(folder) == [1, 2, 3, 4]
    assert verify_record(folder) == Verification(4, None, "", ())


def test_processes_close_files_in_turn_and_can_be_verified_meanwhile(folder: Path) -> None:
    names = ("a", "b")
    processes = [writer(folder, name, 80, max_bytes=900, key="a key of theirs all") for name in names]
    try:
        while any(process.poll() is None for process in processes):
            verification = verify_record(folder, "a key of theirs all")
            assert (verification.first_bad, verification.head_problem) == (None, "")
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert verify_record(folder, "a key of theirs all") == Verification(161, None, "", ())
    assert len(files(folder)) > 20
    for name in names:
        assert [record["number"] for record in read_records(folder, name)] == list(range(80))


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


# --- the last line


def edited(folder: Path, name: str, old: bytes, new: bytes) -> dict[str, bytes]:
    """Change one place in a file without changing its length; returns what there is now."""
    record_files = files(folder)
    assert len(old) == len(new)
    assert record_files[name].count(old) == 1
    put_back(folder, {**record_files, name: record_files[name].replace(old, new)})
    return files(folder)


def refused(folder: Path, message: str, *, key: str = "") -> None:
    before = {name: content for name, content in files(folder).items() if content}
    assert not verify_record(folder, key).ok
    with pytest.raises(RecordBrokenError, match=message):
        opened(folder, key=key)
    assert {name: content for name, content in files(folder).items() if content} == before


@pytest.mark.parametrize("key", ["", KEY])
@pytest.mark.parametrize(("old", "new"), [(b'"run":"r3"', b'"run":"r9"'), (b'"run":"r3"', b'"run":"\n3"')])
def test_an_edit_within_the_last_line_is_noticed_on_opening(folder: Path, key: str, old: bytes, new: bytes) -> None:
    fill(folder, 3, key=key)
    edited(folder, "audit.jsonl", old, new)
    refused(
        folder, f"audit.jsonl: the bytes of record {3 + bool(key)}, the last, are not as they were written", key=key
    )


def test_an_edit_within_the_first_and_only_line_is_noticed_on_opening(folder: Path) -> None:
    fill(folder, 1)
    edited(folder, "audit.jsonl", b'"run":"r1"', b'"run":"r9"')
    refused(folder, "the bytes of record 1")


@pytest.mark.parametrize("size", [3_000, 4_096, 70_000, 1_000_000])
def test_the_last_line_may_be_long(folder: Path, size: int) -> None:
    fill(folder, 1)
    with opened(folder) as record:
        record.append("step", text="x" * size, run="r2")
    fill(folder, 0)
    edited(folder, "audit.jsonl", b'"step","text":"xx', b'"step","text":"xy')
    refused(folder, "the bytes of record 2")


@pytest.mark.parametrize("step", [0, 1, 2])
def test_an_edit_at_the_end_of_a_closed_file_is_noticed_on_opening(folder: Path, step: int) -> None:
    put_back(folder, crashed_while_closing(folder)[step])
    edited(folder, FIRST, b'"run":"r3"', b'"run":"r9"')
    refused(folder, f"{FIRST}: the bytes of record 3")


def test_an_edit_before_what_a_crash_left_is_noticed_on_opening(folder: Path) -> None:
    fill(folder, 2)
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"seq":3,"ti')
    edited(folder, "audit.jsonl", b'"run":"r2"', b'"run":"r9"')
    refused(folder, "the bytes of record 2")


def test_an_edit_where_the_head_is_behind_is_noticed_on_opening(folder: Path) -> None:
    fill(folder, 2)
    behind = (folder / "audit.head").read_bytes()
    fill(folder, 2, start=3)
    (folder / "audit.head").write_bytes(behind)
    edited(folder, "audit.jsonl", b'"run":"r2"', b'"run":"r9"')
    refused(folder, "the bytes of record 2")


def test_what_a_crash_left_before_the_last_line_is_no_part_of_it(folder: Path) -> None:
    fill(folder, 2)
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"seq":3,"ti')
    fill(folder, 0)
    fill(folder, 0)
    assert verify_record(folder).ok
    edited(folder, "audit.jsonl", b'"torn_bytes":12', b'"torn_bytes":13')
    refused(folder, "the bytes of record 3")


@pytest.mark.parametrize("written", [False, True])
def test_an_edit_before_a_new_seal_that_a_crash_cut_short_is_noticed(folder: Path, *, written: bool) -> None:
    """The head announces the new seal; its record may be there already, and says what was before it."""
    fill(folder, 2)
    kept = files(folder)["audit.jsonl"]
    rekey(folder, now=clock, key=KEY)
    after = lines(folder)
    position = Position(len(after) - 1, after[-2][-67:-3].decode(), len(kept), 1)
    announced = {"audit.head": head_text(position, seal_of(KEY), rekeying=True)}
    whole = {**announced, "audit.jsonl": b"".join(after) if written else kept}
    put_back(folder, whole)
    fill(folder, 0, key=KEY)
    assert verify_record(folder, KEY).ok
    put_back(folder, whole)
    edited(folder, "audit.jsonl", b'"run":"r2"', b'"run":"r9"')
    refused(folder, "not as they were written", key=KEY)


def test_a_last_line_under_another_seal_is_left_to_its_key(folder: Path) -> None:
    fill(folder, 2, key=KEY)
    edited(folder, "audit.jsonl", b'"run":"r2"', b'"run":"r9"')
    refused(folder, "sealed with a key that is not the one that is set", key="another key")


def test_an_edit_while_the_record_is_open_is_noticed_on_the_next_opening(folder: Path) -> None:
    with opened(folder) as record:
        record.append("step", run="r1")
        edited_lines = [line.replace(b'"run":"r1"', b'"run":"r9"') for line in lines(folder)]
        write_lines(folder, edited_lines)
    refused(folder, "the bytes of record 1")
