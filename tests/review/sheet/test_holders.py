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

LETTERS = {"stays": "A", "name": "C", "email": "D", "user id": "N"}


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
    assert marks[1, "Admin"] == Mark(2, stays=True, name="=P1", email="p1@example.edu")
    result = clean_list(live(1, 2, 3, 4), marks)
    ids = [[row["user_id"] for row in rows] for rows in (result.stay, result.leave, result.undecided)]
    assert ids == [[1], [2], [3, 4]]
    assert clean_list(live(1, 3), marks).gone == [3]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda sheet: put(sheet, 2, "stays", "maybe"), "row 2, column stays: is 'maybe', and can only be yes, no or"),
        (lambda sheet: put(sheet, 2, "user id", "x"), "row 2, column user id: is 'x', which is not a user id"),
        (lambda sheet: put(sheet, 3, "user id", 1), "row 3: is the same user and role as row 2"),
        (lambda sheet: put(sheet, 1, "stays", "verdict"), "the column stays is missing"),
        (lambda sheet: sheet.delete_rows(1, 9), "the sheet 'holders' has no rows"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(edit: Callable[[Any], None], message: str) -> None:
    with pytest.raises(InputRefusedError, match=message):
        read_marks(marked(edit))


def test_a_file_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(
        InputRefusedError, match=r"the marks can't be used: the file is text, and no workbook"
    ) as caught:
        read_marks(b"email,role\nann@example.edu,Admin\n")
    assert "--sheet" not in caught.value.message


def swap(*columns: str) -> Callable[[Any], None]:
    """Sort some columns only, so that the cells of the rows 2 and 3 change places."""

    def edit(sheet: Any) -> None:
        for column in columns:
            first, second = (sheet[f"{LETTERS[column]}{row}"] for row in (2, 3))
            first.value, second.value = second.value, first.value

    return edit


@pytest.mark.parametrize(
    ("edit", "message", "step"),
    [
        (
            swap("stays", "name"),
            "row 2: has the name '=P2' of user 2, but the id of user 1, whose name is '=P1' in Studio",
            "undo the sorting",
        ),
        (
            swap("stays", "name", "email"),
            "row 3: has the address 'p1@example.edu' of user 1, but the id of user 2, whose address is 'p2@",
            "undo the sorting",
        ),
        (
            lambda sheet: put(sheet, 2, "name", "Ann"),
            "row 2: has the name 'Ann', but the id of user 1, whose name is '=P1' in Studio",
            "if a user has a new name or address, write it into the row",
        ),
        (
            lambda sheet: put(sheet, 2, "email", "ann@example.edu"),
            "row 2: has the address 'ann@example.edu', but the id of user 1, whose address is 'p1@example.edu' in",
            "if a user has a new name or address, write it into the row",
        ),
    ],
    ids=["sorted names", "sorted addresses", "renamed", "new address"],
)
def test_rows_that_show_another_user_are_refused(edit: Callable[[Any], None], message: str, step: str) -> None:
    marks = read_marks(marked(edit))
    with pytest.raises(InputRefusedError) as refused:
        clean_list(live(1, 2, 3), marks)
    assert message in str(refused.value)
    assert refused.value.hint.startswith(step)
    assert refused.value.hint.endswith("rolesync export --review FILE")


@pytest.mark.parametrize("data", [b"", b"email,role\n", b"PK\x03\x04 no workbook"])
def test_a_file_that_is_no_such_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(InputRefusedError, match="no list was written"):
        read_marks(data)
