"""Which files may decide where which secret goes; with the sources themselves in `test_settings_sources.py`."""

from pathlib import Path

import pytest

from rolesync.configuration.routes import ROUTES, SECRETS
from rolesync.errors import UsageError
from rolesync.settings import load

pytestmark = pytest.mark.usefixtures("alone")


VALUES = {
    "list": '"https://other.example/roles.csv"',
    "list_hosts": '["other.example"]',
    "list_known_hosts": '"known"',
    "proxy": '"http://other.example"',
    "ca_bundle": '"other.pem"',
}


@pytest.mark.parametrize("secret", ["list_secret", "list_headers"])
@pytest.mark.parametrize("route", VALUES)
def test_a_file_that_is_only_found_decides_not_where_secrets_of_lists_go(
    secret: str, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert route in ROUTES[secret]
    monkeypatch.setenv(f"ROLESYNC_{secret.upper()}", "s3cret")
    Path("rolesync.toml").write_text(f"{route} = {VALUES[route]}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=f"{secret} comes from the environment, but {route} from"):
        load()
    load(Path("rolesync.toml"))
    if route == "list":  # a command that names its list decides itself
        load(list="roles.csv")


def test_the_token_goes_to_studio_whatever_the_list_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_TOKEN", "t")
    Path("rolesync.toml").write_text(f"list = {VALUES['list']}\n", encoding="utf-8")
    assert load().list == "https://other.example/roles.csv"
    assert {"token", "list_secret"} <= set(SECRETS)


STORE = "az://lists/roles.csv?endpoint=https://other.example"


def test_a_file_that_is_only_found_decides_not_where_the_secrets_of_a_store_go(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path = tmp_path_factory.mktemp("secrets")
    file = Path("rolesync.toml")
    file.write_text(f'list = "{STORE}"\n', encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"list from .* names the endpoint of a store, and its secrets may come from else"
    ):
        load()
    assert load(file).list == STORE
    file.write_text(f'list = "{STORE.replace("endpoint", "%65ndpoint")}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="names the endpoint of a store"):
        load()
    assert load(list="roles.csv").list == "roles.csv"
    for harmless in ("az://lists/roles.csv", f"{STORE}&public=yes", STORE.replace("az:", "gdrive:")):
        file.write_text(f'list = "{harmless}"\n', encoding="utf-8")
        assert load().list == harmless
    file.unlink()
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", str(tmp_path))
    (tmp_path / "rolesync_list").write_text(STORE, encoding="utf-8")
    assert load().list == STORE
    monkeypatch.setenv("ROLESYNC_LIST", f"{STORE}&x=1")
    assert load().list == f"{STORE}&x=1"
