import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.model.lists import ListForm
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Mode
from rolesync.settings import Settings, load

pytestmark = pytest.mark.usefixtures("alone")


def refused(**overrides: Any) -> str:
    with pytest.raises(UsageError) as caught:
        load(**overrides)
    return caught.value.message


def test_the_nearest_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", str(secrets))
    assert load().chunk_size == 50

    (secrets / "rolesync_chunk_size").write_text("1\n")
    assert load().chunk_size == 1
    Path("rolesync.toml").write_text("chunk_size = 2\n")
    assert load().chunk_size == 2
    Path(".env").write_text("ROLESYNC_CHUNK_SIZE=3\n")
    assert load().chunk_size == 3
    monkeypatch.setenv("ROLESYNC_CHUNK_SIZE", "4")
    assert load().chunk_size == 4
    assert load(chunk_size=5).chunk_size == 5


def test_a_settings_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "other.toml"
    named.write_text('managed_roles = ["Teacher"]\n')
    assert load(named).managed_roles == ("Teacher",)
    monkeypatch.setenv("ROLESYNC_CONFIG", str(named))
    assert load().managed_roles == ("Teacher",)
    monkeypatch.setenv("ROLESYNC_CONFIG", str(tmp_path / "missing.toml"))
    assert "missing.toml is not a file" in refused()


def test_an_unknown_key_is_an_error_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = "ROLESYNC_MAX_REMOVAL"
    meant = "did you mean max_removals or max_removals_share?"
    Path(".env").write_text(f"OTHER_PROGRAM=1\n{variable}=3\n")
    assert f".env, line 2: unknown setting '{variable}': did you mean ROLESYNC_MAX_REMOVALS or" in refused()
    Path(".env").write_text("OTHER_PROGRAM=1\n")
    assert load().max_removals == 50

    Path("rolesync.toml").write_text("\nmax_removal = 3\n")
    assert refused() == f"settings: rolesync.toml, line 2: unknown setting 'max_removal': {meant}"
    Path("rolesync.toml").unlink()

    monkeypatch.setenv(variable, "3")
    assert f"unknown setting in the environment: '{variable}': did you mean ROLESYNC_MAX_REMOVALS" in refused()
    monkeypatch.delenv(variable)
    assert refused(max_removal=3) == f"settings: unknown setting 'max_removal': {meant}"

    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "rolesync_tokn").write_text("t")
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", str(secrets))
    assert refused() == "settings: secrets/rolesync_tokn: unknown setting 'tokn': did you mean token?"


def test_lists_are_json_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_MANAGED_ROLES", json.dumps(["Admin", "Caption, editor"]))
    assert load().managed_roles == ("Admin", "Caption, editor")
    monkeypatch.setenv("ROLESYNC_MANAGED_ROLES", "Admin")
    assert "ROLESYNC_MANAGED_ROLES in the environment must be a list in JSON, e.g." in refused()
    monkeypatch.setenv("ROLESYNC_MANAGED_ROLES", '["Admin"')
    assert "ROLESYNC_MANAGED_ROLES in the environment is not valid JSON" in refused()


def test_aliases_are_json_in_the_environment_and_a_table_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().role_aliases == {}
    monkeypatch.setenv("ROLESYNC_ROLE_ALIASES", '{"Boss": "Admin"}')
    assert load().role_aliases == {"Boss": "Admin"}
    monkeypatch.delenv("ROLESYNC_ROLE_ALIASES")
    Path("rolesync.toml").write_text('[role_aliases]\n"Media, head of" = "Admin"\n')
    assert load().role_aliases == {"Media, head of": "Admin"}


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ({"": "Admin"}, "two names"),
        ({" Boss": "Admin"}, "two names"),
        ({"Boss": ""}, "two names"),
        ({"Boss": "Admin "}, "two names"),
        ({"Admin": "Teacher"}, "managed role 'Admin'"),
        ({"Boss": "Chief", "Chief": "Admin"}, "an alias itself"),
    ],
)
def test_aliases_that_make_no_sense(aliases: dict[str, str], message: str) -> None:
    assert message in refused(role_aliases=aliases)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"max_removals_share": 1.5}, "max_removals_share"),
        ({"max_removals_share": -0.1}, "max_removals_share"),
        ({"max_removals": -1}, "max_removals"),
        ({"chunk_size": 0}, "chunk_size"),
        ({"concurrency": 0}, "concurrency"),
        ({"requests_per_second": 0}, "requests_per_second"),
        ({"timeout": 0}, "timeout"),
        ({"mode": "both"}, "mode"),
        ({"managed_roles": []}, "at least one role"),
        ({"managed_roles": ["Admin "]}, "without blanks"),
        ({"managed_roles": ["Admin", "Admin"]}, "names a role twice"),
        ({"managed_roles": ["M\u00e9dia", "Me\u0301dia"]}, "names a role twice"),
        ({"account": "acme.instructuremedia.com"}, "single word"),
        ({"account": "acme", "base_url": "https://acme.instructuremedia.com"}, "account and base_url are both set"),
        ({"base_url": "acme"}, "must look like"),
        ({"base_url": "ftp://acme.example"}, "must look like"),
        ({"base_url": "https://user:pass@acme.example"}, "must look like"),
        ({"base_url": "https://acme.example/elsewhere"}, "no path"),
        ({"base_url": "http://acme.example"}, "unencrypted"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "unencrypted"),
        ({"log_level": "loud"}, "log_level"),
        ({"token": "t", "client_id": "k", "client_secret": "s"}, "token and client_id are both set"),
        ({"client_id": "k"}, "client_id is set without client_secret"),
        ({"redirect_uri": "http://studio.example.edu/"}, "redirect_uri must be the https:// address"),
        ({"redirect_uri": "https://localhost/back"}, "not an address of this machine"),
        ({"redirect_uri": "https://127.0.0.1/back"}, "not an address of this machine"),
        ({"redirect_uri": "https://studio.example.edu/?code=abc"}, "redirect_uri must be the one of the developer key"),
        ({"redirect_uri": "studio"}, "redirect_uri must be the https:// address"),
    ],
)
def test_values_that_make_no_sense_are_named(overrides: dict[str, Any], message: str) -> None:
    assert message in refused(**overrides)


def test_all_mistakes_are_named_at_once() -> None:
    message = refused(chunk_size=0, timeout=-1)
    assert "chunk_size" in message
    assert "timeout" in message


@pytest.mark.parametrize(
    ("overrides", "studio"),
    [
        ({"account": "Acme"}, "https://acme.instructuremedia.com"),
        ({"base_url": "https://Acme.example/"}, "https://acme.example"),
        ({"base_url": "https://acme.example/api/public/v1"}, "https://acme.example"),
        ({"base_url": "http://127.0.0.1:8765"}, "http://127.0.0.1:8765"),
        ({"base_url": "http://localhost:1"}, "http://localhost:1"),
        ({"base_url": "http://[::1]:1"}, "http://[::1]:1"),
    ],
)
def test_which_studio(overrides: dict[str, Any], studio: str) -> None:
    settings = load(**overrides)
    assert settings.studio == studio
    assert settings.account_dir.parent == settings.state_dir
    assert ":" not in settings.account_dir.name


def test_no_studio_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no Studio is set"):
        _ = load().studio


def test_secrets_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_TOKEN", "s3cret")
    settings = load(account="acme")
    assert settings.token.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "s3cret" not in refused(token=["s3cret"])
    monkeypatch.delenv("ROLESYNC_TOKEN")
    key = load(client_id="k", client_secret="s3cret", refresh_token="s3cret")
    assert key.refresh_token.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{key!r} {key} {key.model_dump_json()}"
    assert "s3cret" not in refused(client_id="k", client_secret="s3cret", refresh_token="s3cret", token="s3cret")


def test_broken_files_are_named_without_a_traceback() -> None:
    for text, message in {
        b"a = 1\nchunk_size = \n": "settings: rolesync.toml, line 2, column 14: this is not TOML: Invalid value",
        b"owner = you@example.edu\n": "line 1, column 9: this is not TOML",
        b"chunk_size = 1\nchunk_size = 2\n": "line 2, column 15: chunk_size is set twice",
        b'mode = "sync"\nowner = "J\xf6rg"\n': "line 2 is not UTF-8",
        b'mode = "sy': "this is not TOML",
    }.items():
        Path("rolesync.toml").write_bytes(text)
        assert message in refused()


def test_the_policy_holds_what_a_plan_is_bound_to() -> None:
    policy = load(mode="additive", owner="a@example.edu", min_holders=2).policy
    assert (policy.mode, policy.owner, policy.min_holders) == (Mode.ADDITIVE, "a@example.edu", 2)


@pytest.mark.parametrize("name", ["owner", "protected_users"])
@pytest.mark.parametrize(
    "entry", ["greg.stone", "greg stone@example.edu", "0", "#7", "*@", "*@*", "*.edu", "p@*.edu", "g*@x.edu"]
)
def test_a_user_who_is_named_by_neither_address_nor_id_is_refused(name: str, entry: str) -> None:
    message = refused(**{name: entry if name == "owner" else ["7", entry]})
    assert message.startswith(f"settings: {name}")
    assert entry in message


def test_users_are_named_by_address_id_or_domain() -> None:
    settings = load(owner=" Ann@Example.EDU ", protected_users=["7", "Bo <BO@example.edu>", "*@Vendor.example"])
    assert settings.owner == "ann@example.edu"
    assert settings.protected_users == ("7", "bo@example.edu", "*@vendor.example")
    assert load(owner=" ").owner == ""
    assert "owner" in refused(owner="*@example.edu")
    assert "an empty entry names no user" in refused(protected_users=[""])


def test_users_are_named_by_login_only_where_logins_are_allowed() -> None:
    settings = load(login_identities=True, owner="NBergmann2", protected_users=["nbergmann3", "7"])
    assert (settings.owner, settings.protected_users) == ("nbergmann2", ("nbergmann3", "7"))
    assert "Ann Smith" in refused(login_identities=True, owner="Ann Smith")


@pytest.mark.parametrize("kind", [Policy, ListForm])
def test_every_field_of_policy_and_list_form_comes_from_its_setting(kind: type[Policy] | type[ListForm]) -> None:
    changed: dict[str, Any] = {
        "managed_roles": ["Teacher"],
        "role_aliases": {"Boss": "Teacher"},
        "mode": "additive",
        "bad_rows": "hold",
        **dict.fromkeys(("login_identities", "no_header", "no_user_id"), True),
        "keep": {"Status": ["Active"]},
        "leave_out": {"Status": ["Left"]},
        "ignore_columns": ["Suspended"],
        "hold_removals": True,
        "protected_users": ["7"],
        "max_removals_share": 0.125,
        "max_shrink_share": 0.375,
        "owner": "8",
        "encoding": "windows-1252",
        **dict.fromkeys(("sheet", "email_column", "user_id_column", "role_column"), "x"),
        **dict.fromkeys(
            ("header_row", "max_removals", "min_holders", "max_age_hours", "grace_runs", "repeat_runs"), 17
        ),
        "chunk_size": 17,
    }
    settings, defaults = load(**changed), kind()
    part = settings.policy if kind is Policy else settings.list_form
    for field in fields(kind):
        value = getattr(part, field.name)
        assert value != getattr(defaults, field.name), field.name
        assert field.name == "hold_bad_rows" or value == getattr(settings, field.name)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_a_folder_of_secrets_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", str(tmp_path / "missing"))
    assert "missing is not a folder" in refused()


def test_a_source_that_cannot_be_looked_at_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "x" * 300  # raises as a folder of another user does, even for root
    with pytest.raises(UsageError, match=f"settings: {path} can't be read: File name too long"):
        load(Path(path))
    monkeypatch.setenv("ROLESYNC_SECRETS_DIR", path)
    assert f"{path} can't be read" in refused()


def test_a_key_that_can_be_guessed_is_refused_without_being_shown() -> None:
    message = refused(audit_key="hunter2")
    assert "audit_key needs at least 16 characters" in message
    assert "hunter2" not in message
    key = "0123456789abcdef"
    assert load(audit_key=key).audit_key.get_secret_value() == key
    assert key not in repr(load(audit_key=key))
    assert load().audit_key.get_secret_value() == ""
    assert "audit_max_mb" in refused(audit_max_mb=0)


def test_the_user_is_the_operator_or_whoever_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "lu")
    assert load().user == "lu"
    assert load(operator=" Mia ").user == "Mia"

    def nameless() -> str:
        raise OSError("no user name")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert load().user == ""
