"""Settings of the command line."""

from pathlib import Path

import pytest

from rolesync.cli.options import column_settings, load_settings
from rolesync.errors import UsageError
from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell, nonzero


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_settings_of_the_command_line_override_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_CHUNK_SIZE", "3")
    settings = load_settings(None, ["chunk_size=4", 'managed_roles=["A=B", "C"]', "owner=a=b@x.edu"])
    assert settings.chunk_size == 4
    assert settings.managed_roles == ("A=B", "C")
    assert settings.owner == "a=b@x.edu"


def test_an_option_that_is_absent_overrides_nothing() -> None:
    assert load_settings(None, None, mode=None).mode == "sync"
    assert load_settings(None, None, mode="additive").mode == "additive"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("chunk_size", "no '='"),
        ("chunk_sise=1", "unknown setting 'chunk_sise': did you mean chunk_size?"),
        ("managed_roles=[Admin]", "not JSON"),
        ("role_aliases={Boss: Admin}", "not JSON"),
    ],
)
def test_a_wrong_assignment_is_wrong_usage(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_settings(None, [assignment])


def test_a_setting_that_is_set_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        load_settings(None, ["chunk_size=1", "chunk_size=2"])
    with pytest.raises(UsageError, match="twice"):
        load_settings(None, ["mode=sync"], mode="additive")


def test_an_unknown_key_of_the_settings_file_is_refused(sh: Shell, studio: Control) -> None:
    (sh.folder / "rolesync.toml").write_text("min_holder = 3\n", encoding="utf-8")
    assert (
        "unknown setting 'min_holder': did you mean min_holders?"
        in sh.json("sync", SAMPLE, exit_code=64)["error"]["message"]
    )
    assert nonzero(studio.counts()) == {}


def test_the_options_on_columns_become_settings() -> None:
    columns = column_settings(
        ["Account status=A=ctive", "Account status=", "x = y "], ["z"], no_header=True, no_user_id=False
    )
    assert columns == {
        "keep": {"Account status=A": ["ctive"], "Account status": [""], "x": ["y"]},
        "ignore_columns": ["z"],
        "no_header": True,
        "no_user_id": None,
    }
    assert set(column_settings(None, None, no_header=False, no_user_id=False).values()) == {None}


@pytest.mark.parametrize(("keep", "ignored"), [(["Status"], []), (["=x"], []), (["Status=x"], ["Status"])])
def test_wrong_options_on_columns_are_refused(keep: list[str], ignored: list[str]) -> None:
    with pytest.raises(UsageError):
        column_settings(keep, ignored, no_header=False, no_user_id=False)


@pytest.mark.usefixtures("studio")
def test_every_command_that_reads_a_list_reads_its_columns_the_same(sh: Shell) -> None:
    path = sh.list_of([])
    path.write_text(
        "".join(f"{user},Admin,{'no' if user == ADMINS[-1] else 'yes'}\n" for user in ADMINS), encoding="utf-8"
    )
    options = ["--no-header", "--set", "email_column=A", "--set", "role_column=2", "--keep", "C=yes"]
    validation = sh.json("validate", path, *options, base_url=None, token=None)
    assert [row["email"] for row in validation["assignments"]] == [*ADMINS[:-1]]
    plan = sh.json("plan", path, *options)
    assert [(change["action"], change["email"]) for change in plan["changes"]] == [("remove", ADMINS[-1])]
    assert sh.json("sync", path, "--dry-run", *options)["changes"] == plan["changes"]
    explanation = sh.json("explain", ADMINS[-1], "--list", path, "--live", *options)
    assert [step["action"] for step in explanation["next"]] == ["remove"]
