"""Which files may decide where secrets go and to whom a run is reported; see also `test_settings_sources.py`."""

from pathlib import Path

import pytest

from rolesync.configuration.trust import ROUTES, SECRETS
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


def write(text: str, name: str = "rolesync.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


COMMAND = '# first\n[[notify]]\nto = "command"\ncommand = ["true"]\n'


SLACK = '[[notify]]\nto = "slack"\nurl_file = "{}"\n'


def test_a_found_file_starts_no_program() -> None:
    path = write(COMMAND)
    with pytest.raises(UsageError) as caught:
        load()
    assert caught.value.message == (
        "settings: rolesync.toml, line 2: notify, table 1, starts a program, "
        "and a file that you didn't name may not do so"
    )
    assert load(path).notify[0].command == ("true",)
    dotenv = """ROLESYNC_NOTIFY='[{"to": "command", "command": ["true"]}]'"""
    path.unlink()
    write(dotenv, ".env")
    with pytest.raises(UsageError, match="starts a program"):
        load()


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "link"])
def test_a_found_file_reads_no_secret_of_another_folder(tmp_path: Path, name: str) -> None:
    outside = tmp_path.parent / "secret"
    outside.write_text("s3cr3t", encoding="ascii")
    Path("link").symlink_to(outside)
    path = write(SLACK.format(name))
    with pytest.raises(UsageError, match="reads a secret of another folder"):
        load()
    assert str(load(path).notify[0].url_file) == name


def test_a_found_file_reports_no_run_with_the_secrets_of_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(f"{SLACK.format('slack_url')}")
    assert len(load().notify) == 1
    monkeypatch.setenv("ROLESYNC_TOKEN", "s3cr3t")
    with pytest.raises(UsageError, match="token comes from the environment, but notify from"):
        load()
    assert len(load(path).notify) == 1
    write('metrics_push = "http://push.example:9091"\n')
    with pytest.raises(UsageError, match="token comes from the environment, but metrics_push from"):
        load()
