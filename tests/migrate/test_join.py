from pathlib import Path

from rolesync.migrate.recipe import Recipe
from tests.migrate.sources import pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_key_columns_may_have_any_header(tmp_path: Path) -> None:
    files = {"s.csv": "User ID,role\n7,Admin\n", "j.csv": f"Nr,E-Mail,Name\n7,{A},Ann\n"}
    migration = run(tmp_path, files, Recipe(key=("user_id",), join_key=(("nr",),)), join="j.csv")
    assert [(row.user_id, row.email, row.name) for row in migration.assignments] == [(0, A, "Ann")]


def test_unreadable_rows_of_the_joined_file_refuse_only_their_keys(tmp_path: Path) -> None:
    people = f"id,mail,name\n1,{A},Ann\n2,{B},M\udcfcller\n3,Cy,{C},x\n".encode("utf-8", "surrogateescape")
    files: dict[str, str | bytes] = {"s.csv": "nr,role\n1,Admin\n2,Admin\n3,Admin\n", "j.csv": people}
    migration = run(tmp_path, files, Recipe(key=("nr",), join_key=(("id",),)), join="j.csv")
    assert pairs(migration) == [(A, "Admin"), (B, "Admin")]
    assert [row.name for row in migration.assignments] == ["Ann", "Müller"]
    assert {cell.row: cell.detail.partition(": ")[2] for _, cell in migration.ledger.refused()} == {
        4: f"row 4 of {tmp_path / 'j.csv'} doesn't count: it has more cells than the header",
    }


def test_a_user_against_whom_the_joined_file_speaks_holds_up_nobody(tmp_path: Path) -> None:
    people = f"id,mail,Status,Leaving date\n1,{A},Active,\n2,{B},Terminated,\n3,{C},Active,2020-01-01\n"
    files = {"s.csv": "nr,role\n1,Admin\n2,Admin\n", "j.csv": people}
    recipe = Recipe(key=("nr",), join_key=(("id",),))
    migration = run(tmp_path, files, recipe, join="j.csv")
    assert pairs(migration) == [(A, "Admin")]
    assert not list(migration.ledger.refused())
    migration = run(tmp_path, {**files, "s.csv": "nr,role\n1,Admin\n3,Admin\n"}, recipe, join="j.csv")
    assert [(cell.row, cell.text) for _, cell in migration.ledger.refused() if cell.code == "decision_needed"] == [
        (4, "2020-01-01")
    ]
