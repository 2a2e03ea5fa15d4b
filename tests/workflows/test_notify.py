"""How a command ended, from what is known of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolesync.errors import Exit, LockHeldError, ServerError
from rolesync.notify.ending import Ending, EndStatus
from rolesync.settings import Settings, load
from rolesync.workflows.command_facts import CommandFacts
from rolesync.workflows.notify import ending_of, proxy_of, reporting_of

NOW = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load(from_file=False, base_url="https://studio.example", state_dir=tmp_path)


def ended(settings: Settings, code: int, **facts: object) -> Ending:
    known = CommandFacts("sync", NOW - timedelta(seconds=5), **facts)  # type: ignore[arg-type]  # as the test names them
    end = ending_of(known, code, settings, NOW)
    assert end
    return end


@pytest.mark.parametrize("code", [code for code in Exit if code is not Exit.INTERRUPTED])
def test_an_end_without_a_plan_has_its_status_and_next_step(settings: Settings, code: Exit) -> None:
    end = ended(settings, code)
    assert end.status.is_failure is (code not in {Exit.DONE, Exit.PENDING})
    assert bool(end.next_step) is (end.status.is_failure and code is not Exit.INCOMPLETE)
    assert (end.account, end.seconds, end.changes, end.held, end.drift) == ("studio.example", 5, (), None, None)
    assert end.report.startswith(str(settings.account_dir))


def test_a_signal_is_a_failure_and_an_interruption_by_a_person_is_none(settings: Settings) -> None:
    end = ended(settings, 143)
    assert (end.status, end.cause, end.next_step) == (EndStatus.FAILED, "ended by signal 15", "rolesync runs")
    assert ending_of(CommandFacts("sync", NOW), 130, settings, NOW) is None


def test_the_words_of_an_error_are_only_in_the_details(settings: Settings) -> None:
    error = ServerError("GET /users: 500, ann@example.edu is wrong", hint="try later", status=500)
    end = ended(settings, 6, error=error)
    assert end.cause == "Studio refused or could not be reached (HTTP 500)"
    assert end.details == ("GET /users: 500, ann@example.edu is wrong", "→ try later")
    assert ended(settings, 7, error=LockHeldError("held")).details == ("held",)


def test_without_a_studio_there_is_still_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(from_file=False)
    end = ended(settings, 64)
    assert (end.account, end.report) == ("", "")
    assert reporting_of(settings).folder is None


def test_the_settings_say_where_to_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "etc" / "rolesync.toml"
    path.parent.mkdir()
    path.write_text(
        'account = "example"\nca_bundle = "ca.pem"\nmetrics_file = "a.prom"\n'
        '[[notify]]\nto = "slack"\nurl_file = "slack_url"\n',
        encoding="utf-8",
    )
    reporting = reporting_of(load(path, state_dir=tmp_path))
    assert reporting.network.folder == path.parent
    assert reporting.network.ca_bundle == "ca.pem"
    assert reporting.folder == tmp_path / "example.instructuremedia.com"
    assert (reporting.metrics_file, len(reporting.tables)) == (Path("a.prom"), 1)


def test_the_proxy_is_that_of_the_settings_or_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_of("https://chat.example/x", "") == "http://proxy.example:3128"
    assert proxy_of("https://inside.example/x", "") == ""
    assert proxy_of("https://chat.example/x", "http://other.example:1") == "http://other.example:1"
    assert proxy_of("https://127.0.0.1/x", "http://other.example:1") == ""
