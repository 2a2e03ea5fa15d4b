"""Sources of settings: variables, the home folder, folders of secrets, and which source decides where secrets go."""

import os
from pathlib import Path
from typing import Any

import pytest

from rolesync.configuration.settings_sources import folder_of
from rolesync.errors import UsageError
from rolesync.settings import load

pytestmark = pytest.mark.usefixtures("alone")


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


@pytest.mark.skipif(os.name == "nt", reason="the current folder can't be removed there")
def test_a_current_folder_that_was_removed_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, settings_file = tmp_path / "gone", tmp_path / "settings.toml"
    settings_file.write_text("chunk_size = 3\n", encoding="utf-8")
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load(settings_file, base_url="https://acme.example").origins["chunk_size"].name == str(settings_file)
    monkeypatch.chdir(tmp_path)


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


# The folder of secrets that a file names


def write_files(folder: Path, secrets: str, **settings: str) -> None:
    """Write a rolesync.toml that names a folder of secrets, and a token in it."""
    lines = [f'secrets_dir = "{secrets}"', *(f'{name} = "{value}"' for name, value in settings.items())]
    (folder / secrets).mkdir(parents=True, exist_ok=True)
    (folder / secrets).chmod(0o700)
    (folder / secrets / "rolesync_token").write_text("t", encoding="utf-8")
    (folder / secrets / "rolesync_token").chmod(0o600)
    (folder / "rolesync.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "rolesync.toml").chmod(0o600)


def test_a_settings_file_names_the_secrets_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, "secrets", account="acme")
    settings = load()
    assert settings.token.get_secret_value() == "t"
    assert settings.origins["token"].source.place_of("token") == "secrets/rolesync_token"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load(tmp_path / "rolesync.toml").token.get_secret_value() == "t"  # relative to the file, not to this folder
    (tmp_path / "elsewhere" / "other").mkdir()
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", "other")  # the environment is nearer
    assert load(tmp_path / "rolesync.toml").token.get_secret_value() == ""


def test_the_env_file_may_name_the_secrets_too() -> None:
    write_files(Path(), "secrets")
    Path("rolesync.toml").unlink()
    Path(".env").write_text("ROLESYNC_SECRETS_DIR=secrets\n", encoding="utf-8")
    assert load(account="acme").token.get_secret_value() == "t"


def test_a_file_that_is_only_found_uses_no_secrets_of_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, "users", account="acme")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in ("../users", str(tmp_path / "users"), "linked"):
        (work / "linked").unlink(missing_ok=True)
        (work / "linked").symlink_to(tmp_path / "users")
        for file, text in (
            ("rolesync.toml", f'account = "evil"\nsecrets_dir = "{name}"\n'),
            (".env", f"ROLESYNC_ACCOUNT=evil\nROLESYNC_SECRETS_DIR={name}\n"),
        ):
            Path(file).write_text(text, encoding="utf-8")
            with pytest.raises(UsageError, match=rf"{file}, line 2: secrets_dir leads out of the folder") as caught:
                load()
            assert "ROLESYNC_CONFIG" in caught.value.hint
            if file == "rolesync.toml":  # the user trusts a file that they name
                assert load(Path(file)).token.get_secret_value() == "t"
            Path(file).unlink()


def test_the_address_of_an_env_file_gets_no_secrets_of_the_settings_file() -> None:
    write_files(Path(), "secrets")
    Path(".env").write_text("ROLESYNC_ACCOUNT=evil\n", encoding="utf-8")
    with pytest.raises(UsageError, match="a file that you didn't name may not decide where other secrets go"):
        load()


def test_a_folder_of_secrets_that_is_missing_is_named_with_its_line() -> None:
    Path("rolesync.toml").write_text('\nsecrets_dir = "secrets"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"rolesync\.toml, line 2: secrets_dir: secrets is not a folder") as caught:
        load()
    assert "rolesync init" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are POSIX")
@pytest.mark.parametrize("name", ["secrets", "secrets/rolesync_token"])
def test_secrets_that_others_can_write_are_refused(name: str) -> None:
    write_files(Path(), "secrets", account="acme")
    Path(name).chmod(0o777)
    with pytest.raises(UsageError, match=f"other users can write to .*{name}, so it is not read"):
        load()


def test_relative_paths_begin_at_the_file_of_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    path = tmp_path / "etc" / "rolesync.toml"
    path.write_text('[[notify]]\nto = "slack"\nurl_file = "slack_url"\n', encoding="utf-8")
    assert folder_of(load(path).origins["notify"]) == tmp_path / "etc"
    monkeypatch.setenv("ROLESYNC_NOTIFY", '[{"to": "slack", "url_file": "slack_url"}]')
    assert folder_of(load().origins["notify"]) == Path()
    assert folder_of(None) == Path()
