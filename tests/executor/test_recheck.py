"""A saved plan compared with Studio as it is now: what is still to send, what is done, and what has drifted."""

import pandas as pd
import pytest

from rolesync.executor.recheck import LastSeenRoles, recheck
from rolesync.model.frames import CHANGES, OUTCOMES, frame, require
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from tests.strategies import User, live_of

ANN = User(1, "Ann@example.edu", "Ann", frozenset({"Admin", "Teacher"}))
BO = User(2, "", "Bo", frozenset())


def changes_of(*users: User, role: str = "Admin") -> pd.DataFrame:
    data = {
        "user_id": [user.user_id for user in users],
        "email": [user.email for user in users],
        "name": [user.name for user in users],
        "action": ["remove" if role in user.roles else "add" for user in users],
        "role": [role] * len(users),
        "reason": ["listed"] * len(users),
        "row": [2] * len(users),
        "before": [format_roles(user.roles) for user in users],
    }
    return frame(CHANGES, data)


def today(*users: User, roles: tuple[str, ...] = ("Admin", "Observer, caption")) -> Live:
    return Live(live_of(users).users, roles)


NOT_SENT, DONE, DRIFTED = "not_sent", "done", "drifted"


def outcomes(changes: pd.DataFrame, live: Live, last_seen: LastSeenRoles | None = None) -> list[str]:
    return recheck(changes, live, last_seen or {}).outcomes["outcome"].tolist()


@pytest.mark.parametrize(
    "now",
    [
        ANN,
        ANN._replace(email="ann@EXAMPLE.edu "),
        ANN._replace(name="Ann B."),
        ANN._replace(roles=frozenset({"Admin", "Student"})),  # roles that are not managed
    ],
)
def test_unmanaged_roles_names_and_the_case_of_addresses_are_no_drift(now: User) -> None:
    changes = changes_of(ANN, BO)
    remaining = recheck(changes, today(BO, now, User(9, "c@example.edu", "C", frozenset({"Admin"}))), {})
    assert remaining.outcomes["outcome"].tolist() == [NOT_SENT, NOT_SENT]
    assert remaining.to_send["before"].tolist() == [format_roles(now.roles), format_roles(BO.roles)]
    assert remaining.to_send.drop(columns="before").equals(changes.drop(columns="before"))
    assert remaining.positions == (0, 1)


@pytest.mark.parametrize(
    ("now", "shown"),
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
def test_another_address_or_other_managed_roles_are_drift(now: User, shown: str) -> None:
    remaining = recheck(changes_of(BO, ANN), today(BO, now), {})
    assert remaining.outcomes["outcome"].tolist() == [NOT_SENT, DRIFTED]
    assert remaining.outcomes["detail"].tolist() == ["", f"not sent: was Ann@example.edu: Admin, is {shown}"]
    assert remaining.outcomes["after"].tolist() == ["", format_roles(now.roles)]
    assert remaining.to_send["user_id"].tolist() == [2]


def test_a_user_no_longer_in_studio_has_drifted() -> None:
    remaining = recheck(changes_of(ANN, BO), today(ANN), {2: None})
    assert remaining.outcomes["outcome"].tolist() == [NOT_SENT, DRIFTED]
    assert remaining.outcomes["detail"].tolist()[1] == "not sent: was no e-mail: no managed role, is not in Studio"


def test_a_new_address_is_drift() -> None:
    assert outcomes(changes_of(BO), today(BO._replace(email="bo@example.edu"))) == [DRIFTED]


def categories(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"action": "category", "role": "category", "reason": "category", "before": "category"})


TWO = categories(
    pd.concat([changes_of(ANN), changes_of(ANN, role="Observer, caption"), changes_of(BO)], ignore_index=True)
)
"""Ann loses Admin and gets another role, Bo gets Admin."""


def test_no_change_of_a_drifted_user_is_sent() -> None:
    assert outcomes(TWO, today(ANN._replace(email="amy@example.edu"), BO)) == [DRIFTED, DRIFTED, NOT_SENT]


def test_what_an_earlier_run_has_done_counts_as_done_and_the_rest_remains() -> None:
    half = ANN._replace(roles=frozenset({"Teacher"}))
    remaining = recheck(TWO, today(half, BO), {1: ["Teacher"]})
    assert remaining.outcomes["outcome"].tolist() == [DONE, NOT_SENT, NOT_SENT]
    assert remaining.outcomes["detail"].tolist() == ["done by an earlier run of this plan", "", ""]
    assert remaining.to_send["before"].tolist() == [format_roles({"Teacher"}), format_roles(())]
    assert remaining.positions == (1, 2)


def test_a_user_changed_again_after_an_earlier_run_has_drifted() -> None:
    half = ANN._replace(roles=frozenset({"Teacher", "Observer, caption"}))
    assert outcomes(TWO, today(half, BO), {1: ["Teacher"]}) == [DRIFTED, DRIFTED, NOT_SENT]
    assert outcomes(TWO, today(half, BO), {1: None}) == [DRIFTED, DRIFTED, NOT_SENT]


def test_a_change_taken_back_after_an_earlier_run_is_sent_again() -> None:
    assert outcomes(TWO, today(ANN, BO), {1: ["Teacher"], 2: ["Admin"]}) == [NOT_SENT, NOT_SENT, NOT_SENT]


def test_sent_outcomes_take_their_place_in_the_plan() -> None:
    remaining = recheck(TWO, today(ANN._replace(email="amy@example.edu"), BO), {})
    sent = frame(OUTCOMES, {**remaining.to_send, "outcome": ["failed"], "after": [format_roles(())], "detail": ["no"]})
    outcomes_of_all = require(remaining.with_sent(sent), OUTCOMES)
    assert outcomes_of_all["outcome"].tolist() == [DRIFTED, DRIFTED, "failed"]
    assert outcomes_of_all["detail"].tolist()[2] == "no"
    assert outcomes_of_all["before"].tolist() == TWO["before"].tolist()


def test_a_plan_without_changes_has_nothing_to_send() -> None:
    remaining = recheck(frame(CHANGES), today(), {})
    assert (len(remaining.to_send), len(remaining.with_sent(frame(OUTCOMES))), remaining.positions) == (0, 0, ())


def test_a_frame_of_another_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="don't fit"):
        recheck(live_of((ANN,)).users, today(), {})
