"""The settings of an account come from its values and secrets alone."""

from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.account_settings import account_settings


def test_no_variable_and_no_file_reaches_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLESYNC_TOKEN", "stranger")
    Path("rolesync.toml").write_text("chunk_size = 7\n", encoding="utf-8")
    Path(".env").write_text("ROLESYNC_OWNER=a@b.edu\n", encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "rolesync_audit_key").write_text("k" * 16, encoding="ascii")
    settings = account_settings({"account": "north"}, tmp_path / "secrets")
    assert (settings.has("token"), settings.chunk_size, settings.owner) == (False, 50, "")
    assert settings.audit_key.get_secret_value() == "k" * 16


def test_what_does_not_fit_is_named_without_values_of_secrets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="chunk_size"):
        account_settings({"account": "north", "chunk_size": "many"}, None)
    with pytest.raises(UsageError, match="account and base_url are both set"):
        account_settings({"account": "north", "base_url": "https://x.edu"}, None)
    with pytest.raises(UsageError, match="is not a folder"):
        account_settings({"account": "north"}, tmp_path / "none")
    (tmp_path / "rolesync_audit_key").write_text("s3cr3t", encoding="ascii")
    with pytest.raises(UsageError, match="audit_key") as refusal:
        account_settings({"account": "north"}, tmp_path)
    assert "s3cr3t" not in refusal.value.message
