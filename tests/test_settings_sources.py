"""Sources of settings: variables, the home folder, whom files belong to, and which source decides on secrets."""

import os
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.settings import load
from rolesync.settings_sources import is_loopback

grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")


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


@pytest.mark.skipif(os.name == "nt", reason="the current folder can't be removed there")
def test_a_current_folder_that_was_removed_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, settings_file = tmp_path / "gone", tmp_path / "settings.toml"
    settings_file.write_text("chunk_size = 3\n", encoding="utf-8")
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load(settings_file, base_url="https://acme.example").origins["chunk_size"].name == str(settings_file)
    monkeypatch.chdir(tmp_path)


# Whom a file belongs to


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


# Where secrets may go


SOURCES = ("command line", "environment", ".env", "rolesync.toml", "named.toml", "secrets", "far/secrets")
NAMED = ("command line", "environment", "named.toml")


def put(source: str, name: str, value: str, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Set a setting in one source; returns what is left for the command line."""
    if source == "command line":
        return {name: value}
    if source == "environment":
        patch.setenv(f"ROLESYNC_{name.upper()}", value)
    elif source == ".env":
        with Path(".env").open("a", encoding="utf-8") as file:
            file.write(f"ROLESYNC_{name.upper()}={value}\n")
    elif source.endswith(".toml"):
        with Path(source).open("a", encoding="utf-8") as file:
            file.write(f'{name} = "{value}"\n')
        if source != "rolesync.toml":
            patch.setenv("ROLESYNC_CONFIG", source)
    else:
        secrets = source if source == "secrets" else "../far/secrets"
        Path(secrets).mkdir(exist_ok=True, parents=True)
        Path(secrets, f"rolesync_{name}").write_text(value, encoding="utf-8")
        patch.setenv("ROLESYNC_SECRETS_DIR", secrets)
    return {}


@pytest.mark.parametrize("route_source", SOURCES)
@pytest.mark.parametrize("secret_source", SOURCES)
def test_a_file_that_is_not_named_decides_only_where_its_own_secrets_go(
    secret_source: str, route_source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    sources = {secret_source, route_source}
    if sources in ({"rolesync.toml", "named.toml"}, {"secrets", "far/secrets"}):
        return  # only one of them is read
    overrides = put(secret_source, "token", "t", monkeypatch)
    overrides |= put(route_source, "base_url", "https://acme.example", monkeypatch)
    if route_source in NAMED or len(sources) == 1 or sources == {"rolesync.toml", "secrets"}:
        assert load(**overrides).studio == "https://acme.example"
        return
    with pytest.raises(UsageError, match="a file that you didn't name may not decide where other secrets go") as caught:
        load(**overrides)
    assert "token comes from " in caught.value.message
    for remedy in ("ROLESYNC_BASE_URL", "--config", "ROLESYNC_CONFIG"):
        assert remedy in caught.value.hint


def test_a_downloaded_folder_cannot_redirect_the_secrets_of_a_named_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file = tmp_path / "settings.toml"
    settings_file.write_text('token = "t"\naccount = "acme"\n', encoding="utf-8")
    (tmp_path / "downloaded").mkdir()
    monkeypatch.chdir(tmp_path / "downloaded")
    assert load(settings_file).studio == "https://acme.instructuremedia.com"
    for route in ("ROLESYNC_ACCOUNT=\nROLESYNC_BASE_URL=https://other.example", "ROLESYNC_PROXY=http://other.example"):
        Path(".env").write_text(route, encoding="utf-8")
        with pytest.raises(UsageError, match=r"from .*\.env: a file that you didn't name"):
            load(settings_file)


@pytest.mark.parametrize("link", ["secrets", "secrets/rolesync_token"])
def test_a_link_does_not_make_a_secret_belong_to_the_folder(
    link: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "users" / link
    target.parent.mkdir(parents=True)
    (tmp_path / "downloaded" / link).parent.mkdir(parents=True)
    (tmp_path / "downloaded" / link).symlink_to(target)
    monkeypatch.chdir(tmp_path / "users")
    put("secrets", "token", "t", monkeypatch)
    monkeypatch.chdir(tmp_path / "downloaded")
    put("rolesync.toml", "base_url", "https://other.example", monkeypatch)
    refusals = r"may not decide where other secrets go|SecretsSettingsSource"  # the library may refuse the link
    with pytest.raises(UsageError, match=refusals):
        load()


@pytest.mark.parametrize("secret", ["token", "client_secret", "refresh_token"])
@pytest.mark.parametrize("route", ["account", "base_url", "proxy", "ca_bundle"])
def test_every_secret_and_every_route_counts(secret: str, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put("environment", secret, "s", monkeypatch)
    value = {"base_url": "https://acme.example"}.get(route, "acme")
    put("rolesync.toml", route, value, monkeypatch)
    with pytest.raises(UsageError, match=f"{secret} comes from the environment, but {route} from .*rolesync.toml"):
        load()
    put("environment", route, value, monkeypatch)
    load()
    monkeypatch.delenv(f"ROLESYNC_{secret.upper()}")
    monkeypatch.delenv(f"ROLESYNC_{route.upper()}")
    assert load().origins[route].name == str(Path("rolesync.toml").absolute())


def test_an_empty_value_is_no_secret_and_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    put("environment", "token", "", monkeypatch)
    put("rolesync.toml", "base_url", "https://acme.example", monkeypatch)
    load()
    put("environment", "token", "t", monkeypatch)
    put("environment", "base_url", "", monkeypatch)
    put("rolesync.toml", "account", "", monkeypatch)
    load()
