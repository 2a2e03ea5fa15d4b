"""Which runs of several nights are sent: the same failure once a day, its end once, and a weekly sign of life."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rolesync.notify.ending import EndStatus
from rolesync.notify.memory import (
    MEMORY,
    ChannelMemory,
    Memory,
    channel_key,
    decide,
    load_memory,
    save_memory,
)
from rolesync.notify.table import NotifyTable
from tests.notify.tools import NOW, ending, table


def nights(
    channel: NotifyTable,
    *ends: EndStatus | tuple[EndStatus, dict[str, Any]],
    hours: float = 24,
    down: tuple[int, ...] = (),
) -> Iterator[str]:
    """End runs one after the other, and yield the message of each. In the nights of `down`, nothing is delivered."""
    past = ChannelMemory()
    for night, end in enumerate(ends):
        status, more = end if isinstance(end, tuple) else (end, {})
        decision = decide(channel, ending(status, ended_at=NOW + timedelta(hours=night * hours), **more), past)
        past = decision.if_sent if decision.is_sent and night not in down else decision.if_not
        words = [status.value] if decision.is_sent else []
        if decision.is_sent and decision.failing_since and status.is_success:
            words.append("recovered")
        if decision.is_alive_sign and status.is_success:
            words.append("alive")
        yield " ".join(words)


FAILED, BLOCKED, CHANGED, UNCHANGED = EndStatus.FAILED, EndStatus.BLOCKED, EndStatus.CHANGED, EndStatus.UNCHANGED


def test_a_failure_is_sent_each_night_and_its_end_once() -> None:
    sent = nights(table("slack"), UNCHANGED, FAILED, FAILED, UNCHANGED, UNCHANGED)
    assert list(sent) == ["", "failed", "failed", "unchanged recovered", ""]


def test_the_same_failure_is_not_sent_again_within_its_hours_but_another_one_is() -> None:
    other = (FAILED, {"exit_code": 3})
    assert list(nights(table("slack"), FAILED, FAILED, other, other, FAILED, hours=1)) == [
        "failed",
        "",
        "failed",
        "",
        "failed",
    ]
    assert list(nights(table("slack", repeat_hours=0), FAILED, FAILED, hours=1)) == ["failed", "failed"]
    early = nights(table("slack"), FAILED, FAILED, FAILED, hours=23.5)  # the timer's random delay
    assert list(early) == ["failed", "failed", "failed"]


def test_another_rule_is_another_failure() -> None:
    assert list(nights(table("slack"), BLOCKED, (BLOCKED, {"rules": ()}), BLOCKED, hours=1)) == ["blocked"] * 3


def test_what_could_not_be_delivered_is_sent_the_next_time() -> None:
    assert list(nights(table("slack"), FAILED, FAILED, hours=1, down=(0,))) == ["failed", "failed"]
    lost = nights(table("slack"), FAILED, UNCHANGED, UNCHANGED, hours=1, down=(1,))
    assert list(lost) == ["failed", "unchanged recovered", "unchanged recovered"]


def test_a_channel_gets_only_what_its_table_names() -> None:
    changes = table("slack", on=["changed"])
    assert list(nights(changes, FAILED, CHANGED, UNCHANGED)) == ["", "changed recovered", ""]
    recoveries = table("slack", on=["recovered"])
    assert list(nights(recoveries, FAILED, FAILED, UNCHANGED)) == ["", "", "unchanged recovered"]
    everything = table("slack", on=["always"])
    assert list(nights(everything, UNCHANGED, EndStatus.WAITING)) == ["unchanged", "waiting"]
    failures = table("slack", on=["failed"])
    assert list(nights(failures, FAILED, UNCHANGED)) == ["failed", ""]


def test_an_approval_goes_where_the_wait_was_sent_and_ends_no_failure() -> None:
    sent = nights(table("slack"), EndStatus.WAITING, FAILED, EndStatus.APPROVED, UNCHANGED)
    assert list(sent) == ["waiting", "failed", "approved", "unchanged recovered"]
    assert list(nights(table("slack", on=["failed"]), EndStatus.APPROVED)) == [""]


def test_a_week_without_a_message_ends_with_a_sign_of_life() -> None:
    quiet = nights(table("slack"), *[UNCHANGED] * 9)
    assert list(quiet) == [""] * 7 + ["unchanged alive", ""]
    assert not any(nights(table("slack", alive_days=0), *[UNCHANGED] * 9))


def test_a_test_is_always_sent() -> None:
    assert decide(table("slack", on=[]), ending(EndStatus.TEST), ChannelMemory()).is_sent


def test_the_memory_is_private_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "account"
    assert load_memory(folder) == Memory()
    memory = Memory({"a": ChannelMemory("failed 6", "2026-03-02T02:15:00+00:00")}, "2026-03-01T02:15:00+00:00")
    save_memory(folder, memory)
    assert load_memory(folder) == memory
    assert (folder / MEMORY).stat().st_mode & 0o777 == 0o600
    for damaged in ("", "[]", '{"channels": {"a": {"x": 1}}, "last_success": ""}', '{"channels": []}'):
        (folder / MEMORY).write_text(damaged, encoding="ascii")
        assert load_memory(folder) == Memory()


def test_a_time_of_the_future_hides_nothing() -> None:
    past = ChannelMemory("failed 6", "x", reported="2999-01-01T00:00:00+00:00")
    assert decide(table("slack"), ending(FAILED), past).is_sent


@pytest.mark.parametrize("sent", ["2999-01-01T00:00:00+00:00", "soon", "2026-03-02T02:15:00"])
def test_after_a_wrong_time_the_week_until_a_sign_of_life_begins_anew(sent: str) -> None:
    first = decide(table("slack"), ending(UNCHANGED), ChannelMemory(sent=sent))
    assert not first.is_sent
    later = [
        decide(table("slack"), ending(UNCHANGED, ended_at=NOW + timedelta(days=days)), first.if_not) for days in (6, 7)
    ]
    assert [decision.is_alive_sign for decision in later] == [False, True]


def test_a_success_of_the_future_counts_as_one_of_now() -> None:
    now = "2026-03-02T02:15:00+00:00"
    assert Memory(last_success="2999-01-01T00:00:00+00:00").corrected(NOW) == Memory(last_success=now)
    for kept in (now, "2026-03-01T02:15:00+00:00", "soon", ""):
        assert Memory(last_success=kept).corrected(NOW) == Memory(last_success=kept)


def test_a_channel_is_known_by_where_it_leads() -> None:
    assert channel_key(table("slack")) == channel_key(table("slack", repeat_hours=1))
    assert channel_key(table("slack")) != channel_key(table("slack", url_file="other"))
