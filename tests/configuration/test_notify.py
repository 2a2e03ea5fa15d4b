"""Whom a run is reported to may not be decided by a file that only lies there."""

from pathlib import Path

import pytest

from rolesync.configuration.notify import folder_of
from rolesync.errors import UsageError
from rolesync.settings import load

pytestmark = pytest.mark.usefixtures("alone")


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


def test_relative_paths_begin_at_the_file_of_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    path = write(SLACK.format("slack_url"), "etc/rolesync.toml")
    assert folder_of(load(path).origins["notify"]) == tmp_path / "etc"
    monkeypatch.setenv("ROLESYNC_NOTIFY", '[{"to": "slack", "url_file": "slack_url"}]')
    assert folder_of(load().origins["notify"]) == Path()
    assert folder_of(None) == Path()
