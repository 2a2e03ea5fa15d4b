"""An access review as CSV and as a workbook."""

import csv
import io

import openpyxl
import pytest

from rolesync.errors import UsageError
from rolesync.report.content.who import HolderRow
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.who import who_csv, who_xlsx
from tests.report.reviews import AS_OF, REVIEW


def test_csv_has_one_row_for_each_user_and_role() -> None:
    rows = list(csv.DictReader(io.StringIO(who_csv(REVIEW))))
    assert tuple(rows[0]) == HolderRow._fields
    assert [row["status"] for row in rows] == ["holds"] * 6 + ["unclear", "lost by other hands"]
    assert (rows[0]["since"], rows[0]["row"], rows[0]["reviewer"]) == ("2026-05-01 02:00:07", "12", "Rita Levi")
    assert rows[1]["name"] == "'=Bo"


def test_the_workbook_has_a_summary_the_holders_and_the_exceptions() -> None:
    book = openpyxl.load_workbook(io.BytesIO(who_xlsx(REVIEW)))
    assert book.sheetnames == ["summary", "holders", "unclear", "lost by other hands"]
    titles = [cell.value for cell in book["holders"][1]]
    assert titles[:6] == ["role", "name", "email", "user id", "since (UTC)", "how"]
    assert book["holders"].max_row == 7
    texts = [str(cell.value) for row in book["summary"].iter_rows() for cell in row]
    assert any("6 holders of Admin" in text for text in texts)
    assert openpyxl.load_workbook(io.BytesIO(who_xlsx(AS_OF))).sheetnames == ["summary", "holders", "unclear"]


def test_a_workbook_that_is_too_long_is_refused_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    with pytest.raises(UsageError, match="needs a sheet of 8 rows") as refused:
        who_xlsx(REVIEW)
    assert "rolesync who ROLE --csv FILE" in refused.value.hint
