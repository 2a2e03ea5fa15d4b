"""A growing array holds the appended numbers, whatever size was expected."""

import numpy as np
from hypothesis import given, strategies as st

from rolesync.model.packed.growing import GrowableArray


@given(st.lists(st.tuples(st.lists(st.integers(-9, 9), max_size=5), st.floats(0, 4))))
def test_holds_the_appended_numbers(parts: list[tuple[list[int], float]]) -> None:
    column = GrowableArray(np.int32)
    for part, more in parts:
        column.extend(np.array(part, np.int64), more)
    assert column.whole().tolist() == [number for part, _ in parts for number in part]
    assert column.whole().dtype == np.int32
    assert len(column) == len(column.whole())


def test_copies_nothing_if_the_expected_size_is_right() -> None:
    column = GrowableArray(np.int64)
    column.extend(np.arange(10), 9)
    before = column.whole()
    for _ in range(9):
        column.extend(np.arange(10))
    assert np.shares_memory(before, column.whole())
