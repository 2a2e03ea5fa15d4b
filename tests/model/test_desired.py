import numpy as np
import pandas as pd
import pytest

from rolesync.model.desired import Desired, ListRows
from rolesync.model.findings import Finding
from rolesync.model.frames import HELD, frame
from rolesync.model.vocabulary import Level
from tests.strategies import SOURCE, Row, desired_of

ROWS = desired_of([Row(2, "ann@x.edu", 0, "Admin"), Row(3, "", 7, "Teacher"), Row(5, "ann@x.edu", 0, "Teacher")])


def test_rows_come_back_as_the_frame_that_they_were() -> None:
    listed = ListRows.of(ROWS)
    assert len(listed) == 3
    pd.testing.assert_frame_equal(listed.frame(), ROWS)
    assert len(ListRows.of()) == 0
    with pytest.raises(TypeError, match="don't fit"):
        ListRows.of(frame(HELD))


def test_some_rows_are_taken_in_the_order_asked_for() -> None:
    part = ListRows.of(ROWS).take(np.array([2, 0]))
    assert part.frame()["row"].tolist() == [5, 2]
    assert part.index.first.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("levels", "status", "unreadable"),
    [
        ([], "ok", False),
        ([Level.INFO], "ok", False),
        ([Level.INFO, Level.WARNING], "warn", False),
        ([Level.HELD], "warn", True),
        ([Level.WARNING, Level.ERROR], "reject", False),
    ],
)
def test_the_status_is_that_of_the_most_severe_finding(levels: list[Level], status: str, *, unreadable: bool) -> None:
    desired = Desired(ListRows.of(ROWS), tuple(Finding(level, "odd", "odd") for level in levels), SOURCE)
    assert desired.status == status
    assert bool(desired.holds_removals) is unreadable
