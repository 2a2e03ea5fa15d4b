"""Drift: who is not as the plan saw them, and what is no drift."""

import pandas as pd
import pytest

from rolesync.drift import Drift, drifted
from rolesync.model import CHANGES, Live, frame, role_set
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
        "before": [role_set(one.roles) for one in people],
    }
    return frame(CHANGES, data)


def today(*people: User, roles: tuple[str, ...] = ("Admin", "Observer, caption")) -> Live:
    return Live(live_of(people).users, roles)


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
    assert drifted(changes_of(ANN, BO), today(BO, now, User(9, "c@example.edu", "C", frozenset({"Admin"})))) == ()


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
    assert drifted(changes_of(BO, ANN), today(BO, now)) == (
        Drift(1, "Ann@example.edu", "Ann@example.edu: Admin", words),
    )


def test_whoever_is_gone_has_drifted() -> None:
    assert drifted(changes_of(ANN, BO), today(ANN)) == (Drift(2, "", "no e-mail: no managed role", "not in Studio"),)


def test_an_address_that_came_is_drift() -> None:
    now = BO._replace(email="bo@example.edu")
    assert [one.now for one in drifted(changes_of(BO), today(now))] == ["bo@example.edu: no managed role"]


def test_each_person_is_told_once_in_the_plans_order() -> None:
    twice = pd.concat([changes_of(BO), changes_of(ANN), changes_of(ANN, role="Teacher")], ignore_index=True)
    twice = twice.astype({"action": "category", "role": "category", "reason": "category", "before": "category"})
    assert [one.user_id for one in drifted(twice, today())] == [2, 1]


def test_no_changes_no_drift() -> None:
    assert drifted(frame(CHANGES), today()) == ()


def test_only_changes_are_taken() -> None:
    with pytest.raises(TypeError, match="don't fit"):
        drifted(live_of((ANN,)).users, today())
