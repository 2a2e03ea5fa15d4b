"""People are found by id and by address, however the address is spelled and whatever its hash is."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model import email_key
from rolesync.people import read_people
from tests.strategies import BIGGEST_ID, User, live_of, users


def user(user_id: int, email: str) -> User:
    return User(user_id, email, "", frozenset())


def test_finds_ids_exactly() -> None:
    people = read_people(live_of([user(2**53, ""), user(2**53 + 1, ""), user(BIGGEST_ID, "")]).users)
    assert people.find_ids(np.array([BIGGEST_ID, 2**53 + 1, 2**53 + 2, 0])).tolist() == [2, 1, -1, -1]


def test_names_everybody_who_shares_an_address() -> None:
    people = read_people(live_of([user(1, "bo@x.org"), user(2, "ANN@x.org"), user(3, ""), user(4, "ann@x.org ")]).users)
    assert people.find_emails(["ann@x.org", "bo@x.org", "cy@x.org", ""]).tolist() == [1, 0, -1, -1]
    assert people.sharing(1) == people.sharing(3) == [1, 3]
    assert people.sharing(0) == [0]
    assert people.sharing(-1) == []


def test_finds_nobody_among_nobody() -> None:
    people = read_people(live_of([]).users)
    assert people.find_emails(["ann@x.org"]).tolist() == [-1]
    assert people.find_ids(np.array([1])).tolist() == [-1]


@pytest.mark.parametrize("hasher", [hash, len])
@settings(max_examples=50, deadline=None)
@given(st.lists(users(), max_size=12, unique_by=lambda one: one.user_id), st.lists(st.text(max_size=3), max_size=3))
def test_finds_the_first_who_has_the_address(hasher: object, people: list[User], others: list[str]) -> None:
    keys = [email_key(one.email) for one in people]
    wanted = [*keys, *map(email_key, others)]
    expected = [keys.index(key) if key and key in keys else -1 for key in wanted]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rolesync.people.hash", hasher, raising=False)
        made = read_people(live_of(people).users)
        assert made.keys.tolist() == keys
        assert made.find_emails(wanted).tolist() == expected
    for at, key in enumerate(keys):
        assert made.sharing(at) == [other for other, one in enumerate(keys) if one == key or other == at] or not key
