"""The files that init writes: all of them or none, and private."""

import os
import stat
import tomllib
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from rolesync.errors import RolesyncError, UsageError
from rolesync.private_files import replace_file
from rolesync.settings import load
from rolesync.workflows import init_files
from rolesync.workflows.init_files import check_target, settings_text, write_files
from tests.workflows.tools import files

DAY = date(2026, 11, 29)


pytestmark = pytest.mark.usefixtures("alone")


def test_every_default_in_the_settings_file_is_the_programs() -> None:
    text = settings_text({"account": "acme", "owner": 'o"x'}, DAY)
    assert tomllib.loads(text) == {"account": "acme", "owner": 'o"x', "secrets_dir": "secrets"}
    Path("secrets").mkdir(mode=0o700)
    Path("rolesync.toml").write_text(settings_text({"account": "acme"}, DAY).replace("\n# max_", "\nmax_"), "utf-8")
    assert load().policy.max_removals == load(account="acme").policy.max_removals
    assert "2026-11-29" in text
    for name in ("max_removals_share", "require_approval", "state_dir"):
        assert f"\n# {name} = " in text


def test_files_are_private_whatever_the_umask_and_never_committed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        report = write_files(Path("rolesync.toml"), "", {"token": SecretStr("t")}, Path("roles.csv"), "email,role\n")
    finally:
        os.umask(before)
    for name in files(tmp_path):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert files(tmp_path)["secrets/.gitignore"] == b"*\n"
    assert len(report) == 3


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[BaseException] = []

    def fail(path: Path, content: bytes, *, mode: int) -> None:
        if path.name == "rolesync.toml" and content == b"new":
            raise failures[-1]
        replace_file(path, content, mode=mode)

    monkeypatch.setattr(init_files, "replace_file", fail)
    for failure in (OSError(28, "No space left on device", "rolesync.toml"), KeyboardInterrupt()):
        failures.append(failure)
        with pytest.raises((RolesyncError, KeyboardInterrupt)):
            write_files(Path("rolesync.toml"), "new", {"token": SecretStr("t")}, Path("roles.csv"), "x")
        assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    write_files(Path("rolesync.toml"), "old", {"token": SecretStr("t")}, None, "")
    before = files(tmp_path)
    monkeypatch.setattr(init_files, "replace_file", fail)
    failures.append(OSError(28, "No space left on device", "rolesync.toml"))
    with pytest.raises(RolesyncError, match=r"rolesync\.toml can't be written: No space left"):
        write_files(Path("rolesync.toml"), "new", {"client_secret": SecretStr("s")}, None, "")
    assert files(tmp_path) == before


def test_what_is_replaced_is_kept_under_a_name_that_nothing_reads(tmp_path: Path) -> None:
    for text, secret in (("one", "token"), ("two", "client_secret"), ("three", "client_secret")):
        write_files(Path("rolesync.toml"), text, {secret: SecretStr(text)}, None, "")
    kept = files(tmp_path)
    assert (kept["rolesync.toml.old"], kept["rolesync.toml.old.1"], kept["rolesync.toml"]) == (b"one", b"two", b"three")
    assert kept["secrets/.rolesync_token.old"] == b"one\n"
    assert kept["secrets/rolesync_client_secret"] == b"three\n"


def test_a_target_that_exists_or_has_no_folder_is_refused_before_anything_is_asked() -> None:
    check_target(Path("rolesync.toml"), force=False)
    with pytest.raises(UsageError, match="there is no folder gone"):
        check_target(Path("gone/rolesync.toml"), force=False)
    Path("secrets").mkdir()
    Path("secrets/rolesync_token").touch()
    with pytest.raises(UsageError, match="secrets/rolesync_token exists already"):
        check_target(Path("rolesync.toml"), force=False)
    check_target(Path("rolesync.toml"), force=True)
