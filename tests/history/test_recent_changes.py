"""What runs changed a moment ago, and which reads hide it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.recent_changes import recent_changes, seconds_since
from rolesync.model.live import Live
from tests.audit.tools import opened
from tests.history.test_earlier_runs import begin, end, send
from tests.strategies import User, live_of

ENDED = datetime(2026, 9, 1, 10, tzinfo=UTC)  # as the record's clock shows in tests
LIVE = Live(live_of([User(1, "ann@example.edu", "Ann", frozenset({"Admin"}))]).users, ("Admin",))


@pytest.mark.parametrize(
    ("changes", "age"),
    [
        ([(1, "add", True)], None),
        ([(2, "add", True)], 20),
        ([(2, "remove", True)], None),
        ([(1, "remove", True)], 20),
        ([(2, "add", False)], None),
        ([(2, "add", True), (2, "remove", True)], None),
    ],
)
def test_a_read_hides_what_a_recent_run_changed(
    folder: Path, changes: list[tuple[int, str, bool]], age: float | None
) -> None:
    with opened(folder) as record:
        send(record, "r1", *changes)
        end(record, "r1")
    now = ENDED + timedelta(seconds=20)
    recent = recent_changes(load_earlier_runs(folder), now, 1000, 60)
    assert recent.user_ids == {user for user, _, done in changes if done}
    assert recent.hidden_since(LIVE) == (age and pytest.approx(1000 - age, abs=0.1))
    assert recent.hidden_since(LIVE, {(user, "Admin") for user, _, _ in changes}) is None


def test_only_runs_that_ended_a_moment_ago_count(folder: Path) -> None:
    with opened(folder) as record:
        send(record, "r1", (2, "add", True))
        end(record, "r1")
        begin(record, "killed", 7)
        begin(record, "sent nothing", 7)
        end(record, "sent nothing")
    earlier = load_earlier_runs(folder)
    assert recent_changes(earlier, ENDED + timedelta(seconds=61), 1000, 60).holds == {}
    assert recent_changes(earlier, ENDED, 1000, 0).holds == {}


def test_a_time_in_the_future_is_no_age() -> None:
    assert seconds_since("2026-09-01T10:00:00+00:00", ENDED - timedelta(days=1)) == 0
    assert seconds_since("2026-09-01T10:00:00+00:00", ENDED + timedelta(minutes=1)) == 60
