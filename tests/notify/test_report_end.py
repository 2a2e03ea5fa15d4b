"""The story after a command: messages, memory and metrics; and that nothing of it raises."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from rolesync.notify.ending import Ending, EndStatus
from rolesync.notify.memory import load_memory
from rolesync.notify.report_end import Reporting, report_end, report_start
from tests.notify.tools import NOW, ending, network, table
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


def night(number: int, status: EndStatus, **more: Any) -> Ending:
    return ending(status, ended_at=NOW + timedelta(days=number), **more)


def test_three_nights_are_sent_remembered_and_measured(tmp_path: Path) -> None:
    answers = [ScriptedAnswer(200)] * 2 + [ScriptedAnswer(404), ScriptedAnswer(200)]
    with ScriptedStudio(in_turn(*answers)) as studio:
        reporting = Reporting(
            tables=(table("slack"),),
            folder=tmp_path / "state",
            metrics_file=tmp_path / "rolesync.prom",
            network=network(tmp_path, url=studio.base_url),
        )
        for number, status in enumerate(
            (EndStatus.CHANGED, EndStatus.FAILED, EndStatus.UNCHANGED, EndStatus.BLOCKED, EndStatus.UNCHANGED)
        ):
            report_end(night(number, status), reporting)
    titles = [request.json["text"].partition("*\n")[0] for request in studio.requests]
    assert titles == [
        "*rolesync: FAILED: example.instructuremedia.com",
        "*rolesync: RECOVERED, OK: example.instructuremedia.com",
        "*rolesync: BLOCKED by max_removals: example.instructuremedia.com",
        "*rolesync: RECOVERED, OK: example.instructuremedia.com",
    ]
    assert load_memory(tmp_path / "state").last_success == "2026-03-06T02:15:00+00:00"
    metrics = (tmp_path / "rolesync.prom").read_text(encoding="utf-8")
    assert 'rolesync_last_run_failed_notifications{account="example.instructuremedia.com"} 0' in metrics


def test_a_success_at_a_wrong_time_ages_from_the_next_run_on(tmp_path: Path) -> None:
    reporting = Reporting(folder=tmp_path / "state", metrics_file=tmp_path / "rolesync.prom")
    for number, status in ((100_000, EndStatus.CHANGED), (1, EndStatus.FAILED), (2, EndStatus.FAILED)):
        report_end(night(number, status), reporting)
    assert load_memory(tmp_path / "state").last_success == "2026-03-03T02:15:00+00:00"


def test_a_failure_to_notify_is_in_the_log_and_in_the_metrics(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(403))) as studio, capture_logs() as logs:
        reporting = Reporting(
            (table("slack"), table("command")),
            tmp_path,
            tmp_path / "rolesync.prom",
            f"{studio.base_url}/push",
            network(tmp_path, url=f"{studio.base_url}/s3cr3t"),
        )
        report_end(night(0, EndStatus.FAILED), reporting)
    assert logs == [
        {
            "event": "notification not delivered",
            "log_level": "error",
            "table": 1,
            "channel": "slack",
            "reason": "answered 403",
        },
        {"event": "notification delivered", "log_level": "info", "table": 2, "channel": "command"},
        {"event": "metrics not pushed", "log_level": "error", "reason": "answered 403"},
    ]
    metrics = (tmp_path / "rolesync.prom").read_text(encoding="utf-8")
    assert 'rolesync_last_run_failed_notifications{account="example.instructuremedia.com"} 1' in metrics
    assert "rolesync_last_success" not in metrics
    assert load_memory(tmp_path).channels  # the command got it


def test_what_can_not_be_written_is_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reporting = Reporting((), tmp_path / "file" / "state", tmp_path / "nowhere" / "rolesync.prom")
    with capture_logs() as logs:
        assert report_end(night(0, EndStatus.CHANGED), reporting) == []
    assert [entry["event"] for entry in logs] == ["what was sent is not remembered", "metrics not written"]
    assert logs[1]["reason"] == "No such file or directory"


def test_watchdogs_are_pinged_for_each_run_but_not_for_an_approval(tmp_path: Path) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200))) as studio:
        reporting = Reporting(
            (table("ping", on=[]),),
            metrics_push=studio.base_url,
            network=network(tmp_path, url=f"{studio.base_url}/ping"),
        )
        report_start(reporting)
        report_end(night(0, EndStatus.BLOCKED), reporting)
        report_end(night(0, EndStatus.APPROVED), reporting)
    assert [request.path for request in studio.requests][:2] == ["/ping/start", "/ping/4"]
    assert [request.method for request in studio.requests] == ["POST", "POST", "PUT"]


def test_nothing_runs_on_afterwards(tmp_path: Path) -> None:
    before = threading.active_count()
    report_end(night(0, EndStatus.FAILED), Reporting((table("command"),), tmp_path, network=network(tmp_path)))
    assert threading.active_count() == before
    assert json.loads((tmp_path / "notify.json").read_text(encoding="ascii"))["last_success"] == ""


def test_whether_there_is_anything_to_report() -> None:
    assert Reporting().is_empty
    assert not Reporting((table("slack"),)).is_empty
    assert not Reporting(metrics_push="http://push.example").is_empty
