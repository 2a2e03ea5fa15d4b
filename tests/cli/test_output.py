"""Files that commands save."""

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from rolesync.cli.output import save_file, show_view
from rolesync.errors import UsageError
from rolesync.report.terminal.widgets import pairs


def test_a_file_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    save_file("first", target, "the plan")
    save_file(b"second", target, "the plan")
    assert target.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    with pytest.raises(UsageError, match="can't be written"):
        save_file("x", tmp_path / "missing" / "plan.json", "the plan")


def test_a_view_in_a_pipe_has_no_blanks_at_the_ends_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    facts = pairs([("list", "roles.csv"), ("mode", "sync")])
    show_view(facts)
    show_view(facts, aside=True)
    assert capsys.readouterr() == ("  list  roles.csv\n  mode  sync\n",) * 2


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("list.csv", "Zoë", b"\xef\xbb\xbfZo\xc3\xab"),
        ("list.CSV", "Zoë", b"\xef\xbb\xbfZo\xc3\xab"),
        ("list.csv", "Zoe", b"Zoe"),
        ("plan.md", "Zoë", b"Zo\xc3\xab"),
    ],
)
def test_text_outside_ascii_gets_a_byte_order_mark_in_csv(tmp_path: Path, name: str, text: str, content: bytes) -> None:
    save_file(text, tmp_path / name, "the list")
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX")
def test_a_file_is_for_its_owner_only_unless_a_mode_is_set(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / ".plan.json.part").symlink_to(theirs)
    for mode, path in ((0o600, tmp_path / "plan.json"), (0o640, tmp_path / "shared.json")):
        save_file("text", path, "the plan", mode=mode)
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert theirs.read_text() == "theirs"


def test_a_minus_is_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    save_file("text", Path("-"), "the list")
    assert stream.buffer.getvalue() == b"text"
