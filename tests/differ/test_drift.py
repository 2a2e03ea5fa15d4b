"""Drift: who is not as the plan saw them, and what is no drift."""

import pandas as pd
import pytest

from rolesync.differ.drift import drift_since
from rolesync.executor.recheck import LastSeenRoles, recheck
from rolesync.model.frames import CHANGES, DRIFT, OUTCOMES, frame, require
from rolesync.model.history import ExpectedHolders
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from tests.strategies import User, live_of

ANN = User(1, "Ann@example.edu", "Ann", frozenset({"Admin", "Teacher"}))
BO = User(2, "", "Bo", frozenset())


def changes_of(*people: User, role: str = "Admin") -> pd.DataFrame:
    data = {
        "user_id": [one.user_id for one in people],
        "email": [one.email for one in people],
        "name": [one.name for one in people],
        "action": ["remove" if role in one.roles else "add" for one in people],
        "role": [role] * len(people),
        "reason": ["listed"] * len(people),
        "row": [2] * len(people),
        "before": [format_roles(one.roles) for one in people],
    }
    return frame(CHANGES, data)


def today(*people: User, roles: tuple[str, ...] = ("Admin", "Observer, caption")) -> Live:
    return Live(live_of(people).users, roles)


NOT_SENT, DONE, DRIFTED = "not_sent", "done", "drifted"


def ends(changes: pd.DataFrame, live: Live, seen: LastSeenRoles | None = None) -> list[str]:
    return recheck(changes, live, seen or {}).outcomes["outcome"].tolist()


@pytest.mark.parametrize(
    "now",
    [
        ANN,
        ANN._replace(email="ann@EXAMPLE.edu "),
        ANN._replace(name="Ann B."),
        ANN._replace(roles=frozenset({"Admin", "Student"})),  # roles that are not managed
    ],
)
def test_what_is_no_drift(now: User) -> None:
    changes = changes_of(ANN, BO)
    found = recheck(changes, today(BO, now, User(9, "c@example.edu", "C", frozenset({"Admin"}))), {})
    assert found.outcomes["outcome"].tolist() == [NOT_SENT, NOT_SENT]
    assert found.to_send["before"].tolist() == [format_roles(now.roles), format_roles(BO.roles)]
    assert found.to_send.drop(columns="before").equals(changes.drop(columns="before"))
    assert found.positions == (0, 1)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (ANN._replace(email="amy@example.edu"), "amy@example.edu: Admin"),
        (ANN._replace(email=""), "no e-mail: Admin"),
        (ANN._replace(roles=frozenset({"Teacher"})), "Ann@example.edu: no managed role"),
        (
            ANN._replace(roles=frozenset({"Observer, caption", "Admin"})),
            "Ann@example.edu: Admin, Observer, caption",
        ),
    ],
)
def test_another_address_or_other_managed_roles_are_drift(now: User, words: str) -> None:
    found = recheck(changes_of(BO, ANN), today(BO, now), {})
    assert found.outcomes["outcome"].tolist() == [NOT_SENT, DRIFTED]
    assert found.outcomes["detail"].tolist() == ["", f"not sent: was Ann@example.edu: Admin, is {words}"]
    assert found.outcomes["after"].tolist() == ["", format_roles(now.roles)]
    assert found.to_send["user_id"].tolist() == [2]


def test_whoever_is_gone_has_drifted() -> None:
    found = recheck(changes_of(ANN, BO), today(ANN), {2: None})
    assert found.outcomes["outcome"].tolist() == [NOT_SENT, DRIFTED]
    assert found.outcomes["detail"].tolist()[1] == "not sent: was no e-mail: no managed role, is not in Studio"


def test_an_address_that_came_is_drift() -> None:
    assert ends(changes_of(BO), today(BO._replace(email="bo@example.edu"))) == [DRIFTED]


def categories(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"action": "category", "role": "category", "reason": "category", "before": "category"})


TWO = categories(
    pd.concat([changes_of(ANN), changes_of(ANN, role="Observer, caption"), changes_of(BO)], ignore_index=True)
)
"""Ann loses Admin and gets another role, Bo gets Admin."""


def test_all_of_a_person_that_drifted_is_held() -> None:
    assert ends(TWO, today(ANN._replace(email="amy@example.edu"), BO)) == [DRIFTED, DRIFTED, NOT_SENT]


def test_what_an_earlier_run_has_done_is_done_and_the_rest_is_left() -> None:
    half = ANN._replace(roles=frozenset({"Teacher"}))
    found = recheck(TWO, today(half, BO), {1: ["Teacher"]})
    assert found.outcomes["outcome"].tolist() == [DONE, NOT_SENT, NOT_SENT]
    assert found.outcomes["detail"].tolist() == ["done by an earlier run of this plan", "", ""]
    assert found.to_send["before"].tolist() == [format_roles({"Teacher"}), format_roles(())]
    assert found.positions == (1, 2)


def test_what_an_earlier_run_has_done_and_somebody_changed_is_drift() -> None:
    half = ANN._replace(roles=frozenset({"Teacher", "Observer, caption"}))
    assert ends(TWO, today(half, BO), {1: ["Teacher"]}) == [DRIFTED, DRIFTED, NOT_SENT]
    assert ends(TWO, today(half, BO), {1: None}) == [DRIFTED, DRIFTED, NOT_SENT]


def test_what_was_done_and_taken_back_is_done_again() -> None:
    assert ends(TWO, today(ANN, BO), {1: ["Teacher"], 2: ["Admin"]}) == [NOT_SENT, NOT_SENT, NOT_SENT]


def test_what_was_sent_takes_its_place() -> None:
    found = recheck(TWO, today(ANN._replace(email="amy@example.edu"), BO), {})
    sent = frame(OUTCOMES, {**found.to_send, "outcome": ["failed"], "after": [format_roles(())], "detail": ["no"]})
    together = require(found.with_sent(sent), OUTCOMES)
    assert together["outcome"].tolist() == [DRIFTED, DRIFTED, "failed"]
    assert together["detail"].tolist()[2] == "no"
    assert together["before"].tolist() == TWO["before"].tolist()


def test_no_changes_no_drift() -> None:
    found = recheck(frame(CHANGES), today(), {})
    assert (len(found.to_send), len(found.with_sent(frame(OUTCOMES))), found.positions) == (0, 0, ())


def test_only_changes_are_taken() -> None:
    with pytest.raises(TypeError, match="don't fit"):
        recheck(live_of((ANN,)).users, today(), {})


def held(*people: User, email: bool = True) -> dict[int, str]:
    return {one.user_id: one.email if email else "" for one in people}


def test_what_others_changed_is_who_gained_and_who_lost_each_role() -> None:
    cat, dan = User(3, "cat@example.edu", "", frozenset({"Admin"})), User(4, "", "", frozenset())
    expected = ExpectedHolders("r1", {"Admin": held(ANN, dan), "Teacher": held(BO), "Gone": held(BO)})
    found = drift_since(expected, today(ANN, cat, dan, roles=("Teacher", "Admin", "New")))
    assert found.since == "r1"
    assert found.changes.to_dict("list") == {
        "user_id": [1, 2, 3, 4],
        "email": ["Ann@example.edu", "", "cat@example.edu", ""],
        "role": ["Teacher", "Teacher", "Admin", "Admin"],
        "action": ["add", "remove", "add", "remove"],
    }
    require(found.changes, DRIFT)


def test_of_people_in_doubt_nothing_is_said() -> None:
    expected = ExpectedHolders("r1", {"Admin": held(BO)}, frozenset({1, 2}))
    assert len(drift_since(expected, today(ANN)).changes) == 0


def test_without_anything_to_compare_nothing_is_known() -> None:
    found = drift_since(None, today(ANN))
    assert (found.since, len(found.changes)) == ("", 0)
