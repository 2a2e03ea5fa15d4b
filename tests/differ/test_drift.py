"""Drift: which users gained or lost a managed role by other hands since the last run."""

from rolesync.differ.drift import drift_since
from rolesync.model.frames import DRIFT, require
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live
from tests.strategies import User, live_of

ANN = User(1, "Ann@example.edu", "Ann", frozenset({"Admin", "Teacher"}))
BO = User(2, "", "Bo", frozenset())


def today(*users: User, roles: tuple[str, ...] = ("Admin",)) -> Live:
    return Live(live_of(users).users, roles)


def holders(*users: User) -> dict[int, str]:
    return {user.user_id: user.email for user in users}


def test_drift_lists_who_gained_and_who_lost_each_role() -> None:
    cat, dan = User(3, "cat@example.edu", "", frozenset({"Admin"})), User(4, "", "", frozenset())
    expected = ExpectedHolders("r1", {"Admin": holders(ANN, dan), "Teacher": holders(BO), "Gone": holders(BO)})
    drift = drift_since(expected, today(ANN, cat, dan, roles=("Teacher", "Admin", "New")))
    assert drift.since == "r1"
    assert drift.changes.to_dict("list") == {
        "user_id": [1, 2, 3, 4],
        "email": ["Ann@example.edu", "", "cat@example.edu", ""],
        "role": ["Teacher", "Teacher", "Admin", "Admin"],
        "action": ["add", "remove", "add", "remove"],
    }
    require(drift.changes, DRIFT)


def test_users_in_doubt_are_left_out() -> None:
    expected = ExpectedHolders("r1", {"Admin": holders(BO)}, frozenset({1, 2}))
    assert len(drift_since(expected, today(ANN)).changes) == 0


def test_without_an_earlier_run_there_is_no_drift() -> None:
    drift = drift_since(None, today(ANN))
    assert (drift.since, len(drift.changes)) == ("", 0)
