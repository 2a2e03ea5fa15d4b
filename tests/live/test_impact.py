"""What people have who lose a role: counted from media, whatever Studio leaves out, and of whom it is asked."""

from dataclasses import dataclass

import pytest

from rolesync.differ.diff import diff
from rolesync.differ.holds import hold_changes
from rolesync.live.impact import MOST_BYTES, MOST_SECONDS, MediaTotals, impact_of, unknown
from rolesync.model.frames import IMPACT, require
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Completeness
from rolesync.planner.build import make_plan
from rolesync.planner.impact import users_to_inspect
from tests.strategies import CREATED_AT, SOURCE, Row, User, desired_of, live_of

ADA, BO = 7, 8


@dataclass(frozen=True)
class Medium:
    owner_id: int | None = ADA
    size: int | None = 1_000
    duration: float | None = 1.4
    created_at: str = "2024-05-03T10:00:00Z"


def counted(*media: Medium, more: int = 0) -> dict[str, object]:
    belongings = MediaTotals(ADA)
    belongings.add(media[:1])
    belongings.add(media[1:])
    return belongings.row(len(media) + more)


def test_only_what_somebody_owns_is_added_up() -> None:
    assert counted(Medium(), Medium(), Medium(BO, 9_999, 9_999, "2025-01-01T00:00:00Z")) == {
        "user_id": ADA,
        "known": "all",
        "owned": 2,
        "reachable": 3,
        "size": 2_000,
        "duration": 3,
        "newest": "2024-05-03T10:00:00Z",
        "note": "",
    }


def test_the_newest_is_so_in_any_zone_and_no_time_is_passed_over() -> None:
    times = ["2024-05-03T23:30:00-02:00", "2024-05-04T01:00:00", "", "yesterday", "9999-12-31T23:59:59-12:00"]
    assert counted(*(Medium(created_at=time) for time in times))["newest"] == "2024-05-04T01:30:00Z"
    assert counted(Medium(created_at="-"))["newest"] == ""


@pytest.mark.parametrize("size", [None, -1, MOST_BYTES + 1, 10**400])
def test_a_size_that_can_not_be_makes_the_sum_a_least(size: int | None) -> None:
    row = counted(Medium(size=size), Medium())
    assert (row["known"], row["owned"], row["size"]) == ("at_least", 2, 1_000)
    assert row["note"] == "Studio gives no size of 1 of them"


@pytest.mark.parametrize("duration", [None, -0.5, MOST_SECONDS + 1, float("inf"), float("nan")])
def test_so_does_a_duration(duration: float | None) -> None:
    row = counted(Medium(duration=duration), Medium(duration=2))
    assert (row["known"], row["duration"], row["note"]) == ("at_least", 2, "Studio gives no duration of 1 of them")


def test_so_does_a_medium_without_an_owner_and_one_that_was_not_looked_at() -> None:
    row = counted(Medium(None), Medium(), more=40_000)
    assert (row["known"], row["owned"], row["reachable"]) == ("at_least", 1, 40_002)
    assert row["note"] == "only the first 2 of 40,002 media were looked at; Studio gives no owner of 1 of them"


def test_rows_make_a_frame_by_user() -> None:
    table = require(impact_of([unknown(BO, "gone"), counted(Medium())]), IMPACT)
    assert table["user_id"].tolist() == [ADA, BO]
    assert table["known"].tolist() == [Completeness.ALL, Completeness.NOTHING]
    assert table.iloc[1][["owned", "reachable", "size", "duration", "newest", "note"]].tolist() == [
        0,
        0,
        0,
        0,
        "",
        "gone",
    ]
    assert require(impact_of([]), IMPACT).empty


def _planned(policy: Policy) -> Plan:
    people = [User(user_id, f"{user_id}@x.edu", "", frozenset({"Admin", "Teacher"})) for user_id in (9, ADA, BO)]
    rows = [Row(2, "9@x.edu", 0, "Admin"), Row(3, "9@x.edu", 0, "Teacher"), Row(4, "new@x.edu", 0, "Admin")]
    changes = hold_changes(diff(desired_of(rows), live_of(people), policy), policy, GuardBaseline())
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
def test_who_loses_two_roles_is_one_person_and_held_removals_count(*, held: bool) -> None:
    plan = _planned(Policy(("Admin", "Teacher"), hold_removals=held))
    assert len(plan.held) == (5 if held else 1)
    assert users_to_inspect(plan) == [ADA, BO]
