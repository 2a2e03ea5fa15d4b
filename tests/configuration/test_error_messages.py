"""Errors in settings: their place, and words that say what a value must be."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from rolesync.configuration.error_messages import Kind, Source, toml_value
from rolesync.errors import UsageError
from rolesync.settings import Settings, load

pytestmark = pytest.mark.usefixtures("alone")


def refused(**overrides: Any) -> str:
    with pytest.raises(UsageError) as caught:
        load(**overrides)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('managed_roles = "Admin"', 'managed_roles must be a list, e.g. managed_roles = ["Admin"]'),
        ("managed_roles = [1]", "managed_roles, entry 1, must be text"),
        ("role_aliases = []", 'role_aliases must be a table, e.g. role_aliases = {"Media boss" = "Admin"}'),
        ('keep = {Status = "Active"}', "keep, 'Status', must be a list"),
        ("owner = 1007", 'owner must be text, in quotes: owner = "1007"'),
        ("token = 1007", "token must be text"),
        ("chunk_size = 0", "chunk_size must be a whole number of at least 1, not 0"),
        ("chunk_size = 2.5", "chunk_size must be a whole number of at least 1, not 2.5"),
        ("concurrency = 100", "concurrency must be a whole number from 1 to 64, not 100"),
        ('timeout = "soon"', 'timeout must be a number greater than 0, not "soon"'),
        ("max_age_hours = 0", "max_age_hours must be a number greater than 0, not 0"),
        ("max_removals_share = 30", "max_removals_share must be a number from 0 to 1, not 30; 30 % is 0.3"),
        ('max_removals_share = "30%"', 'max_removals_share must be a number from 0 to 1, not "30%"; 30 % is 0.3'),
        ("hold_removals = 2", "hold_removals must be true or false, not 2"),
        ('mode = "additiv"', 'mode must be sync or additive, not "additiv": did you mean additive?'),
        ('log_level = "loud"', 'log_level must be debug or info or warning or error, not "loud"'),
        ("state_dir = 5", 'state_dir must be text, in quotes: state_dir = "5"'),
        (
            '[rolesync]\nowner = "7"',
            "unknown setting 'rolesync': write owner at the top of the file, not in [rolesync]",
        ),
        ('quite_another = "x"', "unknown setting 'quite_another'"),
        ("notify = 5", 'notify must be a list, e.g. notify = [{"to" = "slack", "url_file" = "secrets/slack_url"}]'),
        ("notify = [5]", "notify, table 1, must be a table"),
        ('[[notify]]\nurl_file = "a"', "notify, table 1, needs the key to"),
        ('[[notify]]\nto = "slack"', "notify, table 1, needs url_file, because it is to slack"),
    ],
)
def test_a_wrong_value_is_described_with_its_line(text: str, problem: str) -> None:
    Path("rolesync.toml").write_text(f"# first\n\n{text}\n", encoding="utf-8")
    assert refused() == f"settings: rolesync.toml, line 3: {problem}"


def test_a_setting_below_the_line_of_a_table_is_no_entry_of_it() -> None:
    Path("rolesync.toml").write_text('[role_aliases]\nBoss = "Admin"\nmax_removals = 3\n', encoding="utf-8")
    message = "role_aliases, 'max_removals', is a setting, but below the line [role_aliases]: move it above that line"
    assert refused() == f"settings: rolesync.toml, line 3: {message}"


@pytest.mark.parametrize("name", Settings.model_fields)
@pytest.mark.parametrize("kind", Kind)
def test_no_wrong_type_of_any_setting_is_described_in_words_of_the_library(
    name: str, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides: dict[str, Any] = {}
    variable = f"ROLESYNC_{name}".upper()
    if kind is Kind.TOML:
        Path("rolesync.toml").write_text(f"{name} = 1979-05-27T07:32:00Z", encoding="utf-8")
    elif kind is Kind.OPTION:
        overrides[name] = object()
    elif kind is Kind.DOTENV:
        Path(".env").write_text(f"{variable}=[no, json", encoding="utf-8")
    elif kind is Kind.VARIABLE:
        monkeypatch.setenv(variable, "[no, json")
    elif kind is Kind.SECRETS:
        Path("secrets").mkdir()
        Path("secrets", f"rolesync_{name}").write_text("[no, json", encoding="utf-8")
        monkeypatch.setenv("ROLESYNC_SECRETS_DIR", str(tmp_path / "secrets"))
    try:
        load(**overrides)
    except UsageError as error:
        message = error.message
        assert name in message.casefold()
        for word in ("Input should", "tuple", "dictionary", "valid string", "instance of", "unable to parse"):
            assert word not in message
        place = {Kind.TOML: "rolesync.toml, line 1", Kind.DOTENV: ".env, line 1", Kind.VARIABLE: "in the environment"}
        assert name == "secrets_dir" or place.get(kind, "") in message
        assert name == "secrets_dir" or kind is not Kind.SECRETS or f"secrets/rolesync_{name}" in message
        return
    free_text = {str, Path, Path | None}
    field = Settings.model_fields[name]
    assert kind not in {Kind.TOML, Kind.OPTION}
    assert field.annotation in free_text or "SecretStr" in str(field.annotation)


def test_settings_that_do_not_fit_each_other_are_named_with_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rolesync.toml").write_text('\naccount = "acme"\n', encoding="utf-8")
    monkeypatch.setenv("ROLESYNC_BASE_URL", "https://acme.example")
    message = refused()
    assert "account and base_url are both set: set only one of them" in message
    assert "account: rolesync.toml, line 2" in message
    assert "base_url: ROLESYNC_BASE_URL in the environment" in message


def test_a_variable_that_is_set_twice_is_refused() -> None:
    Path(".env").write_text("ROLESYNC_MODE=sync\n# x\nexport rolesync_mode=additive\n", encoding="utf-8")
    assert refused() == "settings: .env sets ROLESYNC_MODE 2 times, in the lines 1, 3"


def test_a_source_that_has_gone_since_has_no_line(tmp_path: Path) -> None:
    assert Source(Kind.TOML, "ROLESYNC_", tmp_path / "gone.toml").line_of("owner") == 0


@pytest.mark.parametrize("value", ['a"b\\', "caf\u00e9\x7f\n", ["x", "y"], {"Media boss": "Admin"}, True, 2.5, 7])
def test_toml_values_read_back(value: object) -> None:
    assert tomllib.loads(f"key = {toml_value(value)}")["key"] == value
    assert toml_value(Path("a/b")) == '"a/b"'


def test_a_wrong_key_of_a_table_is_named_with_the_line_of_the_key() -> None:
    text = """[[notify]]
to = "command"
command = ["true"]

[[notify]]
to = "slack"
on = ["failed", "chnaged"]
url_fil = "a"
repeat_hours = -1
url_file = 7
"""
    Path("rolesync.toml").write_text(text, encoding="utf-8")
    assert refused() == (
        "settings: rolesync.toml, line 7: notify, table 2: on, entry 2 must be failed or blocked or incomplete or "
        'changed or recovered or waiting or always, not "chnaged": did you mean changed?; '
        "rolesync.toml, line 9: notify, table 2: repeat_hours must be a number of at least 0, not -1; "
        "rolesync.toml, line 10: notify, table 2: url_file must be text; "
        "rolesync.toml, line 8: notify, table 2: unknown key 'url_fil': did you mean url_file?"
    )
