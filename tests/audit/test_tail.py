from pathlib import Path

import pytest

from rolesync.audit.chain import hash_of
from rolesync.audit.files import RECORD, START, Position
from rolesync.audit.tail import ends_a_record, last_line, locate_end
from tests.audit.tools import fill, lines


def test_the_end_of_the_record_is_located_in_its_file(folder: Path) -> None:
    fill(folder, 3)
    record_lines = lines(folder)
    end = sum(map(len, record_lines))
    position = Position(3, hash_of(record_lines[-1]), end, 1)
    assert locate_end(folder, position) == (folder / RECORD, end)
    assert ends_a_record(folder, position)
    assert not ends_a_record(folder, position._replace(digest="0" * 64))
    assert not ends_a_record(folder, position._replace(end=end - len(record_lines[-1])))


def test_an_empty_record_ends_at_its_start_only(folder: Path) -> None:
    assert ends_a_record(folder, START)
    assert not ends_a_record(folder, START._replace(end=5))


def test_the_end_at_the_start_of_a_new_file_is_the_end_of_the_closed_one_before(folder: Path) -> None:
    fill(folder, 5, max_bytes=300)
    closed = sorted(folder.glob("audit-*.jsonl"))
    assert len(closed) > 1
    assert locate_end(folder, Position(4, "", 0, 5)) == (closed[-1], closed[-1].stat().st_size)
    assert locate_end(folder, Position(0, "", 0, 1)) is None


@pytest.mark.parametrize("length", [10, 4096, 5000, 70_000])
def test_the_last_line_is_read_however_long_it_is(tmp_path: Path, length: int) -> None:
    path = tmp_path / "file"
    line = b"x" * (length - 1) + b"\n"
    path.write_bytes(b"before\n" + line + b"remains")
    assert last_line(path, len(b"before\n") + length) == line
    assert last_line(path, len(b"before\n")) == b"before\n"
