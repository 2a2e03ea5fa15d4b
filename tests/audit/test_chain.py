"""The chain: any change of the record or its head is found, and its first place named."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.audit.verify import verify_record
from rolesync.errors import RecordBrokenError
from tests.audit.tools import fill, lines, opened, write_lines


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    folder = fill(tmp_path_factory.mktemp("whole") / "account", 5)
    return folder, (folder / "audit.jsonl").read_bytes(), (folder / "audit.head").read_bytes()


def verified_with(whole: tuple[Path, bytes, bytes], *, record: bytes | None = None, head: bytes | None = None) -> bool:
    folder, good_record, good_head = whole
    (folder / "audit.jsonl").write_bytes(good_record if record is None else record)
    (folder / "audit.head").write_bytes(good_head if head is None else head)
    return verify_record(folder).ok


@given(data=st.data())
def test_any_changed_byte_is_found(whole: tuple[Path, bytes, bytes], data: st.DataObject) -> None:
    _, record, head = whole
    assert verified_with(whole)
    for which, good in (("record", record), ("head", head)):
        place = data.draw(st.integers(0, len(good) - 1))
        byte = (good[place] + data.draw(st.integers(1, 255))) % 256
        changed = good[:place] + bytes([byte]) + good[place + 1 :]
        assert not verified_with(whole, **{which: changed})


@given(data=st.data())
def test_any_removed_or_inserted_byte_is_found(whole: tuple[Path, bytes, bytes], data: st.DataObject) -> None:
    _, record, _ = whole
    start = data.draw(st.integers(0, len(record) - 1))
    end = data.draw(st.integers(start + 1, len(record)))
    assert not verified_with(whole, record=record[:start] + record[end:])
    piece = data.draw(st.binary(min_size=1, max_size=400))
    assert not verified_with(whole, record=record[:start] + piece + record[start:])


TAMPERING: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int, str]] = {
    "first removed": (lambda x: x[1:], 1, "record 1 belongs here, found record 2"),
    "middle removed": (lambda x: x[:2] + x[3:], 3, "record 3 belongs here, found record 4"),
    "swapped": (lambda x: [x[0], x[2], x[1], *x[3:]], 2, "record 2 belongs here, found record 3"),
    "duplicated": (lambda x: [*x[:2], x[1], *x[2:]], 3, "record 3 belongs here, found record 2"),
    "last duplicated": (lambda x: [*x, x[-1]], 6, "record 6 belongs here, found record 5"),
    "text inserted": (lambda x: [*x[:3], b"hello\n", *x[3:]], 4, "not a whole record"),
    "field changed": (lambda x: [x[0], x[1].replace(b'"r2"', b'"r9"'), *x[2:]], 2, "not as they were written"),
    "last changed": (lambda x: [*x[:4], x[4].replace(b'"r5"', b'"r9"')], 5, "not as they were written"),
    "hash changed": (lambda x: [x[0], x[1][:-10] + b"0123456" + x[1][-3:], *x[2:]], 2, "not as they were written"),
    "cut inside a line": (lambda x: [*x[:4], x[4][:50]], 5, "not a whole record"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_the_first_bad_place_is_named(folder: Path, name: str) -> None:
    tamper, line, reason = TAMPERING[name]
    fill(folder, 5)
    write_lines(folder, tamper(lines(folder)))
    verification = verify_record(folder)
    assert verification.first_bad is not None
    assert verification.first_bad.line == line
    assert verification.first_bad.seq == line
    assert reason in verification.first_bad.reason
    assert verification.records == line - 1
    assert not verification.ok


def test_a_record_that_was_sealed_anew_does_not_fit_the_next(folder: Path) -> None:
    fill(folder, 3)
    record_lines = lines(folder)
    hashed = record_lines[1].replace(b'"r2"', b'"r9"').partition(b',"hash"')[0]
    record_lines[1] = hashed + b',"hash":"' + sha256(hashed).hexdigest().encode() + b'"}\n'
    write_lines(folder, record_lines)
    bad = verify_record(folder).first_bad
    assert bad is not None
    assert (bad.line, bad.reason) == (3, "this record was written after another record than the one before it")


def test_a_gap_in_the_numbers_is_found_though_the_hashes_fit(folder: Path) -> None:
    fill(folder, 2)
    first, second = lines(folder)
    hashed = second.replace(b'{"seq":2,', b'{"seq":3,').partition(b',"hash"')[0]
    write_lines(folder, [first, hashed + b',"hash":"' + sha256(hashed).hexdigest().encode() + b'"}\n'])
    bad = verify_record(folder).first_bad
    assert bad is not None
    assert "record 2 belongs here, found record 3" in bad.reason


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_cut_off_end_is_found_by_the_head_and_stops_appends(folder: Path, kept: int) -> None:
    fill(folder, 5)
    write_lines(folder, lines(folder)[:kept])
    verification = verify_record(folder)
    assert verification.first_bad is None
    assert f"the head names 5 records, the record has {kept}" in verification.head_problem
    with pytest.raises(RecordBrokenError):
        opened(folder)
    assert len(lines(folder)) == kept


def test_a_removed_record_is_found_by_its_head(folder: Path) -> None:
    fill(folder, 2)
    (folder / "audit.jsonl").unlink()
    assert "its end was cut off" in verify_record(folder).head_problem
    with pytest.raises(RecordBrokenError):
        opened(folder)


@pytest.mark.parametrize("head", [None, b"", b"nonsense\n"])
def test_a_missing_or_spoilt_head_is_a_problem(folder: Path, head: bytes | None) -> None:
    fill(folder, 2)
    (folder / "audit.head").unlink()
    if head is not None:
        (folder / "audit.head").write_bytes(head)
    verification = verify_record(folder)
    assert verification.records == 2
    assert not verification.head_ok
    with pytest.raises(RecordBrokenError):
        opened(folder)


def test_a_head_of_another_record_does_not_fit(folder: Path, tmp_path: Path) -> None:
    fill(folder, 2)
    other = fill(tmp_path / "other", 2, start=7)
    shutil.copy(other / "audit.head", folder / "audit.head")
    assert "does not fit" in verify_record(folder).head_problem
    with pytest.raises(RecordBrokenError):
        opened(folder)
