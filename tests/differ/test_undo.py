"""Undo restores the state before a run for users who are still as the run left them, and changes nothing else."""

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


def effect_on(user: User, action: str, role: str = "Admin", *, email: str | None = None) -> Effect:
    return Effect(user.user_id, user.email if email is None else email, Action(action), role, 2, "r", "t")


def steps(changes: Changes) -> list[tuple[int, str, str]]:
    table = changes.changes
    return list(zip(*(table[name].tolist() for name in ("user_id", "action", "role")), strict=True))


def held(changes: Changes) -> list[tuple[int, str, str]]:
    return list(zip(*(changes.held[name].tolist() for name in ("user_id", "action", "reason")), strict=True))


def test_additions_are_removed_and_removals_are_added() -> None:
    undo = invert_effects([effect_on(ANN, "add"), effect_on(BO, "remove")], live_of([ANN, BO]), ("Admin", "Teacher"))
    assert steps(undo) == [(1, "remove", "Admin"), (2, "add", "Admin")]
    assert set(undo.changes["reason"]) == {"undo"}
    assert undo.changes["before"].tolist() == [format_roles(ANN.roles), format_roles(BO.roles)]
    assert [(count.role, count.before, count.additions, count.removals) for count in undo.roles] == [
        ("Admin", 1, 1, 1),
        ("Teacher", 1, 0, 0),
    ]
    require(undo.changes, CHANGES)
    require(undo.held, HELD)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ([], "not_in_studio"),
        ([ANN._replace(roles=frozenset({"Teacher"}))], "already"),
        ([ANN._replace(email="amy@example.edu")], "identity_mismatch"),
    ],
)
def test_users_changed_since_the_run_are_held(now: list[User], reason: str) -> None:
    undo = invert_effects([effect_on(ANN, "add")], live_of(now), ("Admin",))
    assert (steps(undo), held(undo)) == ([], [(1, "remove", reason)])


def test_case_and_padding_of_an_address_do_not_matter() -> None:
    assert steps(invert_effects([effect_on(ANN, "add", email="ann@example.edu ")], live_of([ANN]), ("Admin",))) != []


def test_a_role_added_and_removed_in_one_run_needs_no_undo() -> None:
    undo = invert_effects([effect_on(ANN, "add"), effect_on(ANN, "remove")], live_of([ANN]), ("Admin",))
    assert (steps(undo), held(undo)) == ([], [])
    again = [effect_on(ANN, "add"), effect_on(ANN, "remove"), effect_on(ANN, "add")]
    assert steps(invert_effects(again, live_of([ANN]), ("Admin",))) == [(1, "remove", "Admin")]


def test_unmanaged_roles_are_left_alone() -> None:
    undo = invert_effects([effect_on(ANN, "add", "Teacher")], live_of([ANN]), ("Admin",))
    assert (steps(undo), held(undo)) == ([], [])


def test_a_run_without_effects_gives_no_changes() -> None:
    undo = invert_effects([], live_of([ANN]), ("Admin",))
    assert (len(undo.changes), len(undo.held)) == (0, 0)


def with_changes(users: Iterable[User], changes: Iterable[tuple[int, str, str]]) -> dict[int, User]:
    by_id = {user.user_id: user for user in users}
    for user_id, action, role in changes:
        user = by_id[user_id]
        roles = user.roles | {role} if action == "add" else user.roles - {role}
        by_id[user_id] = user._replace(roles=roles)
    return by_id


@given(situations(), st.data())
def test_a_run_and_its_inverse_restore_all_users(situation: Situation, data: st.DataObject) -> None:
    users = situation.users
    possible = [(user.user_id, "remove" if role in user.roles else "add", role) for user in users for role in ROLES]
    run = data.draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    by_id = {user.user_id: user for user in users}
    effects = [effect_on(by_id[user_id], action, role) for user_id, action, role in run]
    after = with_changes(users, run)
    gone = set(data.draw(st.lists(st.sampled_from(sorted(after)), unique=True, max_size=2))) if after else set()
    now = [user for user in after.values() if user.user_id not in gone]
    undo = invert_effects(effects, live_of(now), ROLES)
    assert with_changes(now, steps(undo)) == {user.user_id: user for user in users if user.user_id not in gone}
    assert {user_id for user_id, _, _ in held(undo)} == gone & {user_id for user_id, _, _ in run}
