"""A state folder that can't be written is refused before Studio is read."""

import errno
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.settings import Settings, load
from rolesync.workflows.state_folder import make_account_folder
from tests.command import SAMPLE, Shell


def settings_in(folder: Path) -> Settings:
    return load(from_file=False, base_url="http://127.0.0.1:1", state_dir=folder)


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "state")
    make_account_folder(settings)
    make_account_folder(settings)
    assert settings.account_dir.stat().st_mode & 0o777 == 0o700


def test_a_file_in_its_place_is_refused_by_every_command_that_writes(sh: Shell) -> None:
    (sh.folder / "file").touch()
    for command in (("plan", SAMPLE), ("sync", SAMPLE)):
        error = sh.json(*command, exit_code=64, state_dir=sh.folder / "file")["error"]
        assert error["message"].startswith("the folder of the record can't be written: ")
        assert "state_dir" in error["hint"]
    assert "Not a directory" in sh.json("who", exit_code=64, state_dir=sh.folder / "file")["error"]["message"]


def test_a_full_disk_is_no_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rolesync.workflows.state_folder.make_private_folder", fail)
    make_account_folder(settings_in(tmp_path))  # the lock and the record report it
    monkeypatch.undo()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UsageError, match="Permission denied"):
        make_account_folder(settings_in(tmp_path))
