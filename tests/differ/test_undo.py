"""Taking a run back: the state before it, for whoever is still as it left them, and nothing else moves."""

from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st

from rolesync.differ.undo import invert_effects
from rolesync.model.frames import CHANGES, HELD, require
from rolesync.model.history import Effect
from rolesync.model.keys import format_roles
from rolesync.model.plans import Changes
from rolesync.model.vocabulary import Action
from tests.strategies import ROLES, Situation, User, live_of, situations

ANN = User(1, "Ann@example.edu", "Ann", frozenset({"Admin", "Teacher"}))
BO = User(2, "", "Bo", frozenset())


def did(user: User, action: str, role: str = "Admin", *, email: str | None = None) -> Effect:
    return Effect(user.user_id, user.email if email is None else email, Action(action), role, 2, "r", "t")


def steps(changes: Changes) -> list[tuple[int, str, str]]:
    table = changes.changes
    return list(zip(*(table[name].tolist() for name in ("user_id", "action", "role")), strict=True))


def held(changes: Changes) -> list[tuple[int, str, str]]:
    return list(zip(*(changes.held[name].tolist() for name in ("user_id", "action", "reason")), strict=True))


def test_what_was_given_is_taken_and_what_was_taken_is_given() -> None:
    found = invert_effects([did(ANN, "add"), did(BO, "remove")], live_of([ANN, BO]), ("Admin", "Teacher"))
    assert steps(found) == [(1, "remove", "Admin"), (2, "add", "Admin")]
    assert set(found.changes["reason"]) == {"undo"}
    assert found.changes["before"].tolist() == [format_roles(ANN.roles), format_roles(BO.roles)]
    assert [(one.role, one.before, one.additions, one.removals) for one in found.roles] == [
        ("Admin", 1, 1, 1),
        ("Teacher", 1, 0, 0),
    ]
    require(found.changes, CHANGES)
    require(found.held, HELD)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ([], "not_in_studio"),
        ([ANN._replace(roles=frozenset({"Teacher"}))], "already"),
        ([ANN._replace(email="amy@example.edu")], "identity_mismatch"),
    ],
)
def test_whoever_is_not_as_the_run_left_them_is_held(now: list[User], reason: str) -> None:
    found = invert_effects([did(ANN, "add")], live_of(now), ("Admin",))
    assert (steps(found), held(found)) == ([], [(1, "remove", reason)])


def test_the_same_address_in_another_spelling_is_the_same() -> None:
    assert steps(invert_effects([did(ANN, "add", email="ann@example.edu ")], live_of([ANN]), ("Admin",))) != []


def test_what_was_given_and_taken_in_one_run_needs_no_undoing() -> None:
    found = invert_effects([did(ANN, "add"), did(ANN, "remove")], live_of([ANN]), ("Admin",))
    assert (steps(found), held(found)) == ([], [])
    again = [did(ANN, "add"), did(ANN, "remove"), did(ANN, "add")]
    assert steps(invert_effects(again, live_of([ANN]), ("Admin",))) == [(1, "remove", "Admin")]


def test_roles_that_are_not_managed_are_left_alone() -> None:
    found = invert_effects([did(ANN, "add", "Teacher")], live_of([ANN]), ("Admin",))
    assert (steps(found), held(found)) == ([], [])


def test_nothing_done_nothing_undone() -> None:
    found = invert_effects([], live_of([ANN]), ("Admin",))
    assert (len(found.changes), len(found.held)) == (0, 0)


def moved(users: Iterable[User], taken: Iterable[tuple[int, str, str]]) -> dict[int, User]:
    people = {user.user_id: user for user in users}
    for user_id, action, role in taken:
        user = people[user_id]
        roles = user.roles | {role} if action == "add" else user.roles - {role}
        people[user_id] = user._replace(roles=roles)
    return people


@given(situations(), st.data())
def test_a_run_and_its_inverse_leave_everybody_as_before(situation: Situation, data: st.DataObject) -> None:
    users = situation.users
    possible = [(user.user_id, "remove" if role in user.roles else "add", role) for user in users for role in ROLES]
    run = data.draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    people = {user.user_id: user for user in users}
    done = [did(people[user_id], action, role) for user_id, action, role in run]
    after = moved(users, run)
    gone = set(data.draw(st.lists(st.sampled_from(sorted(after)), unique=True, max_size=2))) if after else set()
    now = [user for user in after.values() if user.user_id not in gone]
    found = invert_effects(done, live_of(now), ROLES)
    assert moved(now, steps(found)) == {user.user_id: user for user in users if user.user_id not in gone}
    assert {user_id for user_id, _, _ in held(found)} == gone & {user_id for user_id, _, _ in run}
