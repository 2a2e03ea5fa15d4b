"""The workbook of a clean-up: who holds what, and what is known of them."""

import io
from datetime import datetime

import openpyxl
import pytest

from rolesync.errors import UsageError
from rolesync.live.impact import MediaTotals, impact_of
from rolesync.model.explanation import PastChange
from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.holders import COLUMNS, Holders, holders_xlsx
from tests.report.samples import HOSTILE

CHANGE = PastChange("r1", "2026-05-03T02:30:01+00:00", 7, "", "add", "Admin", 9, "no_effect", "", "")


def open_book(*users: tuple[int, str, str, list[str]]) -> openpyxl.Workbook:
    columns = {name: [user[at] for user in users] for at, name in enumerate(("user_id", "email", "name"))}
    live = Live(frame(LIVE, {**columns, "roles": [format_roles(user[3]) for user in users]}), ("Admin",))
    impact = impact_of([MediaTotals(7, owned=3, size=2_110_000_000).row(3)])
    holders = Holders(live, impact, {7: [CHANGE]}, {8}, "https://school.example.com", "2026-11-29")
    return openpyxl.load_workbook(io.BytesIO(holders_xlsx(holders)))


def test_each_holder_has_a_row_with_what_helps_to_decide() -> None:
    book = open_book((7, "ann@arts.edu", "Ann", ["Admin", "Teacher"]), (8, "", "Bo", ["Admin"]))
    assert book.sheetnames == ["how to decide", "holders"]
    assert book["how to decide"]["A1"].value == "Who stays? 2 roles to decide on"
    head, ann, bo = book["holders"].iter_rows(values_only=True)
    assert head == tuple(column.title for column in COLUMNS)
    day = datetime.fromisoformat("2026-05-03")
    assert ann[:9] == (None, None, "Ann", "ann@arts.edu", "arts.edu", "Admin", "Teacher", day, "add Admin: no effect")
    assert ann[9:] == (3, 2_110_000_000, None, None, 7)
    assert bo[:6] == ("yes", "protected: never loses a managed role", "Bo", None, None, "Admin")
    (validation,) = book["holders"].data_validations.dataValidation
    assert (str(validation.sqref), validation.formula1) == ("A2:A3", '"yes,no"')


def test_no_text_becomes_a_formula() -> None:
    book = open_book(*[(at, text[:99], text[:99], ["Admin", text[:99]]) for at, text in enumerate(HOSTILE, 10)])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}


def test_a_workbook_that_is_too_long_is_refused_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 1)
    with pytest.raises(UsageError, match="needs a sheet of 1 rows") as refused:
        open_book((7, "ann@arts.edu", "Ann", ["Admin"]))
    assert "rolesync export -o LIST" in refused.value.hint
