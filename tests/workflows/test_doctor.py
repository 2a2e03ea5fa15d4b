"""The checks of doctor against a sandbox and against broken settings, tokens, folders and records."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rolesync.audit.record import open_record
from rolesync.errors import Exit
from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.doctor import run_checks
from tests.paths import SAMPLE


@pytest.fixture(scope="module")
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


def checks(studio: Sandbox, folder: Path, now: datetime | None = None, **more: Any) -> dict[str, Check]:
    settings = {"base_url": studio.base_url, "token": studio.token, "state_dir": folder, "attempts": 1, **more}
    context = Context(load(**settings), sleep=lambda _: None, now=lambda: now or datetime.now(UTC))
    return {check.name: check for check in run_checks(context)}


def secret_file(folder: Path, token: str) -> Path:
    """Write the token into a folder of secrets that only this user can read."""
    path = folder / "secrets" / "rolesync_token"
    path.parent.mkdir(mode=0o700)
    path.write_text(token, encoding="ascii")
    path.chmod(0o600)
    return path


def test_every_check_passes_on_a_complete_setup(studio: Sandbox, tmp_path: Path) -> None:
    secret_file(tmp_path, studio.token)
    results = checks(studio, tmp_path, owner="admin@example.edu", token=None, secrets_dir=tmp_path / "secrets")
    assert {check.status for check in results.values()} == {VerdictStatus.PASS}
    assert results["role Admin"].message == "10 holders"
    assert studio.log() == []


def test_users_of_the_settings_who_are_not_in_studio_are_a_warning(studio: Sandbox, tmp_path: Path) -> None:
    protected = ["maria.fernandes@example.edu", "1002", "*@vendor.example"]
    results = checks(studio, tmp_path, owner="admin@exmaple.edu", protected_users=protected)
    assert results["owner in Studio"].status is VerdictStatus.WARN
    assert results["owner in Studio"].message == "no user is admin@exmaple.edu"
    assert results["protected_users in Studio"].status is VerdictStatus.PASS
    results = checks(studio, tmp_path, protected_users=["greg.stone@exmaple.edu", "99999999", "1002"])
    assert results["protected_users in Studio"].message == "no user is greg.stone@exmaple.edu, 99999999"
    assert results["protected_users in Studio"].status is VerdictStatus.WARN
    assert "owner in Studio" not in results


def test_every_setting_is_listed_with_its_source(
    studio: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rolesync.toml").write_text('owner = "admin@example.edu"\nchunk_size = 7\n', encoding="utf-8")
    settings = load(base_url=studio.base_url, token=studio.token, state_dir=tmp_path)
    messages = [check.message for check in run_checks(Context(settings)) if check.name == "settings"]
    assert "from the command line: base_url, state_dir, token" in messages
    assert f"from {tmp_path / 'rolesync.toml'}: chunk_size, owner" in messages


def test_missing_settings_are_named_with_what_to_do(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, token="", base_url="")
    assert (results["Studio"].exit_code, results["token"].exit_code) == (Exit.USAGE, Exit.USAGE)
    assert all(results[name].hint for name in ("Studio", "token", "owner"))


def test_a_wrong_token_fails(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, token="wrong")
    failed = [check for check in results.values() if check.status is VerdictStatus.BLOCK]
    assert failed
    assert {check.exit_code for check in failed} == {Exit.STUDIO}
    assert any("401" in check.message for check in failed)


def test_a_role_that_studio_does_not_know_fails(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, managed_roles=["Admin", "Captain"])
    assert results["role Captain"].status is VerdictStatus.BLOCK
    assert "Captain" in results["roles known"].hint


def test_a_studio_that_does_not_answer_fails(tmp_path: Path, studio: Sandbox) -> None:
    results = checks(studio, tmp_path, base_url="http://127.0.0.1:9")
    assert results["reachable"].exit_code == Exit.STUDIO


def test_a_clock_that_is_wrong_is_a_warning(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, now=datetime.now(UTC) + timedelta(hours=2))
    assert results["clock"].status is VerdictStatus.WARN
    assert "+7" in results["clock"].message


def test_a_state_folder_that_cannot_be_written_fails(studio: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    results = checks(studio, tmp_path / "file" / "state")
    assert results["state folder"].exit_code == Exit.USAGE


def test_a_state_folder_whose_path_is_too_long_fails(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path / ("x" * 300))
    assert results["state folder"].exit_code == results["audit record"].exit_code == Exit.USAGE
    assert "File name too long" in results["state folder"].message


def test_a_file_of_metrics_that_cannot_be_written_is_a_warning(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, metrics_file=tmp_path / "rolesync.prom")
    assert results["metrics file"].message == f"{tmp_path / 'rolesync.prom'} can be written"
    results = checks(studio, tmp_path, metrics_file=tmp_path / "none" / "rolesync.prom")
    assert (results["metrics file"].status, results["metrics file"].exit_code) == (VerdictStatus.WARN, 0)
    assert "is not a folder that this user can write to" in results["metrics file"].message


def test_a_state_folder_that_cannot_be_looked_at_hides_no_other_check(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path / ("x" * 300))  # raises as a folder of another user does, even for root
    assert results["audit record"].status is VerdictStatus.BLOCK


def test_a_record_that_was_changed_fails(studio: Sandbox, tmp_path: Path) -> None:
    folder = load(base_url=studio.base_url, state_dir=tmp_path).account_dir
    with open_record(folder, now=lambda: datetime.now(UTC)) as record:
        record.append("plan", run="r")
    path = folder / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"r"', b'"s"'))
    assert checks(studio, tmp_path)["audit record"].exit_code == Exit.INCOMPLETE


def test_bytes_behind_the_record_are_a_warning(studio: Sandbox, tmp_path: Path) -> None:
    folder = load(base_url=studio.base_url, state_dir=tmp_path).account_dir
    with open_record(folder, now=lambda: datetime.now(UTC)) as record:
        record.append("step")
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(b"\n")
    check = checks(studio, tmp_path)["audit record"]
    assert (check.status, check.exit_code) == (VerdictStatus.WARN, Exit.DONE)


def test_the_state_of_an_oauth_token_is_shown(studio: Sandbox, tmp_path: Path) -> None:
    key: dict[str, Any] = {"token": "", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    nothing = checks(studio, tmp_path, **key)["token"]
    assert (nothing.status, nothing.exit_code) == (VerdictStatus.BLOCK, Exit.USAGE)
    assert "rolesync login" in nothing.hint

    first = checks(studio, tmp_path, **key, refresh_token="sandbox-refresh-token")
    assert "exchanges ROLESYNC_REFRESH_TOKEN" in first["token"].message
    assert first["role Admin"].status is VerdictStatus.PASS

    stored = checks(studio, tmp_path, **key)["token"]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert stored.status is VerdictStatus.PASS
    assert stored.message.startswith(f"OAuth, stored since {today}")
    assert "expires " in stored.message

    (path,) = tmp_path.glob("*/token.json")
    path.write_text("{}")
    assert checks(studio, tmp_path, **key)["token"].exit_code == Exit.UNEXPECTED


def test_a_record_whose_key_is_not_set_fails(studio: Sandbox, tmp_path: Path) -> None:
    key = "a key that only the test has"
    folder = load(base_url=studio.base_url, state_dir=tmp_path).account_dir
    with open_record(folder, now=lambda: datetime.now(UTC), key=key) as record:
        record.append("plan")
    assert checks(studio, tmp_path, audit_key=key)["audit record"].status is VerdictStatus.PASS
    missing = checks(studio, tmp_path)["audit record"]
    assert (missing.status, missing.exit_code) == (VerdictStatus.BLOCK, Exit.INCOMPLETE)
    assert "2 of 2 records are sealed with a key" in missing.message
    assert "audit rekey" in missing.hint


def test_the_list_of_the_settings_is_read(studio: Sandbox, tmp_path: Path) -> None:
    assert "list" not in checks(studio, tmp_path)
    good = checks(studio, tmp_path, list=str(SAMPLE))["list"]
    assert (good.status, f"{SAMPLE} has" in good.message) == (VerdictStatus.PASS, True)
    missing = checks(studio, tmp_path, list=str(tmp_path / "none.csv"))["list"]
    assert (missing.status, missing.exit_code) == (VerdictStatus.BLOCK, Exit.INPUT_REFUSED)
    (tmp_path / "bad.csv").write_text("email,role\nx,Admin\n", encoding="utf-8")
    assert checks(studio, tmp_path, list=str(tmp_path / "bad.csv"))["list"].status is VerdictStatus.BLOCK


def test_a_cause_of_several_failures_is_reported_once(studio: Sandbox, tmp_path: Path) -> None:
    results = checks(studio, tmp_path, base_url="")
    assert results["Studio"].message == "no Studio is set"
    assert results["Studio"].hint
    for name in ("reachable", "audit record"):
        check = results[name]
        assert (check.status, check.message, check.hint) == (VerdictStatus.BLOCK, "not checked: no Studio is set", "")
