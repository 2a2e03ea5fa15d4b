from itertools import permutations
from pathlib import Path

import pytest

from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.write import list_csv, sort_assignments
from rolesync.reader.read import read_desired
from tests.migrate.sources import MANAGED, TODAY, cells_with, pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_several_files_become_a_single_list(tmp_path: Path) -> None:
    files = {
        "1.csv": f"email,user_id,role\n{A},7,Admin\n",
        "2.csv": "id;user id;role\n1;7;Admin\n2;8;Admin\n",
        "3.csv": f"email,role,name\n{A},Admin,Ann\n{A},Teacher,\n",
    }
    migration = run(tmp_path, files, Recipe())
    assert pairs(migration) == [(7, "Admin"), (8, "Admin"), (7, "Teacher")]
    assert [(row.email, row.name) for row in migration.assignments] == [(A, "Ann"), ("", ""), (A, "Ann")]
    assert [(row, code) for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "duplicate"] == [
        (2, "duplicate")
    ] * 5
    assert "row 2 of" in next(total.detail for total in migration.ledger.totals() if total.code == "duplicate")


def test_identities_that_contradict_each_other_are_all_refused(tmp_path: Path) -> None:
    files = {
        "1.csv": f"email,user_id,role\n{A},7,Admin\n{B},8,Admin\n",
        "2.csv": f"email,user_id,role\n{C},7,Teacher\n,7,Admin\n",
    }
    migration = run(tmp_path, files, Recipe())
    assert pairs(migration) == [(8, "Admin")]
    assert {(row, code) for row, _, code in cells_with(migration, CellOutcome.REFUSED)} == {
        (2, "identity_conflict"),
        (3, "identity_conflict"),
    }
    migration = run(tmp_path, {"1.csv": f"email,user_id,role\n{A},7,Admin\n{A},8,Admin\n"}, Recipe())
    assert pairs(migration) == []


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        (f"{A},Admin,,,\n{A},Admin,,,remove\n", {"contradiction"}),
        (f"{A},Admin,,2026-02-28,\n{A},Admin,,,\n", {"contradiction"}),
        (f"{A},Teacher;Admin,,,\n{A},Admin,,,remove\n", {"contradiction"}),
        (f"{A},Admin,,2026-02-28,remove\n{A},Admin,,,remove\n", set()),
    ],
)
def test_rows_that_contradict_each_other_are_all_refused(tmp_path: Path, rows: str, codes: set[str]) -> None:
    migration = run(tmp_path, {"s.csv": f"email,roles,starts,expires,action\n{rows}"}, Recipe())
    assert pairs(migration) == []
    assert {code for _, _, code in cells_with(migration, CellOutcome.REFUSED)} == codes
    parts = {f"{at}.csv": f"email,roles,starts,expires,action\n{row}\n" for at, row in enumerate(rows.split())}
    assert run(tmp_path, parts, Recipe()).ledger.count_outcomes() == {
        **migration.ledger.count_outcomes(),
        CellOutcome.IGNORED: migration.ledger.count_outcomes()[CellOutcome.IGNORED] + 5,
    }


def test_successive_periods_are_all_kept(tmp_path: Path) -> None:
    text = (
        f"email,role,starts,expires\n{A},Admin,2026-09-01,2026-12-31\n{A},Admin,2026-01-01,2026-06-30\n"
        f"{A},Admin,2025-01-01,2025-06-30\n"
    )
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines()[1:] == [
        f'"{A}","Admin","2026-01-01","2026-06-30"',
        f'"{A}","Admin","2026-09-01","2026-12-31"',
    ]
    assert read_desired(path, managed_roles=MANAGED, today=TODAY).status == "ok"


def test_a_row_with_a_new_role_is_not_a_duplicate(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,roles\n{A},Admin\n{A},Admin;Teacher\n{A},Teacher;Teacher\n"}, Recipe())
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher")]
    assert {row for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "duplicate"} == {4}


def test_the_order_of_rows_and_files_does_not_matter(tmp_path: Path) -> None:
    rows = [f"{A},,Admin,Ann", f"{A},7,Teacher,Ann Lee", ",7,Admin,A. Lee", f"{B},,Admin,", ",8,Admin,Cy"]
    lists = set()
    for order in permutations(rows):
        text = "email,user_id,role,name\n"
        migration = run(
            tmp_path, {"1.csv": text + "\n".join(order[:2]), "2.csv": text + "\n".join(order[2:])}, Recipe()
        )
        lists.add(list_csv(sort_assignments(migration.assignments, MANAGED)))
    assert len(lists) == 1
