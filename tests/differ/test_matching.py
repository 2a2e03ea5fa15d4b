"""Users are found by id and by address, whatever the case, padding and hash of the address."""

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


def join(live_users: list[User], addresses: list[str]) -> JoinedPeople:
    return join_people(live_of(live_users).users, Index(pack(addresses)))


def test_ids_are_compared_exactly() -> None:
    people = join([user(2**53, ""), user(2**53 + 1, ""), user(BIGGEST_ID, "")], [])
    assert people.find_ids(np.array([BIGGEST_ID, 2**53 + 1, 2**53 + 2, 0])).tolist() == [2, 1, -1, -1]


def test_all_users_who_share_an_address_are_named() -> None:
    users = [user(1, "bo@x.org"), user(2, "ANN@x.org"), user(3, ""), user(4, "ann@x.org ")]
    people = join(users, ["ann@x.org", "bo@x.org", "cy@x.org", "", "ann@x.org"])
    assert people.by_address.tolist() == [1, 0, -1, -1, 1]
    assert people.sharing(1) == [1, 3]
    assert people.sharing(0) == [0]
    assert people.sharing(-1) == []
    assert people.keys(np.array([3, 2, 1])) == ["ann@x.org", "", "ann@x.org"]


def test_an_empty_account_or_list_gives_no_match() -> None:
    people = join([], ["ann@x.org"])
    assert people.by_address.tolist() == [-1]
    assert people.find_ids(np.array([1])).tolist() == [-1]
    assert join([user(1, "ann@x.org")], []).by_address.tolist() == []


def test_two_users_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="user 2 occurs twice"):
        join([user(2, "a@x.org"), user(1, "b@x.org"), user(2, "c@x.org")], [])


@pytest.mark.parametrize("bits", [63, 2, 0])
@settings(max_examples=50, deadline=None)
@given(st.lists(users(), max_size=12, unique_by=lambda user: user.user_id), st.lists(st.text(max_size=3), max_size=3))
def test_the_first_user_with_an_address_owns_it(bits: int, live_users: list[User], others: list[str]) -> None:
    keys = [email_key(user.email) for user in live_users]
    addresses = [*map(email_key, others), *keys]
    expected = [keys.index(key) if key and key in keys else -1 for key in addresses]
    with hashes_of(bits):
        people = join(live_users, addresses)
    assert people.by_address.tolist() == expected
    assert people.keys(np.arange(len(keys))) == keys
    for position in filter(lambda position: position >= 0, expected):
        assert people.sharing(position) == [other for other, key in enumerate(keys) if key == keys[position]]
