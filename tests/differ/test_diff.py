"""The differ: hand-made cases, and random ones compared with a naive differ on Python sets."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.differ.diff import diff
from rolesync.model.frames import CHANGES, HELD, require
from rolesync.model.keys import email_key
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, RoleCount
from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Mode
from tests.hashing import hashes_of
from tests.strategies import BIGGEST_ID, UNMANAGED, Row, Situation, User, desired_of, listed, live_of, situations

thorough = settings(max_examples=100, deadline=None)


def user(user_id: int, email: str = "", *roles: str) -> User:
    return User(user_id, email, f"User {user_id}", frozenset(roles))


def changes_of(result: Changes) -> list[tuple[object, ...]]:
    """Each change as (user_id, action, role, reason, row)."""
    shown = result.changes[["user_id", "action", "role", "reason", "row"]]
    return list(shown.itertuples(index=False, name=None))


def held_of(result: Changes) -> list[tuple[object, ...]]:
    """Each held row as (row, email, user_id, role, action, reason)."""
    return list(result.held[[name for name in HELD if name != "detail"]].itertuples(index=False, name=None))


def run(rows: list[Row], users: list[User], policy: Policy | None = None) -> Changes:
    return diff(desired_of(rows), live_of(users), policy or Policy())


def test_missing_roles_are_added_and_unlisted_holders_lose_theirs() -> None:
    result = run(
        [Row(2, "ann@example.edu", 0, "Admin"), Row(3, "bo@example.edu", 0, "Admin")],
        [user(1, "Ann@Example.edu", "Teacher"), user(2, "bo@example.edu", "Admin"), user(3, "cy@example.edu", "Admin")],
    )
    assert changes_of(result) == [(1, "add", "Admin", "listed", 2), (3, "remove", "Admin", "not_listed", 0)]
    assert result.held.empty
    assert result.roles == (RoleCount("Admin", before=2, additions=1, removals=1),)
    require(result.changes, CHANGES)
    require(result.held, HELD)


def test_changes_show_names_and_addresses_as_in_studio() -> None:
    result = run([Row(2, "ann@example.edu", 0, "Admin")], [user(BIGGEST_ID, "Ann@Example.edu", "Teacher", "Observer")])
    first = result.changes.iloc[0]
    assert (first["user_id"], first["email"], first["name"]) == (BIGGEST_ID, "Ann@Example.edu", f"User {BIGGEST_ID}")
    assert first["before"] == '["Observer", "Teacher"]'


def test_the_whole_list_and_its_assignments_give_the_same_changes() -> None:
    rows, live = [Row(2, "", 1, "Admin")], live_of([user(1)])
    assert changes_of(diff(listed(rows), live, Policy())) == changes_of(diff(desired_of(rows), live, Policy()))


def test_neighbouring_ids_above_two_to_the_53_stay_distinct() -> None:
    result = run([Row(2, "", 2**53 + 1, "Admin")], [user(2**53), user(2**53 + 1), user(2**53 + 2)])
    assert changes_of(result) == [(2**53 + 1, "add", "Admin", "listed", 2)]


def test_each_removal_has_its_reason_and_row() -> None:
    result = run(
        [Row(4, "ann@example.edu", 0, UNMANAGED), Row(6, "ann@example.edu", 0, "Teacher"), Row(7, "", 3, "Teacher")],
        [
            user(1, "ann@example.edu", "Admin"),
            user(2, "bo@example.edu", "Admin"),
            user(3, "", "Admin", "Teacher"),
            user(4, "", "Admin"),
        ],
        Policy(("Admin",)),
    )
    assert changes_of(result) == [
        (1, "remove", "Admin", Reason.LISTED_WITHOUT_ROLE, 4),
        (2, "remove", "Admin", Reason.NOT_LISTED, 0),
        (3, "remove", "Admin", Reason.LISTED_WITHOUT_ROLE, 7),
        (4, "remove", "Admin", Reason.NO_EMAIL, 0),
    ]


def test_a_user_named_twice_gets_one_change_with_the_first_row() -> None:
    result = run([Row(5, "ann@example.edu", 0, "Admin"), Row(3, "", 1, "Admin")], [user(1, "ann@example.edu")])
    assert changes_of(result) == [(1, "add", "Admin", "listed", 3)]


def test_a_user_for_whom_studio_refused_to_search_is_not_called_missing() -> None:
    rows = [Row(2, "new@example.edu", 0, "Admin"), Row(3, "odd@example.edu", 0, "Admin")]
    live = replace(live_of([]), refusals={"odd@example.edu": "Studio answered 422 (Invalid email)"})
    held = diff(desired_of(rows), live, Policy()).held
    assert held["reason"].tolist() == ["not_in_studio", "search_refused"]
    assert "unknown: Studio answered 422 (Invalid email)" in held["detail"].tolist()[1]


def test_a_user_not_in_studio_is_held_and_changes_nothing_else() -> None:
    result = run([Row(2, "new@example.edu", 0, "Admin"), Row(3, "", 9, "Admin")], [user(1, "", "Admin")])
    assert held_of(result) == [
        (2, "new@example.edu", 0, "Admin", "add", "not_in_studio"),
        (3, "", 9, "Admin", "add", "not_in_studio"),
    ]
    assert "next run" in result.held["detail"].iloc[0]
    assert changes_of(result) == [(1, "remove", "Admin", "no_email", 0)]


def test_a_shared_address_holds_the_addition_and_the_removals_of_all_its_users() -> None:
    result = run(
        [Row(2, "ann@example.edu", 0, "Admin")],
        [user(1, "ANN@example.edu", "Teacher"), user(2, "ann@example.edu", "Teacher", "Admin"), user(3)],
        Policy(("Admin", "Teacher")),
    )
    assert changes_of(result) == []
    assert held_of(result) == [
        (2, "ann@example.edu", 0, "Admin", "add", "ambiguous"),
        (2, "ann@example.edu", 2, "Admin", "remove", "ambiguous"),
        (2, "ANN@example.edu", 1, "Teacher", "remove", "ambiguous"),
        (2, "ann@example.edu", 2, "Teacher", "remove", "ambiguous"),
    ]
    assert "users 1, 2 share" in result.held["detail"].iloc[0]
    assert result.roles == (RoleCount("Admin", 1, 0, 0), RoleCount("Teacher", 2, 0, 0))


def test_an_id_distinguishes_users_who_share_an_address() -> None:
    users = [user(1, "ann@example.edu"), user(2, "ann@example.edu", "Admin")]
    assert changes_of(run([Row(2, "ann@example.edu", 1, "Admin")], users)) == [
        (1, "add", "Admin", "listed", 2),
        (2, "remove", "Admin", "not_listed", 0),
    ]


@pytest.mark.parametrize("user_id", [1, 9], ids=["known id", "unknown id"])
def test_an_id_with_another_users_address_holds_both_users(user_id: int) -> None:
    users = [user(1, "ann@example.edu", "Admin"), user(2, "bo@example.edu", "Admin"), user(3, "cy@x.org", "Admin")]
    result = run([Row(2, "bo@example.edu", user_id, "Admin")], users)
    candidates = [1, 2] if user_id == 1 else [2]
    assert [(row[2], row[4]) for row in held_of(result)] == [
        (user_id, "add"),
        *((candidate, "remove") for candidate in candidates),
    ]
    assert set(result.held["reason"]) == {"identity_mismatch"}
    assert "user 2 has" in result.held["detail"].iloc[0]
    unaffected = [user.user_id for user in users if user.user_id not in candidates]
    assert [change[0] for change in changes_of(result)] == unaffected


def test_an_uncertain_row_for_an_unmanaged_role_holds_removals_too() -> None:
    users = [user(1, "ann@example.edu", "Admin"), user(2, "bo@example.edu", "Admin")]
    assert held_of(run([Row(2, "bo@example.edu", 1, UNMANAGED)], users)) == [
        (2, "ann@example.edu", 1, "Admin", "remove", "identity_mismatch"),
        (2, "bo@example.edu", 2, "Admin", "remove", "identity_mismatch"),
    ]


def test_additive_mode_neither_removes_nor_holds_removals() -> None:
    users = [user(1, "ann@example.edu", "Admin"), user(2, "ann@example.edu"), user(3, "bo@example.edu", "Admin")]
    result = run([Row(2, "ann@example.edu", 0, "Admin")], users, Policy(mode=Mode.ADDITIVE))
    assert changes_of(result) == []
    assert [row[4] for row in held_of(result)] == ["add"]


def test_an_empty_list_for_an_empty_account_changes_nothing() -> None:
    result = run([], [])
    assert result.changes.empty
    assert result.held.empty
    assert result.roles == (RoleCount("Admin", 0, 0, 0),)
    require(result.changes, CHANGES)


def test_a_read_without_a_managed_role_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not complete for \['Student'\]"):
        run([], [user(1, "", "Admin")], Policy(("Admin", UNMANAGED)))


def test_a_user_who_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="user 7 occurs twice"):
        run([], [user(7, "", "Admin"), user(8), user(7)])


@pytest.mark.parametrize("row", [Row(2, "", 0, "Admin"), Row(0, "ann@example.edu", 0, "Admin")])
def test_a_row_without_user_or_number_is_refused(row: Row) -> None:
    with pytest.raises(ValueError, match="the reader must refuse it"):
        run([Row(9, "bo@example.edu", 0, "Admin"), row], [user(1, "", "Admin")])


def test_users_whose_roles_are_missing_are_refused() -> None:
    live = live_of([user(1), user(2)])
    users = live.users.assign(roles=pd.Categorical([None, "[]"]))
    with pytest.raises(ValueError, match="roles of a live user are missing"):
        diff(desired_of([]), Live(users, live.roles), Policy())


def test_a_frame_of_another_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="role"):
        diff(desired_of([]).drop(columns="role"), live_of([]), Policy())


@pytest.mark.parametrize("odd", ["", "Stra\u00dfe@example.edu", " Padded@example.edu", "two\nlines@example.edu"])
def test_users_are_found_across_the_blocks_of_a_large_account(odd: str) -> None:
    users = [user(number, f"Person{number}@Example.edu") for number in range(1, 12_001)]
    users[10_500] = user(10_501, odd)
    rows = [
        Row(number + 1, f"person{number}@example.edu", 0, "Admin") for number in range(1, 12_001) if number != 10_501
    ]
    if odd:
        rows.append(Row(12_500, email_key(odd), 0, "Admin"))
    result = run(rows, users)
    assert result.held.empty
    assert len(result.changes) == len(rows)


class Meaning(NamedTuple):
    """The user whom a row means, or None with the reason and all users whom it may mean."""

    user_id: int | None
    reason: HeldReason = HeldReason.NOT_IN_STUDIO
    doubtful: frozenset[int] = frozenset()


def meaning(row: Row, users: dict[int, User]) -> Meaning:
    owners = frozenset(user.user_id for user in users.values() if row.email and email_key(user.email) == row.email)
    if not row.user_id:
        if len(owners) > 1:
            return Meaning(None, HeldReason.AMBIGUOUS, owners)
        return Meaning(next(iter(owners), None))
    known = frozenset({row.user_id} & set(users))
    if row.email and row.user_id not in owners and (owners or known):
        return Meaning(None, HeldReason.IDENTITY_MISMATCH, owners | known)
    return Meaning(row.user_id if known else None)


def oracle(situation: Situation) -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
    """Apply the rules user by user: returns the changes and the held rows."""
    policy, users = situation.policy, {user.user_id: user for user in situation.users}
    managed = set(policy.managed_roles)
    meanings = [(row, meaning(row, users)) for row in sorted(situation.rows)]
    certain = [(row, meant.user_id) for row, meant in reversed(meanings) if meant.user_id is not None]
    naming_row = {user_id: row.row for row, user_id in certain}
    desired = {(user_id, row.role): row.row for row, user_id in certain if row.role in managed}
    doubts = {user_id: (row.row, meant.reason.value) for row, meant in reversed(meanings) for user_id in meant.doubtful}
    held: set[tuple[object, ...]] = {
        (row.row, row.email, row.user_id, row.role, "add", meant.reason.value)
        for row, meant in meanings
        if meant.user_id is None and row.role in managed
    }
    changes: set[tuple[object, ...]] = {
        (user_id, "add", role, "listed", row)
        for (user_id, role), row in desired.items()
        if role not in users[user_id].roles
    }
    surplus = {
        (user, role) for user in situation.users for role in user.roles & managed if (user[0], role) not in desired
    }
    for user, role in surplus if policy.mode is Mode.SYNC else ():
        if user.user_id in doubts:
            row, reason = doubts[user.user_id]
            held.add((row, user.email, user.user_id, role, "remove", reason))
        elif user.user_id in naming_row:
            changes.add((user.user_id, "remove", role, "listed_without_role", naming_row[user.user_id]))
        else:
            changes.add((user.user_id, "remove", role, "not_listed" if email_key(user.email) else "no_email", 0))
    return changes, held


def applied(situation: Situation, result: Changes) -> Situation:
    """The same situation after all changes are applied."""
    roles = {user.user_id: set(user.roles) for user in situation.users}
    for user_id, action, role, _, _ in changes_of(result):
        held = roles[int(str(user_id))]
        (held.add if action == "add" else held.remove)(str(role))
    users = tuple(user._replace(roles=frozenset(roles[user.user_id])) for user in situation.users)
    return Situation(users, situation.rows, situation.policy)


@thorough
@given(situations())
def test_changes_and_held_rows_equal_those_of_the_naive_differ(situation: Situation) -> None:
    result = diff(situation.desired, situation.live, situation.policy)
    changes, held = oracle(situation)
    assert len(result.changes) == len(changes)
    assert set(changes_of(result)) == changes
    assert len(result.held) == len(held)
    assert set(held_of(result)) == held
    for count in result.roles:
        actions = [change[1] for change in changes if change[2] == count.role]
        assert (count.additions, count.removals) == (actions.count("add"), actions.count("remove"))
        assert count.before == sum(count.role in user.roles for user in situation.users)
    assert tuple(count.role for count in result.roles) == situation.policy.managed_roles


@thorough
@given(situations(Mode.SYNC))
def test_after_applying_the_roles_equal_the_list_and_nothing_remains(situation: Situation) -> None:
    result = diff(situation.desired, situation.live, situation.policy)
    after = applied(situation, result)
    again = diff(after.desired, after.live, after.policy)
    assert again.changes.empty
    pd.testing.assert_frame_equal(again.held, result.held)
    managed = set(situation.policy.managed_roles)
    kept = {(row[2], row[3]) for row in held_of(result) if row[4] == "remove"}
    for before, now in zip(situation.users, after.users, strict=True):
        assert before.roles - managed == now.roles - managed
        listed_roles = {row.role for row in situation.rows if _names(row, before, situation.users)} & managed
        assert now.roles & managed == listed_roles | {role for user_id, role in kept if user_id == now.user_id}


def _names(row: Row, user: User, users: tuple[User, ...]) -> bool:
    """Whether a row certainly names this user."""
    if row.user_id:
        return row.user_id == user.user_id and row.email in {"", email_key(user.email)}
    return [other for other in users if email_key(other.email) == row.email] == [user]


@pytest.mark.parametrize("bits", [2, 0])
@settings(max_examples=60, deadline=None)
@given(situation=situations())
def test_addresses_with_colliding_hashes_stay_distinct(bits: int, situation: Situation) -> None:
    expected = diff(situation.desired, situation.live, situation.policy)
    with hashes_of(bits):
        result = diff(situation.desired, situation.live, situation.policy)
    pd.testing.assert_frame_equal(result.changes, expected.changes)
    pd.testing.assert_frame_equal(result.held, expected.held)


@thorough
@given(situations(Mode.ADDITIVE))
def test_additive_mode_never_removes(situation: Situation) -> None:
    result = diff(situation.desired, situation.live, situation.policy)
    assert "remove" not in [*result.changes["action"], *result.held["action"]]


@thorough
@given(situations(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_users_does_not_matter(situation: Situation, seed: int) -> None:
    expected = diff(situation.desired, situation.live, situation.policy)
    generator = np.random.default_rng(seed)
    rows = situation.desired.sample(frac=1, random_state=generator)
    users = situation.live.users.sample(frac=1, random_state=generator)
    shuffled = diff(rows, Live(users, situation.live.roles), situation.policy)
    pd.testing.assert_frame_equal(expected.changes, shuffled.changes)
    assert held_of(expected) == held_of(shuffled)
    assert expected.roles == shuffled.roles
    numbers = generator.permutation(rows["row"].tolist())
    renumbered = diff(rows.assign(row=numbers.astype("int64")), situation.live, situation.policy)
    pd.testing.assert_frame_equal(expected.changes.drop(columns="row"), renumbered.changes.drop(columns="row"))
