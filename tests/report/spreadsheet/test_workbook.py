import sys

import pytest

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.sheet import Column, Footer, Sheet
from rolesync.report.spreadsheet.workbook import empty_workbook, format_xlsx

SHEETS = [Sheet("changes", (Column("action"),), [("add",)])]
FOOTER = Footer("plan", "9c1f", "https://school.example.com")


def test_more_rows_than_a_sheet_holds_are_refused_with_the_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    assert format_xlsx(3, SHEETS, FOOTER, instead="")
    with pytest.raises(UsageError, match="needs a sheet of 4 rows, but a sheet holds 3") as refused:
        format_xlsx(4, SHEETS, FOOTER, instead="use CSV")
    assert refused.value.hint == "use CSV"


def test_without_the_extra_the_hint_names_it_and_the_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match="openpyxl is not installed") as refused:
        empty_workbook(", or name a .csv")
    assert refused.value.hint == f"{install_command('excel')}, or name a .csv"
