"""Log and progress of a command, both on standard error."""

import json
import sys

import pytest
import structlog

from rolesync.cli.progress import RetryNotices, command_context, configure_log
from rolesync.cli.verbosity import set_verbosity
from rolesync.errors import RateLimitedError, ServerError, StudioError
from rolesync.model.live import WAITING
from rolesync.settings import load
from rolesync.studio.retry import Retry


def test_the_log_has_the_format_and_the_level_of_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", "json")
    structlog.get_logger().debug("unimportant")
    structlog.get_logger().info("retry", wait=2.5)
    captured = capsys.readouterr()
    entry = json.loads(captured.err)
    assert (entry["event"], entry["wait"], entry["level"], captured.out) == ("retry", 2.5, "info", "")
    assert entry["timestamp"].endswith("Z")

    configure_log()
    structlog.get_logger().info("retry")
    structlog.get_logger().warning("slow")
    readable = capsys.readouterr().err
    assert "retry" not in readable
    assert "slow" in readable
    assert "\x1b" not in readable  # colours are for terminals


def test_in_a_pipe_each_completed_stage_and_each_wait_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with command_context(load()) as context:
        for done in range(4):
            context.progress("reading Admin", done, 3)
        context.progress("applying", 1, 6)
        context.progress(WAITING, 3, 60)
        context.progress("reading media", 1499, 1499)
    captured = capsys.readouterr()
    waiting = "waiting until Studio shows the changes: 3 of 60 s\n"
    assert (captured.out, captured.err) == ("", f"reading Admin: 3 of 3\n{waiting}reading media: 1,499 of 1,499\n")


def test_on_a_terminal_each_stage_has_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    with command_context(load()) as context:
        context.progress("reading [Admin]", 1, 3)
        context.progress("reading [Admin]", 3, 3)
        context.progress("reading [Admin]", 2, 2)  # read again: a new bar
        context.progress("reading media", 1499, 2000)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "reading [Admin]" in captured.err
    assert "3/3" in captured.err
    assert "2/2" in captured.err
    assert "1,499/2,000" in captured.err


def test_verbose_shows_no_bars_because_the_log_would_break_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    set_verbosity(verbose=True)
    try:
        with command_context(load()) as context:
            context.progress("reading Admin", 1, 3)
    finally:
        set_verbosity()
    assert capsys.readouterr().err == "reading Admin: 1 of 3\n"


def retry(attempt: int, wait: float, elapsed: float, error: StudioError | None = None) -> Retry:
    return Retry(error or StudioError("GET /users: no answer"), attempt, 8, wait, elapsed)


def test_retries_are_reported_after_some_seconds_and_not_for_each_request() -> None:
    written: list[str] = []
    now = [100.0]
    notices = RetryNotices(written.append, lambda: now[0])
    notices.report(retry(2, 0.4, 0.0))  # over before a user notices it
    notices.report(retry(3, 3.2, 1.0))
    notices.report(retry(3, 3.4, 1.0))  # another request that waits meanwhile
    now[0] += 3.5
    notices.report(retry(4, 30.0, 4.2, RateLimitedError("GET /users: 429", status=429)))
    now[0] += 5.5
    notices.report(retry(5, 8.0, 34.2, ServerError("GET /users: 503", status=503)))
    assert written == [
        "Studio doesn't answer, attempt 3 of 8, next in 4 s",
        "Studio limits the rate of requests (429), attempt 4 of 8, next in 30 s",
        "Studio answers with an error (503), attempt 5 of 8, next in 8 s",
    ]


def test_retries_are_lines_in_a_log_and_above_the_bars_of_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with command_context(load()) as context:
        context.retrying(retry(2, 4, 0))
    assert capsys.readouterr().err == "Studio doesn't answer, attempt 2 of 8, next in 4 s\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    with command_context(load()) as context:
        context.progress("reading Admin", 1, 3)
        context.retrying(retry(2, 4, 0))
    assert "Studio doesn't answer, attempt 2 of 8, next in 4 s" in capsys.readouterr().err


def test_a_quiet_command_shows_neither_progress_nor_retries(capsys: pytest.CaptureFixture[str]) -> None:
    set_verbosity(quiet=True)
    try:
        with command_context(load()) as context:
            context.progress("reading Admin", 3, 3)
            context.retrying(retry(2, 40, 0))
    finally:
        set_verbosity()
    assert capsys.readouterr().err == ""


def test_in_json_each_completed_stage_is_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with command_context(load(log_format="json", log_level="info", account="example")) as context:
        context.progress("reading Admin", 0, 2)
        context.progress("reading Admin", 2, 2)
        context.retrying(retry(2, 40, 0))  # the client logs it
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["stage"], entry["steps"]) == ("stage", "reading Admin", 2)
    assert entry["account"] == "example.instructuremedia.com"


def test_a_command_works_with_its_settings() -> None:
    settings = load(chunk_size=7)
    with command_context(settings) as context:
        assert context.settings is settings
