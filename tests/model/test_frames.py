import pandas as pd
import pytest

from rolesync.model.frames import DESIRED, frame, require


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
