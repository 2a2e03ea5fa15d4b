from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.migrate.date_order import DateOrder, DateReader, find_orders, read_in_order
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import CellError, Note
from tests.migrate.sources import pairs, run


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["6/11/2027", "8/24/2026"], DateOrder.MONTH_FIRST),
        (["6/11/2027", "24/8/2026"], DateOrder.DAY_FIRST),
        (["6/11/2027"], DateOrder.UNKNOWN),
        (["8/24/2026", "24/8/2026"], DateOrder.UNKNOWN),
        (["2026-08-24", "", "soon"], DateOrder.UNKNOWN),
        (["6/11/2027", "24.8.2026"], DateOrder.UNKNOWN),
        (["6/11/2027", "24-8-2026", "8/24/2026"], DateOrder.MONTH_FIRST),
    ],
)
def test_the_order_follows_from_dates_that_fit_only_one(cells: list[str], order: DateOrder) -> None:
    assert find_orders(cells).get("/", DateOrder.UNKNOWN) is order


@given(st.dates(), st.lists(st.dates(), min_size=1))
def test_dates_of_one_program_are_read_as_it_wrote_them(day: date, others: list[date]) -> None:
    cells = [f"{other.month}/{other.day}/{other.year:04}" for other in (day, *others)]
    orders = find_orders(cells)
    assert DateOrder.DAY_FIRST not in orders.values()
    if orders:
        assert read_in_order(cells[0], orders) == day
        assert read_in_order(cells[0].replace("/", "-"), orders) is None


def test_a_text_that_is_no_date_is_not_read() -> None:
    day_first = {"/": DateOrder.DAY_FIRST}
    assert read_in_order("soon", day_first) is None
    assert read_in_order("13/13/2026", day_first) is None
    assert read_in_order("6/11/2027", {"/": DateOrder.UNKNOWN}) is None
    assert read_in_order("6/11/2027", {}) is None


def test_the_seconds_of_a_program_are_a_day() -> None:
    notes: list[Note] = []
    assert DateReader(unix=True).read("1798675200", notes.append) == date(2026, 12, 31)
    assert [note.code for note in notes] == ["date_normalised"]
    assert DateReader(unix=True).read("253402300799", notes.append) == date.max
    with pytest.raises(CellError):
        DateReader(unix=False).read("1798675200", notes.append)


@pytest.mark.parametrize("cell", ["1577836800000", "253402300800", "9" * 5000, "١٧٩٨٦٧٥٢٠٠"])
def test_a_number_that_is_no_second_of_a_program_is_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        DateReader(unix=True).read(cell, lambda _note: None)
    assert caught.value.code == "date_invalid"


def test_a_date_that_may_be_two_days_is_read_as_the_others_of_its_table(tmp_path: Path) -> None:
    text = "email,role,starts,expires\na@x.edu,Admin,8/24/2025,6/11/2026\nb@x.edu,Admin,9/1/2025,4/5/2026\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert [row.period.expires for row in migration.assignments] == [date(2026, 6, 11), date(2026, 4, 5)]
    alone = run(tmp_path, {"s.csv": text.replace("8/24/2025", "8/2/2025")}, Recipe())
    assert pairs(alone) == []


def test_a_date_with_another_separator_proves_nothing(tmp_path: Path) -> None:
    text = "email,role,expires\na@x.edu,Admin,6/11/2027\nb@x.edu,Admin,24.08.2026\n"
    assert pairs(run(tmp_path, {"s.csv": text}, Recipe())) == [("b@x.edu", "Admin")]
