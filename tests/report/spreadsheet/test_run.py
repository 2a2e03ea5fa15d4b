import csv
import io
from dataclasses import replace

import openpyxl
import pytest

from rolesync.errors import UsageError
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.run import RUN_COLUMNS, RUN_CSV_COLUMNS, run_csv, run_xlsx
from tests.report.run_samples import COMPLETE, incomplete


def test_csv_has_a_row_per_change() -> None:
    assert run_csv(COMPLETE).splitlines()[0] == ",".join(RUN_CSV_COLUMNS)
    rows = list(csv.DictReader(io.StringIO(run_csv(incomplete()))))
    assert [row["outcome"] for row in rows] == ["done", "done", "unknown", "failed", "drifted"]
    assert rows[1]["after"] == "no role"
    assert (rows[2]["row"], rows[2]["after"]) == ("", "")


def test_a_workbook_has_a_sheet_for_each_list() -> None:
    book = openpyxl.load_workbook(io.BytesIO(run_xlsx(incomplete())))
    assert book.sheetnames == ["summary", "changes", "proof", "differences", "drift"]
    assert [cell.value for cell in book["changes"][1]] == list(RUN_COLUMNS)
    assert [cell.value for cell in book["changes"]["A"]] == ["outcome", "done", "done", "unknown", "failed", "drifted"]
    assert all(sheet.freeze_panes == "A2" and sheet.auto_filter.ref for sheet in book)
    assert [cell.value for cell in book["summary"][2]][:2] == ["status", "INCOMPLETE"]
    small = openpyxl.load_workbook(io.BytesIO(run_xlsx(replace(COMPLETE, proof=None))))
    assert small.sheetnames == ["summary", "changes", "drift"]


def test_a_workbook_that_is_too_long_is_refused_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    with pytest.raises(UsageError, match="needs a sheet of 5 rows") as refused:
        run_xlsx(incomplete())
    assert "rolesync show RUN --csv FILE" in refused.value.hint
