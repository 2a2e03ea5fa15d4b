from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from tests.migrate.sources import cells_with, pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_rows_with_only_unmanaged_roles_are_ignored(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\nno address,Reader\n{B},Admin\n"}, Recipe())
    assert pairs(migration) == [(B, "Admin")]
    assert cells_with(migration, CellOutcome.IGNORED)[2:] == [
        (2, "no address", "column_unused"),
        (2, "Reader", "role_not_managed"),
    ]


def test_a_cell_with_several_roles_is_split(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Admin / Teacher\n{B},Admin/x\n"}, Recipe(separator="/"))
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher"), (B, "Admin")]
    migration = run(tmp_path, {"s.csv": f"email,roles\n{A},Admin;Reader\n"}, Recipe())
    assert cells_with(migration, CellOutcome.NORMALISED) == [(2, "Admin;Reader", "role_not_managed")]
    assert pairs(run(tmp_path, {"s.csv": f"email,roles\n{A},Admin;Teacher\n"}, Recipe())) == [
        (A, "Admin"),
        (A, "Teacher"),
    ]


def test_a_matrix_of_roles_is_read(tmp_path: Path) -> None:
    recipe = Recipe(matrix={"Is admin": "Admin", "Is teacher": "Teacher"})
    text = f"email,is_admin,Is Teacher\n{A},X,yes\n{B},,no\n{C},see note,x\n"
    migration = run(tmp_path, {"s.csv": text}, recipe)
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher")]
    assert cells_with(migration, CellOutcome.REFUSED) == [
        (4, C, "row_refused"),
        (4, "see note", "neither_yes_nor_no"),
        (4, "x", "row_refused"),
    ]


def test_words_for_yes_and_no_can_be_defined(tmp_path: Path) -> None:
    recipe = Recipe(matrix={"m": "Admin"}, yes=("ok",), no=("x",))
    migration = run(tmp_path, {"s.csv": f"email,m\n{A},OK\n{B},x\n{C},yes\n"}, recipe)
    assert pairs(migration) == [(A, "Admin")]
    assert (4, "yes", "neither_yes_nor_no") in cells_with(migration, CellOutcome.REFUSED)
    with pytest.raises(UsageError, match="both yes and no"):
        run(tmp_path, {"s.csv": ""}, Recipe(yes=("x",), no=("X",)))


@pytest.mark.parametrize(
    ("cells", "recipe"),
    [
        (["-manager", "manager"], Recipe(mapping={"manager": "Admin"})),
        (["-Admin", "Admin"], Recipe()),
        (["- Admin", "Admin"], Recipe(separator=",")),
    ],
)
def test_a_minus_before_a_known_role_takes_it_away(cells: list[str], recipe: Recipe, tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},{cells[0]}\n{B},{cells[1]}\n"}, recipe)
    assert pairs(migration) == [(B, "Admin")]
    cell = next(cell for cell in migration.ledger.tables[0].cells if cell.text == cells[0])
    assert (cell.code, cell.detail) == ("row_dropped", "the row removes the role")


def test_a_mapped_name_may_begin_with_a_minus(tmp_path: Path) -> None:
    recipe = Recipe(mapping={"-manager": "Admin", "manager": "Teacher"})
    assert pairs(run(tmp_path, {"s.csv": f"email,role\n{A},-manager\n{B},-other\n"}, recipe)) == [(A, "Admin")]
