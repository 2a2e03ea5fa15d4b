"""What settings need of this machine: variables, the home folder, and which addresses are its own."""

import os
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.settings import load
from rolesync.settings_sources import is_loopback


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, with nothing of ours in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("ROLESYNC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_a_user_without_a_home_folder_is_told_to_name_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user of a container without a home
    with pytest.raises(UsageError, match="the home folder of this user is not known") as caught:
        load()
    assert "ROLESYNC_STATE_DIR" in caught.value.hint
    assert load(state_dir=tmp_path).state_dir == tmp_path


@pytest.mark.parametrize(("host", "loopback"), [("localhost", True), ("127.0.0.2", True), ("::1", True), ("a", False)])
def test_only_addresses_of_this_machine_are_loopback(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback
