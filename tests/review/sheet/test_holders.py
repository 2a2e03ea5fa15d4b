"""Marks of a clean-up: nothing but a clear `no` takes a role away."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from rolesync.errors import InputRefusedError
from rolesync.live.impact import impact_of
from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.report.spreadsheet.holders import Holders, holders_xlsx
from rolesync.review.sheet.holders import Mark, clean_list, read_marks

LETTERS = {"stays": "A", "email": "D", "user id": "N"}


def live(*ids: int, email: str = "p{}@example.edu") -> Live:
    users = {
        "user_id": list(ids),
        "email": [email.format(number) for number in ids],
        "name": [f"=P{number}" for number in ids],
        "roles": [format_roles(["Admin"]) for _ in ids],
    }
    return Live(frame(LIVE, users), ("Admin",))


def marked(edit: Callable[[Any], None]) -> bytes:
    holders = Holders(live(1, 2, 3), impact_of([]), {}, (), "https://school.example.com", "2026-11-29")
    book = openpyxl.load_workbook(io.BytesIO(holders_xlsx(holders)))
    edit(book["holders"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(sheet: Any, row: int, column: str, value: object) -> None:
    sheet[f"{LETTERS[column]}{row}"].value = value


def test_an_empty_cell_is_undecided_and_so_is_a_newcomer() -> None:
    def edit(sheet: Any) -> None:
        put(sheet, 2, "stays", "YES")
        put(sheet, 3, "stays", " no ")

    marks = read_marks(marked(edit))
    assert marks[1, "Admin"] == Mark(2, stays=True, email="p1@example.edu")
    result = clean_list(live(1, 2, 3, 4), marks)
    ids = [[row["user_id"] for row in rows] for rows in (result.stay, result.leave, result.undecided)]
    assert ids == [[1], [2], [3, 4]]
    assert clean_list(live(1, 3), marks).gone == [3]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda sheet: put(sheet, 2, "stays", "maybe"), "row 2, column stays: is 'maybe', and can only be yes, no or"),
        (lambda sheet: put(sheet, 2, "user id", "x"), "row 2, column user id: is 'x', which is no user id"),
        (lambda sheet: put(sheet, 3, "user id", 1), "row 3: is the same user and role as row 2"),
        (lambda sheet: put(sheet, 1, "stays", "verdict"), "the column stays is missing"),
        (lambda sheet: sheet.delete_rows(1, 9), "the sheet 'holders' has no rows"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(edit: Callable[[Any], None], message: str) -> None:
    with pytest.raises(InputRefusedError, match=message):
        read_marks(marked(edit))


def test_rows_that_were_mixed_up_are_refused() -> None:
    marks = read_marks(marked(lambda sheet: put(sheet, 2, "email", "p2@example.edu")))
    with pytest.raises(InputRefusedError, match=r"row 2: has the address 'p2@example.edu', but user 1 has another one"):
        clean_list(live(1, 2, 3), marks)


@pytest.mark.parametrize("data", [b"", b"email,role\n", b"PK\x03\x04 no workbook"])
def test_a_file_that_is_no_such_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(InputRefusedError, match="no list was written"):
        read_marks(data)
