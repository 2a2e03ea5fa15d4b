import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from rolesync.errors import UsageError
from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.write import list_csv, sort_assignments
from rolesync.model.lists import ListForm
from rolesync.reader.read import read_desired
from tests.migrate.sources import MANAGED, TODAY, cells_with, pairs, run
from tests.tables.books import xlsx

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_a_plain_list_is_migrated(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"name,E-Mail,Role,x\nAnn,{A},Admin,1\nBob,{B},Teacher,\n"}, Recipe())
    assert pairs(migration) == [(A, "Admin"), (B, "Teacher")]
    assert [row.name for row in migration.assignments] == ["Ann", "Bob"]
    assert migration.ledger.count_outcomes() == {
        CellOutcome.ASSIGNMENT: 6,
        CellOutcome.NORMALISED: 0,
        CellOutcome.IGNORED: 5,
        CellOutcome.REFUSED: 0,
    }
    assert cells_with(migration, CellOutcome.IGNORED)[-1] == (2, "1", "column_unused")


def test_each_sheet_may_give_a_role(tmp_path: Path) -> None:
    book = xlsx({"Admins": [["email"], [A]], "Staff": [["Title"], ["Mail", "x"], [B, 1], [A, 2]], "Notes": [["n"]]})
    migration = run(tmp_path, {"s.xlsx": book}, Recipe(), sheets={"Admins": "Admin", "Staff": "Teacher"})
    assert pairs(migration) == [(A, "Admin"), (B, "Teacher"), (A, "Teacher")]
    assert [table.place.sheet for table in migration.ledger.tables] == ["Admins", "Staff", "Notes"]
    assert (1, "Title", "title") in cells_with(migration, CellOutcome.IGNORED)
    assert migration.ledger.tables[2].cells[0][:5] == (1, 0, "n", CellOutcome.IGNORED, "sheet_unread")
    migration = run(tmp_path, {"s.xlsx": book}, Recipe(fixed="Admin"), form=ListForm(sheet="Admins"))
    assert [(table.place.sheet, len(table.cells)) for table in migration.ledger.tables] == [
        ("Admins", 2),
        ("Staff", 7),
        ("Notes", 1),
    ]
    with pytest.raises(UsageError, match="is named twice"):
        run(tmp_path, {"s.xlsx": book}, Recipe(), sheets={"Admins": "Admin", "1": "Teacher"})


def test_a_named_header_row_is_used(tmp_path: Path) -> None:
    text = f"email,role\nx@x.edu,Admin\nemail,role\n{A},Admin\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(), form=ListForm(header_row=3))
    assert pairs(migration) == [(A, "Admin")]
    assert [placed.finding.code for placed in migration.findings] == ["title_ignored"] * 2


def test_ids_alone_from_another_program_are_a_warning(tmp_path: Path) -> None:
    text = "user_id,login,role\n12345,ann,Admin\n7,bo,Admin\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(12345, "Admin"), (7, "Admin")]
    (placed,) = migration.findings
    finding = placed.finding
    assert (finding.level, finding.code, finding.column) == ("warning", "user_id_foreign", "user_id")
    assert "'login'" in finding.message
    assert finding.message.endswith("--user-id-column user_id")
    recipe = Recipe(user_id=("user_id",), named=frozenset({"user_id"}))
    assert not run(tmp_path, {"s.csv": text}, recipe).findings
    assert not run(tmp_path, {"s.csv": text.replace("login", "xyz")}, Recipe()).findings


CELL = st.sampled_from(
    ["", " ", A, B, f"Cy <{C}>", "ann", "7", "1.5", "Admin", "admin", "Teacher", "Reader", "x", "#", "Total", "remove"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CELL, min_size=5, max_size=6), max_size=8),
    st.permutations(["email", "user_id", "role", "action", "x"]),
)
def test_every_cell_has_one_outcome_and_the_list_is_readable(
    tmp_path: Path, rows: list[list[str]], header: list[str]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    # A number before each row, and one header too few: which column is which is unclear.
    filled = [line for line in rows if any(map(str.strip, line))]
    assume(not filled or any(len(line) == 5 or line[0] != "7" for line in filled))
    migration = run(tmp_path, {"s.csv": text.getvalue()}, Recipe())
    cells = [(cell.row, cell.column, cell.text) for table in migration.ledger.tables for cell in table.cells]
    numbered = enumerate([header, *rows], 1)
    assert cells == [(row, at, cell) for row, line in numbered for at, cell in enumerate(line) if cell.strip()]
    assert sum(migration.ledger.count_outcomes().values()) == len(migration.ledger) == len(cells)
    assert sum(total.cells for total in migration.ledger.totals()) == len(cells)
    refused = {row for row, _, _ in cells_with(migration, CellOutcome.REFUSED)}
    assert not refused & {row.row for row in migration.assignments}
    for row in migration.assignments:
        assert (row.email in {A, B, C}) if row.email else row.user_id == 7
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    if migration.assignments:
        desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
        assert desired.status == "ok"
        assert len(desired.assignments) == len(migration.assignments)
