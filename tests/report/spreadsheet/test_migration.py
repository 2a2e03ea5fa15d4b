import csv
import io
from pathlib import Path

import openpyxl
import pytest

from rolesync.errors import UsageError
from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from rolesync.report.spreadsheet import migration as module
from rolesync.report.spreadsheet.migration import COLUMNS, FILLS, ledger_csv, ledger_xlsx
from tests.migrate.sources import run
from tests.tables.books import xlsx

A, B = "a@x.edu", "b@x.edu"


def test_the_table_has_every_cell(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role,note\n{A},Admin,=1+1\nbob,Admin,\n"}, Recipe())
    rows = list(csv.reader(io.StringIO(ledger_csv(migration.ledger))))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == 1 + len(migration.ledger)
    by_cell = {row[2]: row for row in rows[1:]}
    assert by_cell["C2"][3:6] == ["note", "'=1+1", "ignored"]
    assert by_cell["A3"][5:7] == ["refused", "email_invalid"]
    assert by_cell["A3"][0].endswith("s.csv")


def test_the_workbook_marks_every_cell_at_its_place(tmp_path: Path) -> None:
    rows = [["Title"], ["", "email", "role"], ["", ""], ["", f"Ann <{A}>", "Admin"], ["", "bob", "#N/A"]]
    book = xlsx({"People": rows})
    migration = run(tmp_path, {"s.xlsx": book}, Recipe())
    (tmp_path / "account.xlsx").write_bytes(ledger_xlsx(migration.ledger))
    shown = openpyxl.load_workbook(tmp_path / "account.xlsx")
    assert shown.sheetnames == ["totals", "to look at", "1 People"]
    totals = list(shown["totals"].iter_rows(min_row=2, values_only=True))
    assert totals[-1][:3] == ("all", None, len(migration.ledger))
    assert sum(row[2] for row in totals[:-1] if isinstance(row[2], int)) == len(migration.ledger)
    page = shown["1 People"]
    colours = {cell.coordinate: cell.fill.start_color.rgb for row in page.iter_rows() for cell in row if cell.value}
    assert {where: colour[2:] for where, colour in colours.items()} == {
        "A1": FILLS[CellOutcome.IGNORED],
        "B2": FILLS[CellOutcome.IGNORED],
        "C2": FILLS[CellOutcome.IGNORED],
        "B4": FILLS[CellOutcome.NORMALISED],
        "C4": FILLS[CellOutcome.ASSIGNMENT],
        "B5": FILLS[CellOutcome.REFUSED],
        "C5": FILLS[CellOutcome.REFUSED],
    }
    assert page["B5"].comment is not None
    assert "no @-sign" in page["B5"].comment.text
    assert page["C4"].comment is None
    assert page["C5"].value == "'#N/A"


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n{B},Admin\n"}, Recipe())
    monkeypatch.setattr(module, "SHEET_ROWS", 2)
    with pytest.raises(UsageError, match="needs 3 rows") as caught:
        ledger_xlsx(migration.ledger)
    assert ".csv" in caught.value.hint


def test_comments_are_few_and_every_cell_keeps_its_own_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\nann,Admin\nbob,Admin\n{A},Admin\n{B},Teacher\n"}, Recipe())
    monkeypatch.setattr(module, "MAX_COMMENTS", 1)
    (tmp_path / "account.xlsx").write_bytes(ledger_xlsx(migration.ledger))
    page = openpyxl.load_workbook(tmp_path / "account.xlsx")["1 s.csv"]
    assert [[cell.value for cell in row] for row in page.iter_rows(min_row=2)] == [
        ["ann", "Admin"],
        ["bob", "Admin"],
        [A, "Admin"],
        [B, "Teacher"],
    ]
    assert [cell.coordinate for row in page.iter_rows() for cell in row if cell.comment] == ["A2"]
