import io
import sys

import openpyxl
import pytest

from rolesync.errors import UsageError
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.workbook import Cells, Sheet, empty_workbook, format_xlsx, row_cells


def sheet(*rows: Cells, words: tuple[str, ...] = ()) -> Sheet:
    return Sheet("changes", ("action", "user_id", "decision"), (9, 18, 12), rows, "A", words)


def test_no_text_of_a_row_is_a_formula_and_what_is_missing_is_empty() -> None:
    assert row_cells(("=1+1", "@x", "plain", 0, 7, None)) == ("'=1+1", "'@x", "plain", None, 7, None)


def test_error_values_and_long_ids_are_stored_as_text() -> None:
    rows = [("#N/A", 2**53 + 1, ""), ("add", 12, None)]
    book = openpyxl.load_workbook(io.BytesIO(format_xlsx("plan", 2, [sheet(*rows)])))
    assert list(book["changes"].values)[1:] == [("'#N/A", "9007199254740993", None), ("add", 12, None)]


def test_rows_that_may_have_a_decision_get_a_drop_down() -> None:
    rows = [("add", 1, ""), ("add", 2, ""), ("remove", 3, "")]
    data = format_xlsx("plan", 3, [sheet(*rows, words=("exclude", "", "exclude"))])
    (validation,) = openpyxl.load_workbook(io.BytesIO(data))["changes"].data_validations.dataValidation
    assert str(validation.sqref) == "C2 C4"
    assert validation.formula1 == '"exclude"'


def test_more_rows_than_a_sheet_holds_are_refused_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    assert format_xlsx("plan", 3, [sheet()])
    with pytest.raises(UsageError, match="The plan has a list of 4 rows") as refused:
        format_xlsx("plan", 4, [sheet()])
    assert "rolesync show PLAN --csv FILE" in refused.value.hint


def test_without_the_extra_the_hint_names_it_and_the_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match="openpyxl is not installed") as refused:
        empty_workbook(", or name a .csv")
    assert refused.value.hint == "pip install 'rolesync[excel]', or name a .csv"
