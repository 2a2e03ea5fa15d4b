"""Every setting with its value and place, and no secret in it."""

from pathlib import Path

import pytest

from rolesync.settings import Settings, load
from rolesync.workflows.config import list_settings

pytestmark = pytest.mark.usefixtures("alone")


def test_each_setting_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secrets").mkdir(mode=0o700)
    Path("secrets", "rolesync_token").write_text("s3cret", encoding="utf-8")
    Path("rolesync.toml").write_text('# why\nsecrets_dir = "secrets"\naccount = "acme"\n', encoding="utf-8")
    Path(".env").write_text("ROLESYNC_MAX_REMOVALS=5\n", encoding="utf-8")
    monkeypatch.setenv("ROLESYNC_MODE", "additive")
    listed = {setting.name: setting for setting in list_settings(load(owner="7", chunk_size=50))}
    assert list(listed) == list(Settings.model_fields)
    changed_settings = {
        name: (listed[name].source, listed[name].place) for name in listed if listed[name].source != "default"
    }
    assert changed_settings == {
        "secrets_dir": ("toml", "rolesync.toml, line 2"),
        "account": ("toml", "rolesync.toml, line 3"),
        "max_removals": (".env", ".env, line 1"),
        "mode": ("environment", "ROLESYNC_MODE in the environment"),
        "owner": ("option", "the command line"),
        "chunk_size": ("option", "the command line"),
        "token": ("secrets", "secrets/rolesync_token"),
    }
    assert (listed["mode"].value, listed["max_removals"].value, listed["token"].value) == ("additive", 5, None)
    assert listed["token"].is_set
    changed = {name for name in listed if listed[name].is_changed}
    assert changed == changed_settings.keys() - {"chunk_size"}
    assert listed["state_dir"].value == str(load().state_dir)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://me:s3cret@proxy.example:3128", "http://***@proxy.example:3128"),
        ("me:s3cret@proxy.example", "***@proxy.example"),
        ("http:/me:s3cret@proxy.example", "***@proxy.example"),
        ("http//me:s3cret@proxy.example", "***@proxy.example"),
        ("http://me:s3@cret@proxy.example", "http://***@proxy.example"),
        ("http://proxy.example", "http://proxy.example"),
    ],
)
def test_the_password_of_a_proxy_is_not_shown(proxy: str, shown: str) -> None:
    listed = list_settings(load(token="s3cret", audit_key="s3cret" * 3, proxy=proxy))
    assert next(setting for setting in listed if setting.name == "proxy").value == shown
    assert "s3cret" not in repr(listed)


def test_the_options_of_an_address_are_not_shown() -> None:
    listed = list_settings(load(list="https://ann:s3cret@files.example.edu/roles.csv?sig=s3cret"))
    assert next(setting.value for setting in listed if setting.name == "list") == (
        "https://files.example.edu/roles.csv?…"
    )
    assert "s3cret" not in repr(listed)
