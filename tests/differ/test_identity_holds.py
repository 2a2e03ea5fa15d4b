"""Who may be meant by a row keeps the role, and who may not be meant doesn't gain one."""

from collections.abc import Sequence

import pytest

from rolesync.differ.diff import diff
from rolesync.differ.identity_holds import former_addresses, hold_uncertain_identities
from rolesync.model.desired import ListRows
from rolesync.model.history import ExpectedHolders
from rolesync.model.plans import Changes, Policy, RoleCount
from tests.strategies import Row, User, desired_of, live_of

ANN, BO = "ann.smith@example.edu", "bo@example.edu"
ADMIN, NOTHING = frozenset({"Admin"}), frozenset[str]()
LIST = (Row(2, ANN, 0, "Admin"), Row(3, BO, 0, "Admin"))
LAST = ExpectedHolders("r1", {"Admin": {1001: "Ann.Smith@example.edu", 2: BO}})
KEEPS = User(2, BO, "Bo", ADMIN)

Held = tuple[int, int, str, str]


def planned(users: Sequence[User], rows: Sequence[Row] = LIST, last: ExpectedHolders | None = LAST) -> Changes:
    desired = desired_of(rows)
    return hold_uncertain_identities(diff(desired, live_of(users), Policy()), ListRows.of(desired), last)


def held(changes: Changes) -> list[Held]:
    return list(changes.held[["row", "user_id", "action", "reason"]].itertuples(index=False, name=None))


def actions(changes: Changes) -> list[tuple[int, str]]:
    return list(changes.changes[["user_id", "action"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("email", "now"), [("ann.jones@example.edu", "is now ann.jones@"), ("", "has no address now")])
def test_a_user_who_was_renamed_keeps_the_role(email: str, now: str) -> None:
    changes = planned([User(1001, email, "Ann", ADMIN), KEEPS])
    assert actions(changes) == []
    assert held(changes) == [(0, 1001, "remove", "renamed"), (2, 1001, "add", "renamed")]
    assert all(f"#1001 was {ANN}, and {now}" in detail for detail in changes.held["detail"])
    assert "correct row 2" in changes.held["detail"].iloc[0]
    assert changes.roles == (RoleCount("Admin", 2, 0, 0),)
    assert former_addresses(changes.held, LAST) == {1001: ANN}


def test_a_rename_is_remembered_by_the_next_runs() -> None:
    last = ExpectedHolders("r2", {"Admin": {1001: "ann.jones@example.edu", 2: BO}}, former={1001: ANN})
    changes = planned([User(1001, "ann.jones@example.edu", "Ann", ADMIN), KEEPS], last=last)
    assert held(changes) == [(0, 1001, "remove", "renamed"), (2, 1001, "add", "renamed")]


@pytest.mark.parametrize("last", [None, ExpectedHolders("r1", {"Admin": {1001: "other@example.edu", 2: BO}})])
def test_a_user_whom_no_row_meant_loses_the_role(last: ExpectedHolders | None) -> None:
    changes = planned([User(1001, "ann.jones@example.edu", "Ann", ADMIN), KEEPS], last=last)
    assert actions(changes) == [(1001, "remove")]
    assert held(changes) == [(2, 0, "add", "not_in_studio")]


def test_a_corrected_row_resolves_a_rename() -> None:
    rows = (Row(2, "ann.jones@example.edu", 0, "Admin"), Row(3, BO, 0, "Admin"), Row(4, ANN, 0, "Admin"))
    changes = planned([User(1001, "ann.jones@example.edu", "Ann", ADMIN), KEEPS], rows)
    assert (actions(changes), held(changes)) == ([], [(4, 0, "add", "not_in_studio")])
    deleted = planned([User(1001, "ann.jones@example.edu", "Ann", ADMIN), KEEPS], LIST[1:])
    assert actions(deleted) == [(1001, "remove")]


@pytest.mark.parametrize("email", ["ann.jones@example.edu", ""])
def test_an_address_that_moved_to_another_user_gives_that_user_nothing(email: str) -> None:
    changes = planned([User(1001, email, "Ann", ADMIN), User(1099, ANN, "New", NOTHING), KEEPS])
    assert actions(changes) == []
    assert held(changes) == [(0, 1001, "remove", "address_moved"), (2, 1001, "add", "address_moved")]
    text = f"{ANN} was the address of #1001, and is now that of #1099: put the user_id of the right user into row 2"
    assert changes.held["detail"].tolist() == [text, text]
    assert former_addresses(changes.held, LAST) == {1001: ANN}
    assert changes.roles == (RoleCount("Admin", 2, 0, 0),)


def test_an_address_that_moved_is_held_even_if_its_former_user_is_gone() -> None:
    changes = planned([User(1099, ANN, "New", NOTHING), KEEPS])
    assert (actions(changes), held(changes)) == ([], [(2, 1001, "add", "address_moved")])


def test_an_id_in_the_row_says_who_is_meant() -> None:
    rows = (Row(2, ANN, 1099, "Admin"), Row(3, BO, 0, "Admin"))
    changes = planned([User(1001, "a@example.edu", "Ann", ADMIN), User(1099, ANN, "New", NOTHING), KEEPS], rows)
    assert (actions(changes), held(changes)) == ([(1001, "remove"), (1099, "add")], [])


def test_a_new_address_in_the_same_form_is_no_rename() -> None:
    last = ExpectedHolders("r1", {"Admin": {}, "Teacher": {2: BO.upper()}})
    changes = planned([User(2, BO, "Bo", NOTHING)], LIST[1:], last)
    assert (actions(changes), held(changes)) == ([(2, "add")], [])


def test_a_former_address_is_remembered_while_its_user_holds_no_role() -> None:
    changes = planned([KEEPS])
    assert held(changes) == [(2, 0, "add", "not_in_studio")]
    assert former_addresses(changes.held, LAST) == {1001: ANN}
    assert former_addresses(planned([KEEPS], LIST[1:]).held, LAST) == {}


def test_a_former_address_is_remembered_while_studio_refuses_to_search_for_it() -> None:
    changes = planned([KEEPS])
    refused = changes.held.assign(reason="search_refused")
    assert former_addresses(refused, LAST) == {1001: ANN}


def test_a_user_without_an_address_may_be_the_user_of_a_row_that_nobody_fits() -> None:
    room = User(7, "", "Room 12", ADMIN)
    changes = planned([room, KEEPS])
    assert actions(changes) == []
    assert held(changes) == [(0, 7, "remove", "may_be_listed"), (2, 0, "add", "not_in_studio")]
    assert "#7 has no address in Studio" in changes.held["detail"].iloc[0]
    assert "or a holder without an address: #7; if so, put the user_id into the row" in changes.held["detail"].iloc[1]
    assert actions(planned([room, KEEPS], LIST[1:])) == [(7, "remove")]
    assert former_addresses(changes.held, None) == {}


def test_a_user_without_an_address_loses_a_role_that_no_such_row_gives() -> None:
    rows = (Row(2, ANN, 0, "Teacher"), Row(3, BO, 0, "Admin"))
    assert actions(planned([User(7, "", "Room 12", ADMIN), KEEPS], rows, None)) == [(7, "remove")]
