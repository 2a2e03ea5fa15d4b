"""Files are read as far as a limit, and nothing is read that may never end."""

import io
import os
import re
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from rolesync.tables.regular_file import is_standard_input, missing_file_hint, read_regular, same_sha256

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes in folders are POSIX")


def test_a_file_is_read_with_the_time_of_its_last_change(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"content")
    os.utime(path, (1, 86_400))
    assert read_regular(path, 100) == (b"content", 86_400)
    assert read_regular(path, 3) == (b"cont", 86_400)


def test_what_may_never_end_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, kind in ((pipe, "a named pipe"), (Path("/dev/zero"), "a device"), (tmp_path, "Is a directory")):
        with pytest.raises(OSError, match=re.escape(kind)):
            read_regular(path, 10)


def test_a_pipe_that_is_open_already_is_read() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours), os.fdopen(theirs, "wb") as writer:
        writer.write(b"email,role\n")
        writer.close()
        assert read_regular(Path(f"/dev/fd/{ours}"), 100)[0] == b"email,role\n"


def test_a_file_that_is_too_large_is_not_read_to_compare_it(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"content")
    digest = sha256(b"content").hexdigest()
    assert same_sha256(path, digest, 7)
    assert not same_sha256(path, sha256(b"other").hexdigest(), 7)
    assert not same_sha256(path, digest, 6)
    with path.open("r+b") as file:
        file.truncate(20 * 2**30)  # sparse: to read it would take a minute
    assert not same_sha256(path, digest, 2**29)


def test_a_hyphen_is_standard_input_as_far_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"email,role\n")))
    assert read_regular(Path("-"), 4)[0] == b"email"
    assert all(is_standard_input(path) for path in ("-", "/dev/stdin", "/dev/fd/3"))
    assert not is_standard_input("roles-.csv")


def test_a_missing_file_may_be_one_of_a_similar_name(tmp_path: Path) -> None:
    for name in ("roles.csv", "rules.txt", "plan.json"):
        (tmp_path / name).touch()
    (tmp_path / "roles.cvs.d").mkdir()
    assert missing_file_hint(tmp_path / "roles.cvs") == f"did you mean {tmp_path / 'roles.csv'}?"
    assert missing_file_hint(tmp_path / "staff.xlsx") == "check the name and the folder"
    assert missing_file_hint(tmp_path / "none" / "roles.csv", "make it") == "make it"
