import io
import sys
from pathlib import Path

import pytest

from rolesync.cli.options import load_settings
from rolesync.cli.output import save_file
from rolesync.errors import UsageError


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_settings_of_the_command_line_override_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_CHUNK_SIZE", "3")
    settings = load_settings(None, ["chunk_size=4", 'managed_roles=["A=B", "C"]', "owner=a=b@x.edu"])
    assert settings.chunk_size == 4
    assert settings.managed_roles == ("A=B", "C")
    assert settings.owner == "a=b@x.edu"


def test_an_option_that_is_absent_overrides_nothing() -> None:
    assert load_settings(None, None, mode=None).mode == "sync"
    assert load_settings(None, None, mode="additive").mode == "additive"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("chunk_size", "no '='"),
        ("chunk_sise=1", "chunk_sise is no setting"),
        ("managed_roles=[Admin]", "not JSON"),
        ("role_aliases={Boss: Admin}", "not JSON"),
    ],
)
def test_a_wrong_assignment_is_wrong_usage(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_settings(None, [assignment])


def test_a_setting_that_is_set_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        load_settings(None, ["chunk_size=1", "chunk_size=2"])
    with pytest.raises(UsageError, match="twice"):
        load_settings(None, ["mode=sync"], mode="additive")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    save_file("first", target, "the plan")
    save_file(b"second", target, "the plan")
    assert target.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    with pytest.raises(UsageError, match="can't be written"):
        save_file("x", tmp_path / "missing" / "plan.json", "the plan")


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("list.csv", "Zoë", b"\xef\xbb\xbfZo\xc3\xab"),
        ("list.CSV", "Zoë", b"\xef\xbb\xbfZo\xc3\xab"),
        ("list.csv", "Zoe", b"Zoe"),
        ("plan.md", "Zoë", b"Zo\xc3\xab"),
    ],
)
def test_letters_outside_ascii_survive_a_spreadsheet(tmp_path: Path, name: str, text: str, written: bytes) -> None:
    save_file(text, tmp_path / name, "the list")
    assert (tmp_path / name).read_bytes() == written


def test_a_minus_is_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    save_file("text", Path("-"), "the list")
    assert stream.buffer.getvalue() == b"text"
