"""People are found by id and by address, however the address is spelled and whatever its hash is."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.differ.matching import JoinedPeople, join_people
from rolesync.model.keys import email_key
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import pack
from tests.hashing import hashes_of
from tests.strategies import BIGGEST_ID, User, live_of, users


def user(user_id: int, email: str) -> User:
    return User(user_id, email, "", frozenset())


def find(people: list[User], asked: list[str]) -> JoinedPeople:
    return join_people(live_of(people).users, Index(pack(asked)))


def test_finds_ids_exactly() -> None:
    people = find([user(2**53, ""), user(2**53 + 1, ""), user(BIGGEST_ID, "")], [])
    assert people.find_ids(np.array([BIGGEST_ID, 2**53 + 1, 2**53 + 2, 0])).tolist() == [2, 1, -1, -1]


def test_names_everybody_who_shares_an_address() -> None:
    users = [user(1, "bo@x.org"), user(2, "ANN@x.org"), user(3, ""), user(4, "ann@x.org ")]
    people = find(users, ["ann@x.org", "bo@x.org", "cy@x.org", "", "ann@x.org"])
    assert people.owner.tolist() == [1, 0, -1, -1, 1]
    assert people.sharing(1) == [1, 3]
    assert people.sharing(0) == [0]
    assert people.sharing(-1) == []
    assert people.keys(np.array([3, 2, 1])) == ["ann@x.org", "", "ann@x.org"]


def test_finds_nobody_among_nobody() -> None:
    people = find([], ["ann@x.org"])
    assert people.owner.tolist() == [-1]
    assert people.find_ids(np.array([1])).tolist() == [-1]
    assert find([user(1, "ann@x.org")], []).owner.tolist() == []


def test_two_users_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="user 2 occurs twice"):
        find([user(2, "a@x.org"), user(1, "b@x.org"), user(2, "c@x.org")], [])


@pytest.mark.parametrize("bits", [63, 2, 0])
@settings(max_examples=50, deadline=None)
@given(st.lists(users(), max_size=12, unique_by=lambda one: one.user_id), st.lists(st.text(max_size=3), max_size=3))
def test_finds_the_first_who_has_the_address(bits: int, people: list[User], others: list[str]) -> None:
    keys = [email_key(one.email) for one in people]
    asked = [*map(email_key, others), *keys]
    expected = [keys.index(key) if key and key in keys else -1 for key in asked]
    with hashes_of(bits):
        made = find(people, asked)
    assert made.owner.tolist() == expected
    assert made.keys(np.arange(len(keys))) == keys
    for at in filter(lambda at: at >= 0, expected):
        assert made.sharing(at) == [other for other, one in enumerate(keys) if one == keys[at]]
