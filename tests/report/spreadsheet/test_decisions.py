"""The rows to decide on, as cells of the workbook."""

from dataclasses import replace
from datetime import date

import pytest

from rolesync.model.frames import IMPACT, frame
from rolesync.model.vocabulary import Completeness
from rolesync.report.spreadsheet.decisions import book_columns, book_rows, day, decision_rows
from rolesync.report.spreadsheet.sheet import AtLeast, Cell
from tests.planner.test_approval import reviewable
from tests.report.samples import REMOVED, make_plan
from tests.review.sheet.tools import HOLD


def media(known: Completeness, owned: int, size: int, last_viewed: str = "") -> tuple[Cell, ...]:
    values = {
        **{name: 0 if kind == "int64" else "" for name, kind in IMPACT.items()},
        "user_id": 7,
        "known": known.value,
        "owned": owned,
        "size": size,
        "last_viewed": last_viewed,
    }
    plan = replace(make_plan(changes=[REMOVED], held=()), impact=frame(IMPACT, {key: [values[key]] for key in values}))
    (row,) = book_rows(plan)
    titles = [column.title for column in book_columns(plan)][1:]  # the rows have their kind instead
    return tuple(row.cells[titles.index(title)] for title in ("media", "size", "last viewed"))


def test_media_are_numbers_and_dates_and_what_is_unknown_says_so() -> None:
    viewed = "2026-05-03T10:00:00Z"
    assert media(Completeness.ALL, 3, 2_000_000, viewed) == (3, 2_000_000, date(2026, 5, 3))
    assert media(Completeness.ALL, 0, 0) == (0, None, None)
    assert media(Completeness.NOTHING, 0, 0) == ("unknown", None, None)
    assert media(Completeness.AT_LEAST, 3, 0) == (3, "unknown", None)
    assert [type(cell) for cell in media(Completeness.AT_LEAST, 3, 9)[:2]] == [AtLeast, AtLeast]


@pytest.mark.parametrize(
    ("time", "cell"),
    [
        ("2026-05-03T10:00:00Z", date(2026, 5, 3)),
        ("", None),
        ("someday", "someday"),
        ("1899-12-31T00:00:00Z", "1899-12-31T00:00:00Z"),
    ],
)
def test_a_day_that_spreadsheets_cannot_count_stays_a_text(time: str, cell: Cell) -> None:
    assert day(time) == cell


def test_the_roles_of_a_held_removal_are_those_after_its_release() -> None:
    plan = reviewable(HOLD)
    held = [row for row in book_rows(plan) if row.word == "release"]
    assert held
    assert {row.cells[5:7] for row in held} == {("Admin", "no role")}


def test_both_forms_have_the_same_rows_in_the_same_order() -> None:
    plan = reviewable(HOLD)
    assert [row[1:] for row in book_rows(plan)] == [row[1:] for row in decision_rows(plan)]
