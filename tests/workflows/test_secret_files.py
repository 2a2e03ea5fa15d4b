"""Secrets that other users of the machine can read: a warning that names the file, and no false alarm."""

from pathlib import Path
from typing import Any

import pytest

from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.settings import load
from rolesync.workflows.secret_files import check_secrets

STUDIO = "https://studio.example.edu"


def checks(**settings: Any) -> list[Check]:
    return list(check_secrets(load(base_url=STUDIO, **settings)))


@pytest.mark.parametrize(
    ("of_folder", "of_file", "is_open"),
    [
        (0o755, 0o644, True),
        (0o711, 0o604, True),
        (0o755, 0o600, False),
        (0o700, 0o644, False),
    ],
)
def test_a_secret_that_other_users_can_read_is_a_warning(
    tmp_path: Path, of_folder: int, of_file: int, *, is_open: bool
) -> None:
    path = tmp_path / "secrets" / "rolesync_token"
    path.parent.mkdir()
    path.write_text("s3cr3t", encoding="ascii")
    path.chmod(of_file)
    path.parent.chmod(of_folder)
    message = f"other users of this machine can read {path}"
    warning = Check("secrets", VerdictStatus.WARN, message, f"chmod go= {path}")
    assert checks(secrets_dir=path.parent) == ([warning] if is_open else [])


def test_settings_files_with_secrets_and_files_of_channels_are_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    toml, url, other = tmp_path / "rolesync.toml", tmp_path / "slack url", tmp_path / "list.csv"
    text = 'token = "s3cr3t"\nlist = "list.csv"\n[[notify]]\nto = "slack"\nurl_file = "slack url"\n'
    toml.write_text(f'base_url = "{STUDIO}"\n{text}', encoding="utf-8")
    for path in (toml, url, other):
        path.touch()
        path.chmod(0o644)
    (check,) = check_secrets(load())
    assert check.hint == f"chmod go= {toml} '{url}'"
    toml.chmod(0o600)
    url.unlink()  # the channel reports that
    assert list(check_secrets(load())) == []


def test_a_secret_on_the_command_line_is_a_warning() -> None:
    (check,) = checks(token="s3cr3t", audit_key="k" * 20)
    assert check.status is VerdictStatus.WARN
    assert check.message.startswith("token, audit_key come from the command line")
    assert "s3cr3t" not in f"{check}"


def test_a_variable_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_TOKEN", "s3cr3t")
    assert checks() == []
