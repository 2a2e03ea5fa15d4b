"""Verification with a key, without it, with another one, and over several files."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.audit.files import START, Position, head_text
from rolesync.audit.record import rekey
from rolesync.audit.seal import PLAIN, seal_of
from rolesync.audit.torn_append import may_be_torn
from rolesync.audit.verify import verify_record
from rolesync.errors import RecordBrokenError
from rolesync.model.verification import Verification
from tests.audit.tools import clock, files, fill, lines, opened, put_back, write_lines

KEY, OTHER = "a key of the account's owner", "another key of that owner"
FIRST, SECOND = seal_of(KEY).fingerprint, seal_of(OTHER).fingerprint


def forged(record_lines: list[bytes], **changes: tuple[bytes, bytes]) -> list[bytes]:
    """Change records and seal all of them anew, as anybody can who has no key."""
    prev, forged_lines = "0" * 64, []
    for number, line in enumerate(record_lines, 1):
        old, new = changes.get(f"r{number}", (b"", b""))
        body = line.replace(old, new).rpartition(b',"prev":')[0] + f',"prev":"{prev}"'.encode()
        prev = sha256(body).hexdigest()
        forged_lines.append(body + f',"hash":"{prev}"}}\n'.encode())
    return forged_lines


def forge(folder: Path, record_lines: list[bytes]) -> None:
    """Write these lines and the head that belongs to them without a key."""
    write_lines(folder, record_lines)
    stated = record_lines[-1][-67:-3].decode()
    position = Position(len(record_lines), stated, sum(map(len, record_lines)), 1)
    (folder / "audit.head").write_bytes(head_text(position, PLAIN))


def test_a_record_begun_with_a_key_is_whole_with_it(folder: Path) -> None:
    fill(folder, 3, key=KEY)
    assert verify_record(folder, KEY) == Verification(4, None, "", ())
    first = json.loads(lines(folder)[0])
    assert (first["event"], first["mode"], first["fingerprint"]) == ("record.key", "keyed", FIRST)
    assert KEY.encode() not in b"".join(files(folder).values())


def test_without_the_key_a_notice_says_what_cannot_be_checked(folder: Path) -> None:
    fill(folder, 3, key=KEY)
    verification = verify_record(folder)
    assert verification.ok
    assert (verification.records, verification.unchecked) == (4, 4)
    (notice,) = verification.notices
    assert f"records 1 to 4: sealed with a key ({FIRST}) that is not set here" in notice


def test_without_the_key_order_and_numbers_are_still_checked(folder: Path) -> None:
    fill(folder, 4, key=KEY)
    whole = lines(folder)
    for bad in ([whole[0], *whole[2:]], [*whole[:2], whole[3], whole[2], whole[4]], [*whole[:3], whole[2], *whole[3:]]):
        write_lines(folder, bad)
        assert verify_record(folder).first_bad
    write_lines(folder, whole[:4])
    assert "cut off" in verify_record(folder).head_problem


def test_another_key_is_a_failure_and_takes_no_record(folder: Path) -> None:
    fill(folder, 3, key=KEY)
    before = files(folder)
    verification = verify_record(folder, OTHER)
    assert not verification.ok
    assert verification.first_bad
    assert (verification.first_bad.seq, verification.records) == (1, 0)
    assert f"sealed with another key ({FIRST}), but the key {SECOND} is set" in verification.first_bad.reason
    for key, message in ((OTHER, f"but the key {SECOND} is set"), ("", "but no key is set")):
        with pytest.raises(RecordBrokenError, match=message) as caught:
            opened(folder, key=key)
        assert "audit rekey" in caught.value.hint
    assert files(folder) == before


@pytest.mark.parametrize("cut", [2, 3])
def test_without_the_key_both_files_cannot_be_forged(folder: Path, cut: int) -> None:
    fill(folder, 3, key=KEY)
    whole = lines(folder)
    forge(folder, forged(whole, r2=(b'"number":1', b'"number":7')))
    assert not verify_record(folder, KEY).ok
    forge(folder, forged(whole[1:]))  # as if there had never been a key
    verification = verify_record(folder, KEY)
    assert not verification.ok
    with pytest.raises(RecordBrokenError):
        opened(folder, key=KEY)
    forge(folder, whole[:cut])  # a head for a cut record
    verification = verify_record(folder, KEY)
    assert (verification.first_bad, verification.records) == (None, cut)
    assert f"the head is not sealed with the key {FIRST}" in verification.head_problem
    with pytest.raises(RecordBrokenError):
        opened(folder, key=KEY)


def test_a_change_of_the_key_is_on_purpose_and_visible(folder: Path) -> None:
    fill(folder, 2)
    assert rekey(folder, now=clock, key=KEY)
    fill(folder, 2, start=3, key=KEY)
    assert rekey(folder, now=clock, key=OTHER)
    fill(folder, 1, start=5, key=OTHER)
    assert not rekey(folder, now=clock, key=OTHER)
    modes = [
        (line["seq"], line["mode"], line["fingerprint"]) for line in map(json.loads, lines(folder)) if "mode" in line
    ]
    assert modes == [(3, "keyed", FIRST), (6, "keyed", SECOND)]
    verification = verify_record(folder, OTHER)
    assert verification.ok
    assert (verification.records, verification.unchecked) == (7, 0)
    assert verification.notices == (
        f"record 3: from here on sealed with the key {FIRST}",
        f"records 3 to 5: sealed with another key ({FIRST}); the bytes are unchanged since record 6 was written",
        f"record 6: from here on sealed with the key {SECOND}",
    )
    assert not verify_record(folder, KEY).ok
    assert rekey(folder, now=clock)
    fill(folder, 1, start=6)
    assert verify_record(folder).ok
    assert not verify_record(folder, OTHER).ok


def test_a_new_key_vouches_for_records_with_the_earlier_key(folder: Path) -> None:
    """Whoever has only the earlier key, or computes as if there had been another, can't change what it sealed."""
    fill(folder, 3, key=KEY)
    rekey(folder, now=clock, key=OTHER)
    fill(folder, 1, start=4, key=OTHER)
    whole = lines(folder)
    for number in range(1, 4):
        write_lines(folder, [*whole[:number], whole[number].replace(b"2026", b"2027"), *whole[number + 1 :]])
        bad = verify_record(folder, OTHER).first_bad
        assert bad
        assert "the records from 1 on have changed since this record was written" in bad.reason


def test_a_record_that_is_not_whole_gets_no_new_seal(folder: Path) -> None:
    fill(folder, 3)
    whole = lines(folder)
    write_lines(folder, [whole[0], whole[1].replace(b"r2", b"r9"), whole[2]])
    with pytest.raises(RecordBrokenError, match="a new seal would hide that"):
        rekey(folder, now=clock, key=KEY)
    write_lines(folder, whole[:2])
    with pytest.raises(RecordBrokenError):
        rekey(folder, now=clock, key=KEY)


def test_a_new_seal_that_was_cut_short_is_finished_by_the_next_append(folder: Path) -> None:
    fill(folder, 2)
    before = files(folder)
    rekey(folder, now=clock, key=KEY)
    record, head = files(folder)["audit.jsonl"], before["audit.head"]
    position = Position(2, lines(folder)[1][-67:-3].decode(), len(before["audit.jsonl"]), 1)
    announced = head_text(position, seal_of(KEY), rekeying=True)
    assert len(announced) == len(head)
    for size in range(len(before["audit.jsonl"]), len(record) + 1):
        if size not in {len(before["audit.jsonl"]), len(record)} and size % 37:
            continue
        put_back(folder, {"audit.head": announced, "audit.jsonl": record[:size]})
        fill(folder, 1, start=3, key=KEY)
        assert verify_record(folder, KEY).ok
        assert json.loads(lines(folder)[-1])["run"] == "r3"


def test_an_empty_record_takes_any_key(folder: Path) -> None:
    opened(folder).__exit__()
    assert (folder / "audit.head").read_bytes() == head_text(START, PLAIN)
    assert verify_record(folder, KEY).ok
    fill(folder, 1, key=KEY)
    assert verify_record(folder, KEY) == Verification(2, None, "", ())


# --- several files


def test_several_files_form_a_single_record(folder: Path) -> None:
    fill(folder, 9, max_bytes=600)
    names = list(files(folder))
    assert names == ["audit-000000000001.jsonl", "audit-000000000004.jsonl", "audit.head", "audit.jsonl"]
    assert verify_record(folder) == Verification(9, None, "", ())


def without(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda record_files: {other: text for other, text in record_files.items() if other != name}


def renamed(old: str, new: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda record_files: {new if name == old else name: text for name, text in record_files.items()}


FIRST_FILE, SECOND_FILE = "audit-000000000001.jsonl", "audit-000000000004.jsonl"
MOVED = {
    "first removed": (without(FIRST_FILE), SECOND_FILE, 1, "the file that begins with record 1 belongs here"),
    "second removed": (without(SECOND_FILE), "audit.jsonl", 4, "record 4 belongs here, found record 7"),
    "all closed removed": (
        lambda record_files: {name: record_files[name] for name in ("audit.jsonl", "audit.head")},
        "audit.jsonl",
        1,
        "record 1 belongs here, found record 7",
    ),
    "swapped": (
        lambda record_files: {
            **record_files,
            FIRST_FILE: record_files[SECOND_FILE],
            SECOND_FILE: record_files[FIRST_FILE],
        },
        FIRST_FILE,
        1,
        "record 1 belongs here, found record 4",
    ),
    "renamed": (renamed(SECOND_FILE, "audit-000000000005.jsonl"), "audit-000000000005.jsonl", 4, "removed or renamed"),
    "added": (
        lambda record_files: {**record_files, "audit-000000000007.jsonl": b""},
        "audit-000000000007.jsonl",
        7,
        "this closed file has no whole record",
    ),
    "longer": (
        lambda record_files: {**record_files, FIRST_FILE: record_files[FIRST_FILE] + b"x"},
        FIRST_FILE,
        4,
        "this is not a whole record",
    ),
    "shorter": (
        lambda record_files: {**record_files, FIRST_FILE: record_files[FIRST_FILE][:-1]},
        FIRST_FILE,
        3,
        "this is not a whole record",
    ),
}


@pytest.mark.parametrize("name", MOVED)
@pytest.mark.parametrize("key", ["", KEY])
def test_a_missing_moved_or_changed_file_is_found(folder: Path, name: str, key: str) -> None:
    change, file, seq, reason = MOVED[name]
    fill(folder, 8 - bool(key), key=key, max_bytes=660)
    record_files = files(folder)
    assert list(record_files) == [FIRST_FILE, SECOND_FILE, "audit.head", "audit.jsonl"]
    put_back(folder, change(record_files))
    bad = verify_record(folder, key).first_bad
    assert bad
    assert (bad.file, bad.seq) == (file, seq)
    assert reason in bad.reason


def test_the_growing_file_removed_is_found_by_the_head(folder: Path) -> None:
    fill(folder, 8, max_bytes=660)
    put_back(folder, without("audit.jsonl")(files(folder)))
    assert "the head names 8 records, the record has 6" in verify_record(folder).head_problem
    with pytest.raises(RecordBrokenError):
        opened(folder)


# --- any byte, over several files, with a key that changes


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("sealed") / "account"
    fill(folder, 3, max_bytes=700)
    rekey(folder, now=clock, key=OTHER)
    fill(folder, 3, start=4, key=OTHER, max_bytes=700)
    rekey(folder, now=clock, key=KEY)
    fill(folder, 4, start=7, key=KEY, max_bytes=700)
    record_files = files(folder)
    assert len(record_files) > 4
    assert verify_record(folder, KEY).ok
    return folder, record_files


@given(data=st.data())
def test_any_changed_byte_is_found(sealed: tuple[Path, dict[str, bytes]], data: st.DataObject) -> None:
    folder, record_files = sealed
    name = data.draw(st.sampled_from(sorted(record_files)))
    good = record_files[name]
    place = data.draw(st.integers(0, len(good) - 1))
    byte = (good[place] + data.draw(st.integers(1, 255))) % 256
    put_back(folder, {**record_files, name: good[:place] + bytes([byte]) + good[place + 1 :]})
    assert not verify_record(folder, KEY).ok


@given(data=st.data())
def test_any_removed_or_inserted_piece_is_found(sealed: tuple[Path, dict[str, bytes]], data: st.DataObject) -> None:
    folder, record_files = sealed
    name = data.draw(st.sampled_from(sorted(record_files)))
    good = record_files[name]
    start = data.draw(st.integers(0, len(good) - 1))
    end = data.draw(st.integers(start + 1, len(good)))
    put_back(folder, {**record_files, name: good[:start] + good[end:]})
    assert not verify_record(folder, KEY).ok
    piece = data.draw(st.binary(min_size=1, max_size=400))
    put_back(folder, {**record_files, name: good[:start] + piece + good[start:]})
    result = verify_record(folder, KEY)
    is_behind_the_end = name == "audit.jsonl" and start == len(good) - 1 and piece.startswith(b"\n")
    last = json.loads(record_files["audit.jsonl"].splitlines()[-1])["seq"]
    if is_behind_the_end and may_be_torn(piece[1:] + b"\n", last):  # a crash may leave this, but never without a notice
        assert "unfinished append" in result.notices[0]
    else:
        assert not result.ok
