import pandas as pd
import pytest

from rolesync.model import (
    DESIRED,
    LIVE,
    OUTCOMES,
    Live,
    OutcomeStatus,
    counts,
    email_key,
    frame,
    require,
    role_names,
    role_set,
)


def live() -> Live:
    roles = [role_set(["Admin"]), role_set(["Teacher", "Admin"]), role_set([]), role_set(["Subaccount admin"])]
    data = {"user_id": [1, 2, 3, 2**63 - 1], "email": ["a@x", "", "c@x", "d@x"], "name": [""] * 4, "roles": roles}
    return Live(frame(LIVE, data), ("Admin",))


def test_a_frame_has_exactly_the_documented_columns() -> None:
    empty = frame(DESIRED)
    assert list(empty.columns) == list(DESIRED)
    assert require(empty, DESIRED) is empty
    with pytest.raises(KeyError):
        frame(DESIRED, {"row": [1]})


@pytest.mark.parametrize(
    "wrong",
    [
        frame(DESIRED).drop(columns="email"),
        frame(DESIRED).assign(surplus=1),
        frame(DESIRED).astype({"user_id": "float64"}),
        frame(DESIRED).astype({"role": "str"}),
    ],
)
def test_a_frame_of_another_shape_is_refused_at_the_door(wrong: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="don't fit"):
        require(wrong, DESIRED)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.EDU", "ada@example.edu"),
        (" ada@example.edu ", "ada@example.edu"),
        ("zo\u00eb@example.edu", "ZOE\u0308@example.edu"),
        ("\u039f\u0394\u039f\u03a3@example.edu", "\u03bf\u03b4\u03bf\u03c2@example.edu"),
    ],
)
def test_addresses_that_are_the_same(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@x.edu", "\u0430@x.edu"),
        ("strau\u00df@x.edu", "strauss@x.edu"),
        ("a+1@x.edu", "a@x.edu"),
        ("a@x.edu", "a@y.edu"),
    ],
)
def test_addresses_that_are_not(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


def test_role_sets_have_one_spelling_and_read_back() -> None:
    assert role_set(["Teacher", "Admin", "Admin"]) == role_set(["Admin", "Teacher"])
    assert role_names(role_set(["a, b", 'c"d'])) == ["a, b", 'c"d']
    assert role_names("") == []


def test_holders_hold_that_very_role() -> None:
    assert live().holders("Admin")["user_id"].tolist() == [1, 2]
    assert live().holders("Subaccount admin")["user_id"].tolist() == [2**63 - 1]
    assert live().holders("admin").empty


def test_counts_name_every_status() -> None:
    assert counts(frame(OUTCOMES)) == dict.fromkeys((status.value for status in OutcomeStatus), 0)
