"""Nothing that is meant for one account reaches a fleet."""

from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.environment import check_environment, operator, state_dir


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["TOKEN", "ACCOUNT", "BASE_URL", "CONFIG", "SECRETS_DIR", "CHUNK_SIZE", "AUDIT_KEY"])
def test_a_variable_of_an_account_is_refused_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"ROLESYNC_{name}", "s3cr3t")
    with pytest.raises(UsageError, match=f"ROLESYNC_{name} in the environment would count for every") as refusal:
        check_environment()
    assert "s3cr3t" not in refusal.value.message


def test_the_advice_names_every_variable_to_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "CONFIG", "OWNER"):
        monkeypatch.setenv(f"ROLESYNC_{name}", "x")
    with pytest.raises(UsageError) as refusal:
        check_environment()
    assert refusal.value.hint.startswith("unset ROLESYNC_CONFIG ROLESYNC_OWNER ROLESYNC_TOKEN; ")
    assert refusal.value.message.startswith("ROLESYNC_CONFIG, ROLESYNC_OWNER, ROLESYNC_TOKEN in")


def test_variables_of_the_process_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"STATE_DIR": tmp_path / "x", "OPERATOR": tmp_path / "x", "LOG_LEVEL": "info"}.items():
        monkeypatch.setenv(f"ROLESYNC_{name}", str(value))
    check_environment()
    assert (state_dir(), operator()) == (tmp_path / "x", str(tmp_path / "x"))


@pytest.mark.parametrize("name", ["LOG_LEVEL", "LOG_FORMAT"])
def test_a_log_that_no_worker_can_write_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"ROLESYNC_{name}", "loud")
    with pytest.raises(UsageError, match=f"ROLESYNC_{name} is 'loud'"):
        check_environment()


def test_the_state_is_the_users_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir() == tmp_path / "rolesync"


def test_settings_of_the_working_folder_are_refused() -> None:
    Path("rolesync.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"rolesync\.toml sets a single account"):
        check_environment()


def test_a_dotenv_of_other_programs_passes() -> None:
    Path(".env").write_text("OTHER=1\n", encoding="utf-8")
    check_environment()
    Path(".env").write_text("rolesync_token=x\n", encoding="utf-8")
    with pytest.raises(UsageError, match="sets a single account"):
        check_environment()
