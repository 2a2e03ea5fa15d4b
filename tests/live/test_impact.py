"""The media of users who lose a role: totals, gaps in what Studio shows, and which users are read."""

from dataclasses import dataclass

import pytest

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import hold_changes
from rolesync.live.impact import MOST_BYTES, MOST_SECONDS, MediaTotals, impact_of, unknown_impact
from rolesync.model.frames import IMPACT, require
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Completeness
from rolesync.planner.build import make_plan
from rolesync.planner.reviewer_facts import users_to_inspect
from tests.strategies import CREATED_AT, SOURCE, Row, User, desired_of, live_of

ADA, BO = 7, 8


@dataclass(frozen=True)
class Medium:
    owner_id: int | None = ADA
    size: int | None = 1_000
    duration: float | None = 1.4
    created_at: str = "2024-05-03T10:00:00Z"
    last_viewed: str | None = None


def totals(*media: Medium, unread: int = 0) -> dict[str, object]:
    media_totals = MediaTotals(ADA)
    media_totals.add(media[:1])
    media_totals.add(media[1:])
    return media_totals.row(len(media) + unread)


def test_only_media_that_a_user_owns_are_added_up() -> None:
    assert totals(Medium(), Medium(), Medium(BO, 9_999, 9_999, "2025-01-01T00:00:00Z")) == {
        "user_id": ADA,
        "known": "all",
        "owned": 2,
        "reachable": 3,
        "size": 2_000,
        "duration": 3,
        "newest": "2024-05-03T10:00:00Z",
        "last_viewed": "",
        "note": "",
    }


def test_the_newest_medium_is_compared_in_utc_and_invalid_times_are_skipped() -> None:
    times = ["2024-05-03T23:30:00-02:00", "2024-05-04T01:00:00", "", "yesterday", "9999-12-31T23:59:59-12:00"]
    assert totals(*(Medium(created_at=time) for time in times))["newest"] == "2024-05-04T01:30:00Z"
    assert totals(Medium(created_at="-"))["newest"] == ""


def test_the_last_view_of_owned_media_is_compared_in_utc() -> None:
    others = Medium(BO, last_viewed="2026-01-01T00:00:00Z")
    media = [Medium(last_viewed=time) for time in ("2025-02-01", "2025-03-01T23:30:00-02:00", "")]
    row = totals(*media, others)
    assert (row["last_viewed"], row["known"]) == ("2025-03-02T01:30:00Z", "all")


@pytest.mark.parametrize("unknown", [None, "yesterday"])
def test_media_that_were_never_viewed_or_of_unknown_views_have_no_last_view(unknown: str | None) -> None:
    viewed = Medium(last_viewed="2025-02-01T00:00:00Z")
    for media in (
        [Medium(last_viewed="")],
        [viewed, Medium(last_viewed=unknown)],
        [Medium(last_viewed=unknown), viewed],
    ):
        row = totals(*media)
        assert (row["last_viewed"], row["known"], row["note"]) == ("", "all", "")


@pytest.mark.parametrize("size", [None, -1, MOST_BYTES + 1, 10**400])
def test_an_impossible_size_makes_the_total_a_minimum(size: int | None) -> None:
    row = totals(Medium(size=size), Medium())
    assert (row["known"], row["owned"], row["size"]) == ("at_least", 2, 1_000)
    assert row["note"] == "Studio shows no size for 1 of them"


@pytest.mark.parametrize("duration", [None, -0.5, MOST_SECONDS + 1, float("inf"), float("nan")])
def test_an_impossible_duration_makes_the_total_a_minimum(duration: float | None) -> None:
    row = totals(Medium(duration=duration), Medium(duration=2))
    assert (row["known"], row["duration"], row["note"]) == ("at_least", 2, "Studio shows no duration for 1 of them")


def test_media_without_owner_or_not_read_make_the_total_a_minimum() -> None:
    row = totals(Medium(None), Medium(), unread=40_000)
    assert (row["known"], row["owned"], row["reachable"]) == ("at_least", 1, 40_002)
    assert row["note"] == "only the first 2 of 40,002 media were read; Studio shows no owner for 1 of them"


def test_rows_become_a_frame_sorted_by_user() -> None:
    table = require(impact_of([unknown_impact(BO, "gone"), totals(Medium())]), IMPACT)
    assert table["user_id"].tolist() == [ADA, BO]
    assert table["known"].tolist() == [Completeness.ALL, Completeness.NOTHING]
    assert table.iloc[1].tolist() == [BO, "nothing", 0, 0, 0, 0, "", "", "gone"]
    assert require(impact_of([]), IMPACT).empty


def _planned(policy: Policy) -> Plan:
    users = [User(user_id, f"{user_id}@x.edu", "", frozenset({"Admin", "Teacher"})) for user_id in (9, ADA, BO)]
    rows = [Row(2, "9@x.edu", 0, "Admin"), Row(3, "9@x.edu", 0, "Teacher"), Row(4, "new@x.edu", 0, "Admin")]
    changes = hold_changes(diff(desired_of(rows), live_of(users), policy), policy, GuardBaseline())
    return make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=SOURCE,
        policy=policy,
        changes=changes,
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


@pytest.mark.parametrize("held", [False, True])
def test_a_user_who_loses_two_roles_is_read_once_and_held_removals_count(*, held: bool) -> None:
    plan = _planned(Policy(("Admin", "Teacher"), hold_removals=held))
    assert len(plan.held) == (5 if held else 1)
    assert users_to_inspect(plan) == [ADA, BO]
