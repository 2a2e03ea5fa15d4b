import numpy as np
import pandas as pd
import pytest

from rolesync.model.frames import DESIRED, categorical, frame, require, rows_with
from rolesync.model.vocabulary import Action


def test_a_frame_has_exactly_the_documented_columns() -> None:
    empty = frame(DESIRED)
    assert list(empty.columns) == list(DESIRED)
    assert require(empty, DESIRED) is empty
    with pytest.raises(KeyError):
        frame(DESIRED, {"row": [1]})


def test_each_empty_frame_is_its_own() -> None:
    first = frame(DESIRED)
    first["surplus"] = 1
    first["user_id"] = first["user_id"].astype("float64")
    pd.testing.assert_frame_equal(frame(DESIRED), frame(DESIRED, {name: [] for name in DESIRED}))


@pytest.mark.parametrize(
    "wrong",
    [
        frame(DESIRED).drop(columns="email"),
        frame(DESIRED).assign(surplus=1),
        frame(DESIRED).astype({"user_id": "float64"}),
        frame(DESIRED).astype({"role": "str"}),
    ],
)
def test_a_frame_of_another_shape_is_refused(wrong: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="don't fit"):
        require(wrong, DESIRED)


@pytest.mark.parametrize("names", [["b", "a", "c"], ["b"], []])
def test_codes_and_texts_make_the_same_categories(names: list[str]) -> None:
    codes = np.array([at for at, name in enumerate(names) if name != "c"] * 2, np.int64)
    column = frame({"role": "category"}, {"role": [names[code] for code in codes.tolist()]})["role"]
    pd.testing.assert_series_equal(column, pd.Series(categorical(codes, names), name="role"))
    pd.testing.assert_series_equal(column, pd.Series([names[code] for code in codes], dtype="category", name="role"))


def test_rows_are_compared_with_names() -> None:
    column = pd.Series(pd.Categorical(["a", None, "b", "a"]))
    assert rows_with(column, {"a", "x"}).tolist() == [True, False, False, True]
    assert rows_with(column, {"x"}).tolist() == [False] * 4
    assert rows_with(column[:0], {"a"}).tolist() == []


def test_series_of_a_frame_are_aligned_by_place() -> None:
    rows = frame(DESIRED, {"row": [2, 3], "email": ["a@x.edu", "b@x.edu"], "user_id": [0, 0], "role": ["Admin"] * 2})
    last = rows[rows["row"] == 3]
    again = frame(DESIRED, {**{name: last[name] for name in DESIRED}, "role": ["Editor"]})
    assert again.to_dict("list") == {"row": [3], "email": ["b@x.edu"], "user_id": [0], "role": ["Editor"]}


def test_categories_are_plain_texts_whoever_made_them_first() -> None:
    for names in ([Action.ADD], ["add"]):
        table = frame({"action": "category"}, {"action": names})
        assert [type(name) for name in table["action"].tolist()] == [str]
