"""What an access review answers, by a record of some days and who holds the role in Studio."""

from pathlib import Path

import pytest

from rolesync.history.events import Intent, RunStart, SentAction
from rolesync.history.holders_snapshot import NAME
from rolesync.history.role_holders import (
    expected_now,
    holders_as_of,
    holders_now,
    in_order,
    lost_without_address,
    read_recorded_roles,
)
from rolesync.model.who import Holder, HolderStatus, Origin
from tests.audit.tools import lines, write_lines
from tests.history.access_story import ROLE, Story, address

HOLDS, UNCLEAR, LOST = HolderStatus.HOLDS, HolderStatus.UNCLEAR, HolderStatus.LOST
NOW = "2026-05-30T09:00:00+00:00"


@pytest.fixture
def story(folder: Path) -> Story:
    """Runs on 1, 5, 10 and 20 May. Others add user 7 after the first, and take the role of user 2 after the third."""
    story = Story(folder, 1, 2, 3)
    story.sync("2026-05-01T02:00:00", "r01", 4, -3, reviewer="Rita")
    story.studio.add(7)
    story.plan("2026-05-05T02:00:00", "p05")
    story.sync("2026-05-10T02:00:00", "r10", 5)
    story.studio.remove(2)
    story.sync("2026-05-20T02:00:00", "r20", -4)
    return story


def as_of(story: Story, day: str) -> dict[int, Holder]:
    return {each.user_id: each for each in holders_as_of(read_recorded_roles(story.folder, day), [ROLE])}


def now(story: Story, *unsettled: str) -> dict[int, Holder]:
    live = {user_id: (address(user_id), f"User {user_id}") for user_id in story.studio}
    recorded = read_recorded_roles(story.folder)
    return {each.user_id: each for each in holders_now(recorded, {ROLE: live}, live, NOW, unsettled)}


def statuses(holders: dict[int, Holder]) -> dict[int, HolderStatus]:
    return {user_id: holders[user_id].status for user_id in sorted(holders)}


def test_a_day_before_the_first_reading_proves_nobody(story: Story) -> None:
    assert as_of(story, "2026-04-30") == {}


def test_each_day_shows_whom_the_record_proves_and_who_is_unclear(story: Story) -> None:
    assert statuses(as_of(story, "2026-05-01")) == {1: HOLDS, 2: HOLDS, 4: HOLDS, 7: UNCLEAR}
    assert statuses(as_of(story, "2026-05-04")) == {1: HOLDS, 2: HOLDS, 4: HOLDS, 7: UNCLEAR}
    assert statuses(as_of(story, "2026-05-05")) == {1: HOLDS, 2: HOLDS, 4: HOLDS, 7: HOLDS}
    assert statuses(as_of(story, "2026-05-10")) == {1: HOLDS, 2: UNCLEAR, 4: HOLDS, 5: HOLDS, 7: HOLDS}
    assert statuses(as_of(story, "2026-05-20")) == {1: HOLDS, 5: HOLDS, 7: HOLDS}


def test_the_evidence_names_run_row_reviewer_or_who_saw_it_first(story: Story) -> None:
    holders = as_of(story, "2026-05-11")
    assert (holders[4].evidence.run, holders[4].evidence.row, holders[4].facts.reviewer) == ("r01", 5, "Rita")
    assert holders[4].evidence.time.startswith("2026-05-01T02:00")
    assert holders[4].last_proven.startswith("2026-05-10")
    assert (holders[7].evidence.origin, holders[7].evidence.run) == (Origin.OTHER_HANDS, "p05")
    assert holders[7].evidence.changed_after.startswith("2026-05-01")
    assert (holders[1].evidence.origin, holders[1].evidence.run) == (Origin.BEFORE_RECORD, "r01")
    assert holders[2].evidence.run == "r20"
    assert holders[2].evidence.changed_after.startswith("2026-05-10")
    assert holders[1].email == address(1)


def test_now_compares_studio_with_the_record(story: Story) -> None:
    story.studio |= {8}
    story.studio -= {5}
    holders = now(story)
    assert statuses(holders) == {1: HOLDS, 2: LOST, 5: LOST, 7: HOLDS, 8: HOLDS}
    assert (holders[8].evidence.time, holders[8].evidence.origin) == (NOW, Origin.OTHER_HANDS)
    assert holders[8].evidence.changed_after.startswith("2026-05-20")
    assert (holders[2].evidence.run, holders[5].evidence.run) == ("r20", "")
    assert holders[5].last_proven.startswith("2026-05-20")
    assert holders[1].name == "User 1"
    recorded = read_recorded_roles(story.folder)
    assert expected_now(recorded, [ROLE]) == {ROLE: {1, 5, 7}}
    assert lost_without_address(recorded, [ROLE]) == [2]


def test_a_change_of_a_run_without_an_end_may_not_show_yet(story: Story) -> None:
    story.studio |= {4}  # removed by r20
    story.studio -= {5}
    holders = now(story, "r10", "r20")
    assert holders[5].status is UNCLEAR
    assert holders[4].evidence.origin is Origin.UNKNOWN


def test_a_request_without_an_answer_is_unclear(story: Story) -> None:
    actions = [SentAction(9, "add", ROLE, address(9), 10), SentAction(1, "remove", ROLE, address(1), 0)]
    intent = Intent(run="r25", chunk=1, request=1, actions=actions, before={"9": [], "1": [ROLE]})
    story.append("2026-05-25T02:00:00", RunStart(run="r25", command="sync"), intent)
    holders = as_of(story, "2026-05-26")
    assert statuses(holders) == {1: UNCLEAR, 5: HOLDS, 7: HOLDS, 9: UNCLEAR}
    assert as_of(story, "2026-05-24")[1].status is HOLDS
    today = now(story)
    assert (today[9].status, today[1].evidence.origin) == (UNCLEAR, Origin.UNKNOWN)


def test_a_reading_that_no_longer_shows_an_addition_ends_it(folder: Path) -> None:
    story = Story(folder, 1)
    story.sync("2026-05-01T02:00:00", "r01", 2)
    story.studio.add(7)
    story.plan("2026-05-03T02:00:00", "p03")
    story.plan("2026-05-05T02:00:00", "p05")
    story.studio.remove(7)
    story.plan("2026-05-07T02:00:00", "p07")
    assert [as_of(story, f"2026-05-0{day}")[7].status for day in (2, 3, 4, 5, 6)] == [
        UNCLEAR,
        HOLDS,
        HOLDS,
        UNCLEAR,
        UNCLEAR,
    ]
    assert as_of(story, "2026-05-05")[7].evidence.run == "p07"
    assert 7 not in as_of(story, "2026-05-07")
    assert now(story)[7].status is LOST


def test_who_came_while_a_run_ended_otherwise_than_planned_is_not_dated_back(folder: Path) -> None:
    story = Story(folder, 1)
    story.sync("2026-05-01T02:00:00", "r01", 2)
    story.sync("2026-05-05T02:00:00", "r05", 3, during=[7], differences=("Admin: 1 hold it and shouldn't: #7",))
    story.sync("2026-05-09T02:00:00", "r09", 4)
    assert statuses(as_of(story, "2026-05-03")) == {2: HOLDS}
    after = as_of(story, "2026-05-06")
    assert statuses(after) == {1: HOLDS, 2: HOLDS, 3: HOLDS, 7: HOLDS}
    assert (after[7].evidence.origin, after[7].evidence.run) == (Origin.BEFORE_RECORD, "r05")
    assert after[2].last_proven.startswith("2026-05-05")


def test_a_request_that_took_effect_later_is_the_runs(folder: Path) -> None:
    story = Story(folder, 1)
    story.sync("2026-05-01T02:00:00", "r01", 2, vain=[2])
    assert 2 not in as_of(story, "2026-05-01")
    story.studio.add(2)
    story.append("2026-05-05T02:00:00")
    story.save("2026-05-05T02:00:00", "r05")
    shown = as_of(story, "2026-05-05")[2].evidence
    assert (shown.origin, shown.run, shown.in_vain) == (Origin.RUN, "r01", False)
    assert shown.changed_after.startswith("2026-05-01")
    assert shown.time.startswith("2026-05-05")


def test_without_the_file_of_holders_only_named_users_are_known(story: Story) -> None:
    (story.folder / NAME).unlink()
    recorded = read_recorded_roles(story.folder)
    assert (recorded.saved, recorded.broken) == (None, None)
    assert statuses(as_of(story, "2026-05-11")) == {2: UNCLEAR, 4: HOLDS, 5: HOLDS, 7: HOLDS}
    holders = now(story)
    assert holders[1].evidence.origin is Origin.UNKNOWN
    assert holders[5].evidence.run == "r10"


def test_a_broken_record_proves_only_what_is_before_the_break(story: Story) -> None:
    records = lines(story.folder)
    place = next(place for place, line in enumerate(records) if b'"run":"r20"' in line)
    records[place] = records[place].replace(b"r20", b"r21")
    write_lines(story.folder, records)
    recorded = read_recorded_roles(story.folder)
    assert recorded.broken
    assert recorded.saved is None
    assert recorded.evidence.ends.startswith("2026-05-10")
    holders = now(story)
    assert statuses(holders) == dict.fromkeys((1, 5, 7), HOLDS)
    assert [holders[each].evidence.origin for each in (1, 5, 7)] == [Origin.UNKNOWN, Origin.RUN, Origin.OTHER_HANDS]


def test_holders_are_sorted_by_role_and_address(story: Story) -> None:
    first, *others = sorted(as_of(story, "2026-05-04").values(), key=lambda each: each.user_id)
    without, other = first._replace(email=""), first._replace(role="Observer")
    ordered = in_order([other, without, *reversed(others)], [ROLE, "Observer"])
    named = sorted((each for each in others if each.email), key=lambda each: each.email)
    assert [each for each in ordered if each.email] == [*named, other]
    assert ordered[-1] is other


def test_an_account_without_a_record_has_no_evidence(folder: Path) -> None:
    recorded = read_recorded_roles(folder)
    assert (recorded.saved, recorded.broken, dict(recorded.evidence.known)) == (None, None, {})
