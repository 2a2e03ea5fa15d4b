"""Whom settings files belong to."""

import os
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.settings import load

grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")


pytestmark = pytest.mark.usefixtures("alone")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are POSIX")
@pytest.mark.parametrize("name", [".env", "rolesync.toml"])
def test_a_file_that_others_can_write_or_own_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_text("", encoding="utf-8")
    path.chmod(0o644)
    load()
    for mode in (0o646, 0o664):
        path.chmod(mode)
        monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("staff", "x", gid, ["somebody"])))
        with pytest.raises(UsageError, match="other users can write") as caught:
            load()
        assert str(path) in caught.value.message
        assert "chmod go-w" in caught.value.hint
    path.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    if path.stat().st_uid:  # root's files are trusted
        with pytest.raises(UsageError, match="of another user"):
            load()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_read_only_if_it_is_named(tmp_path: Path) -> None:
    for name in (".env", "rolesync.toml"):
        path = tmp_path / name
        path.write_text("", encoding="utf-8")
        os.chown(path, 12345, 12345)
        with pytest.raises(UsageError, match=f"{path} is of another user"):
            load()
        if name == ".env":
            path.unlink()
    load(tmp_path / "rolesync.toml")
    (tmp_path / "rolesync.toml").rename(tmp_path / "ours.toml")
    os.chown(tmp_path / "ours.toml", 0, 0)
    (tmp_path / "rolesync.toml").symlink_to(tmp_path / "ours.toml")
    load()
    os.chown(tmp_path / "rolesync.toml", 12345, 12345, follow_symlinks=False)
    with pytest.raises(UsageError, match="of another user"):
        load()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are POSIX")
def test_a_group_of_one_user_is_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rolesync.toml"
    path.write_text("", encoding="utf-8")
    path.chmod(0o664)
    user = pwd.getpwuid(path.stat().st_uid)
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: grp.struct_group((user.pw_name, "x", user.pw_gid, [])))
    load()

    def unknown(_gid: int) -> None:
        raise KeyError

    monkeypatch.setattr(grp, "getgrgid", unknown)
    with pytest.raises(UsageError, match="other users can write"):
        load()
