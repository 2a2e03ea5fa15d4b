from pathlib import Path

import pytest

from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.write import list_csv
from rolesync.model.lists import ListForm
from rolesync.reader.known_exports import RowCondition
from tests.migrate.sources import cells_with, pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_a_bad_cell_refuses_only_its_row(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"name,email,role\nAnn,ann,admin\nBob,{B},Admin\n"}, Recipe())
    assert pairs(migration) == [(B, "Admin")]
    assert cells_with(migration, CellOutcome.REFUSED) == [
        (2, "Ann", "row_refused"),
        (2, "ann", "email_invalid"),
        (2, "admin", "role_near_miss"),
    ]


def test_normalised_cells_are_marked(tmp_path: Path) -> None:
    recipe = Recipe(mapping={"Boss": "Admin"})
    migration = run(tmp_path, {"s.csv": f"email,role,expires\nAnn <{A}>,Boss,30.6.2026\n"}, recipe)
    assert pairs(migration) == [(A, "Admin")]
    assert [code for _, _, code in cells_with(migration, CellOutcome.NORMALISED)] == [
        "email_normalised",
        "role_alias",
        "date_normalised",
    ]


def test_dates_are_kept_with_the_role(tmp_path: Path) -> None:
    text = (
        f"email,role,starts,expires,action\n{A},Admin,2026-07-01,2026-12-31,\n"
        f"{B},Admin,,2026-02-28,\n{C},Admin,,,remove\n"
    )
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(A, "Admin")]
    assert list_csv(migration.assignments) == f'email,role,starts,expires\n"{A}","Admin","2026-07-01","2026-12-31"\n'
    assert {(row, code) for row, _, code in cells_with(migration, CellOutcome.IGNORED) if row > 1} == {
        (3, "row_dropped"),
        (4, "row_dropped"),
    }
    files = {"s.csv": f"email,role,expires\n{A},Admin,2026-07-01\n{A},Admin,2026-08-01\n"}
    migration = run(tmp_path, files, Recipe())
    assert pairs(migration) == []
    assert {code for _, _, code in cells_with(migration, CellOutcome.REFUSED)} == {"contradiction"}
    assert [cell.row for _, cell in migration.ledger.refused()] == [2, 3]
    migration = run(tmp_path, {"s.csv": f"email,role,starts,expires\n{A},Admin,2026-08-01,2026-07-01\n"}, Recipe())
    assert (2, "2026-07-01", "dates_reversed") in cells_with(migration, CellOutcome.REFUSED)


def test_rows_that_are_not_part_of_the_list_are_ignored(tmp_path: Path) -> None:
    text = f"email,role\n# staff\n{A},Admin\nemail,role\n#{B},Admin\nTotal: 1,\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(A, "Admin")]
    ignored = {row: code for row, _, code in cells_with(migration, CellOutcome.IGNORED)}
    assert ignored == {1: "header", 2: "comment_ignored", 4: "header_repeated", 6: "footer_ignored"}
    assert {row for row, _, _ in cells_with(migration, CellOutcome.REFUSED)} == {5}


def test_unreadable_rows_are_refused(tmp_path: Path) -> None:
    text = f'email,role\n"{A}"x,Admin\n{B},Admin,more\n{C},Admin\n'.encode() + b"\xe9@x.edu,Admin\n,Admin\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(C, "Admin")]
    codes = {(row, code) for row, _, code in cells_with(migration, CellOutcome.REFUSED) if code != "row_refused"}
    assert codes == {(2, "broken_quoting"), (3, "row_too_long"), (5, "not_utf8"), (6, "identity_missing")}


def test_a_row_with_a_missing_cell_is_refused(tmp_path: Path) -> None:
    text = f"email,note,Admin?,Teacher?,name\n{A},note,,x\n{B},x,x\nSum: 2\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(matrix={"Admin?": "Admin", "Teacher?": "Teacher"}))
    assert pairs(migration) == [(A, "Teacher")]
    assert {(row, code) for row, _, code in cells_with(migration, CellOutcome.REFUSED)} == {(3, "row_too_short")}


def test_a_guessed_encoding_refuses_what_decides_and_never_a_name(tmp_path: Path) -> None:
    text = f"mail,name,access\n{A},Zoë,Admin\n{B},Jürgen,Prüfer\n".encode("cp1252")
    recipe = Recipe(email=("mail",), role=("access",), mapping={"Prüfer": "Admin"})
    migration = run(tmp_path, {"s.csv": text}, recipe)
    assert [(row.email, row.name) for row in migration.assignments] == [(A, "Zoë")]
    ((_, cell),) = migration.ledger.refused()
    assert (cell.address, cell.code) == ("C3", "not_utf8")
    assert "--encoding windows-1252" in cell.detail
    named = run(tmp_path, {"s.csv": text}, recipe, form=ListForm(encoding="windows-1252"))
    assert pairs(named) == [(A, "Admin"), (B, "Admin")]
    assert named.refused == 0


def test_a_word_of_a_condition_that_depends_on_a_guessed_encoding_is_refused(tmp_path: Path) -> None:
    text = f"mail,state\n{A},active\n{B},désactivé\n".encode("cp1252")
    keep = (RowCondition(columns=("state",), keep=frozenset({"active"}), others="drop", why="inactive"),)
    migration = run(tmp_path, {"s.csv": text}, Recipe(email=("mail",), fixed="Admin", keep=keep))
    assert pairs(migration) == [(A, "Admin")]
    assert [cell.address for _, cell in migration.ledger.refused()] == ["B3"]


def test_a_name_with_bytes_of_no_encoding_is_written_without_them(tmp_path: Path) -> None:
    text = f"mail,name\n{A},Müller".encode() + b"\xfc\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(email=("mail",), fixed="Admin"))
    assert [row.name for row in migration.assignments] == ["Müller\ufffd"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_that_open_quotes_made_part_of_an_unread_cell_are_refused(tmp_path: Path, end: str) -> None:
    lines = ["mail,note", f'{A},"x', f"{B},y", f'{C},z"', f'd@x.edu,"one{end}two, three"']
    migration = run(tmp_path, {"s.csv": end.join(lines).encode()}, Recipe(email=("mail",), fixed="Admin"))
    assert pairs(migration) == [("d@x.edu", "Admin")]
    refused = [(cell.address, cell.code) for _, cell in migration.ledger.refused()]
    assert refused == [("A2", "swallowed_row")]


def test_all_rows_of_a_report_at_the_end_are_ignored(tmp_path: Path) -> None:
    text = f"email,role\n{A},Admin\nTotal: 1\n-----\nGenerated by HR on 2026-11-01,\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert (pairs(migration), migration.refused) == ([(A, "Admin")], 0)
    ignored = [(row, code) for row, _, code in cells_with(migration, CellOutcome.IGNORED) if row > 1]
    assert ignored == [(3, "footer_ignored"), (4, "comment_ignored"), (5, "footer_ignored")]


@pytest.mark.parametrize("row", ["Total: 15", "Source: SAP HR", "Ann Lee,"])
def test_a_row_of_a_single_text_is_refused_with_what_to_do(row: str, tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n{row}\n{B},Admin\n"}, Recipe())
    assert pairs(migration) == [(A, "Admin"), (B, "Admin")]
    assert cells_with(migration, CellOutcome.REFUSED) == [(3, row.strip(","), "identity_missing")]


def test_a_word_says_that_a_role_has_no_last_day_but_not_no_first_one(tmp_path: Path) -> None:
    text = "email,role,starts,expires\na@x.edu,Admin,,never\nb@x.edu,Admin,never,\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [("a@x.edu", "Admin")]
    assert [cell.address for _, cell in migration.ledger.refused()] == ["C3"]
