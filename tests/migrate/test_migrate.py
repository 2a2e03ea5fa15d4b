import csv
import io
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.write import list_csv, sort_assignments
from rolesync.model.lists import ListForm
from rolesync.reader.header import KNOWN_HEADERS, Field
from rolesync.reader.read import read_desired
from rolesync.tables.header_text import fold_header
from tests.migrate.sources import MANAGED, TODAY, cells_with, pairs, run
from tests.tables.books import xlsx

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_a_plain_list(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"name,E-Mail,Role,x\nAnn,{A},Admin,1\nBob,{B},Teacher,\n"}, Recipe())
    assert pairs(migration) == [(A, "Admin"), (B, "Teacher")]
    assert [one.name for one in migration.assignments] == ["Ann", "Bob"]
    assert migration.ledger.count_outcomes() == {
        CellOutcome.ASSIGNMENT: 6,
        CellOutcome.NORMALISED: 0,
        CellOutcome.IGNORED: 5,
        CellOutcome.REFUSED: 0,
    }
    assert cells_with(migration, CellOutcome.IGNORED)[-1] == (2, "1", "column_unused")


def test_one_bad_cell_refuses_its_row_and_only_that(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"name,email,role\nAnn,ann,admin\nBob,{B},Admin\n"}, Recipe())
    assert pairs(migration) == [(B, "Admin")]
    assert cells_with(migration, CellOutcome.REFUSED) == [
        (2, "Ann", "row_refused"),
        (2, "ann", "email_invalid"),
        (2, "admin", "role_near_miss"),
    ]


def test_what_is_written_otherwise_is_told(tmp_path: Path) -> None:
    recipe = Recipe(mapping={"Boss": "Admin"})
    migration = run(tmp_path, {"s.csv": f"email,role,expires\nAnn <{A}>,Boss,30.6.2026\n"}, recipe)
    assert pairs(migration) == [(A, "Admin")]
    assert [code for _, _, code in cells_with(migration, CellOutcome.NORMALISED)] == [
        "email_normalised",
        "role_alias",
        "date_normalised",
    ]


def test_roles_that_are_not_managed_are_ignored_with_whoever_has_them(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\nno address,Reader\n{B},Admin\n"}, Recipe())
    assert pairs(migration) == [(B, "Admin")]
    assert cells_with(migration, CellOutcome.IGNORED)[2:] == [
        (2, "no address", "column_unused"),
        (2, "Reader", "role_not_managed"),
    ]


def test_several_roles_in_a_cell(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Admin / Teacher\n{B},Admin/x\n"}, Recipe(separator="/"))
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher"), (B, "Admin")]
    migration = run(tmp_path, {"s.csv": f"email,roles\n{A},Admin;Reader\n"}, Recipe())
    assert cells_with(migration, CellOutcome.NORMALISED) == [(2, "Admin;Reader", "role_not_managed")]
    assert pairs(run(tmp_path, {"s.csv": f"email,roles\n{A},Admin;Teacher\n"}, Recipe())) == [
        (A, "Admin"),
        (A, "Teacher"),
    ]


def test_a_matrix_of_roles(tmp_path: Path) -> None:
    recipe = Recipe(matrix={"Is admin": "Admin", "Is teacher": "Teacher"})
    text = f"email,is_admin,Is Teacher\n{A},X,yes\n{B},,no\n{C},see note,x\n"
    migration = run(tmp_path, {"s.csv": text}, recipe)
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher")]
    assert cells_with(migration, CellOutcome.REFUSED) == [
        (4, C, "row_refused"),
        (4, "see note", "neither_yes_nor_no"),
        (4, "x", "row_refused"),
    ]


def test_yes_and_no_are_what_somebody_says(tmp_path: Path) -> None:
    recipe = Recipe(matrix={"m": "Admin"}, yes=("ok",), no=("x",))
    migration = run(tmp_path, {"s.csv": f"email,m\n{A},OK\n{B},x\n{C},yes\n"}, recipe)
    assert pairs(migration) == [(A, "Admin")]
    assert (4, "yes", "neither_yes_nor_no") in cells_with(migration, CellOutcome.REFUSED)
    with pytest.raises(UsageError, match="both yes and no"):
        run(tmp_path, {"s.csv": ""}, Recipe(yes=("x",), no=("X",)))


def test_a_sheet_for_each_role(tmp_path: Path) -> None:
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


def test_several_files_become_one_list(tmp_path: Path) -> None:
    files = {
        "1.csv": f"email,user_id,role\n{A},7,Admin\n",
        "2.csv": "id;user id;role\n1;7;Admin\n2;8;Admin\n",
        "3.csv": f"email,role,name\n{A},Admin,Ann\n{A},Teacher,\n",
    }
    migration = run(tmp_path, files, Recipe())
    assert pairs(migration) == [(7, "Admin"), (8, "Admin"), (7, "Teacher")]
    assert [(one.email, one.name) for one in migration.assignments] == [(A, "Ann"), ("", ""), (A, "Ann")]
    assert [(row, code) for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "duplicate"] == [
        (2, "duplicate")
    ] * 5
    assert "row 2 of" in next(one.detail for one in migration.ledger.totals() if one.code == "duplicate")


def test_who_may_be_two_people_is_refused_everywhere(tmp_path: Path) -> None:
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


def test_dates_go_with_the_role(tmp_path: Path) -> None:
    text = (
        f"email,role,starts,expires,action\n{A},Admin,2026-07-01,2026-12-31,\n"
        f"{B},Admin,,2026-02-28,\n{C},Admin,,,remove\n"
    )
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(A, "Admin")]
    assert list_csv(migration.assignments) == f"email,role,starts,expires\n{A},Admin,2026-07-01,2026-12-31\n"
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


def test_days_after_each_other_are_a_sequence(tmp_path: Path) -> None:
    text = (
        f"email,role,starts,expires\n{A},Admin,2026-09-01,2026-12-31\n{A},Admin,2026-01-01,2026-06-30\n"
        f"{A},Admin,2025-01-01,2025-06-30\n"
    )
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines()[1:] == [
        f"{A},Admin,2026-01-01,2026-06-30",
        f"{A},Admin,2026-09-01,2026-12-31",
    ]
    assert read_desired(path, managed_roles=MANAGED, today=TODAY).status == "ok"


def test_a_row_that_says_something_new_is_no_duplicate(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,roles\n{A},Admin\n{A},Admin;Teacher\n{A},Teacher;Teacher\n"}, Recipe())
    assert pairs(migration) == [(A, "Admin"), (A, "Teacher")]
    assert {row for row, _, code in cells_with(migration, CellOutcome.IGNORED) if code == "duplicate"} == {4}


def test_the_order_of_rows_and_files_is_no_matter(tmp_path: Path) -> None:
    rows = [f"{A},,Admin,Ann", f"{A},7,Teacher,Ann Lee", ",7,Admin,A. Lee", f"{B},,Admin,", ",8,Admin,Cy"]
    lists = set()
    for order in permutations(rows):
        text = "email,user_id,role,name\n"
        migration = run(
            tmp_path, {"1.csv": text + "\n".join(order[:2]), "2.csv": text + "\n".join(order[2:])}, Recipe()
        )
        lists.add(list_csv(sort_assignments(migration.assignments, MANAGED)))
    assert len(lists) == 1


def test_rows_beside_the_list(tmp_path: Path) -> None:
    text = f"email,role\n# staff\n{A},Admin\nemail,role\n#{B},Admin\nTotal: 1,\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(A, "Admin")]
    found = {row: code for row, _, code in cells_with(migration, CellOutcome.IGNORED)}
    assert found == {1: "header", 2: "comment_ignored", 4: "header_repeated", 6: "footer_ignored"}
    assert {row for row, _, _ in cells_with(migration, CellOutcome.REFUSED)} == {5}


def test_rows_that_can_not_be_read(tmp_path: Path) -> None:
    text = f'email,role\n"{A}"x,Admin\n{B},Admin,more\n{C},Admin\n'.encode() + b"\xe9@x.edu,Admin\n,Admin\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(C, "Admin")]
    codes = {(row, code) for row, _, code in cells_with(migration, CellOutcome.REFUSED) if code != "row_refused"}
    assert codes == {(2, "broken_quoting"), (3, "row_too_long"), (5, "not_utf8"), (6, "identity_missing")}


@pytest.mark.parametrize(
    ("text", "recipe", "message"),
    [
        ("who,role\nann,Admin\n", Recipe(), "identifies the user"),
        ("email,right\na@x.edu,Admin\n", Recipe(), "no column names the role"),
        ("email,email,role\na@x.edu,b@x.edu,Admin\n", Recipe(), "'email' and 'email' are columns for the same"),
        ("email,Mail,role\na@x.edu,b@x.edu,Admin\n", Recipe(), "'email' and 'Mail' are columns for the same"),
        ("email,role,action,status\na@x.edu,Admin,,inactive\n", Recipe(), "are columns for the same"),
        ("email,role\na@x.edu,Admin\n", Recipe(needed=("Nr",)), "no column 'Nr'"),
        ("email,x\na@x.edu,1\n", Recipe(matrix={"y": "Admin"}), "no column 'y'"),
        ("", Recipe(), "has no rows"),
        ("%PDF", Recipe(), "a PDF document"),
        ("staff,role\n1,Admin\n", Recipe(key=("staff",), join_key=("no",), join_email=("mail",)), "by 'staff' alone"),
        ("staff,role\n1,Admin\n", Recipe(key=("staff",), join_key=("no",)), "by 'staff' alone"),
    ],
)
def test_tables_without_what_is_needed(tmp_path: Path, text: str, recipe: Recipe, message: str) -> None:
    with pytest.raises(InputRefusedError, match=message) as caught:
        run(tmp_path, {"s.csv": text}, recipe)
    assert "s.csv" in caught.value.message


def test_odd_addresses_end_in_a_list_that_is_one(tmp_path: Path) -> None:
    odd = [f"{sign}b@x.edu" for sign in "+-='#"]
    migration = run(tmp_path, {"s.csv": "role,email\n" + "".join(f"Admin,{one}\n" for one in odd)}, Recipe())
    refused = [(cell.text, cell.code) for _, cell in migration.ledger.refused()]
    assert refused == [(one, "email_invalid") for one in odd[2:]]
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
    assert (desired.status, sorted(desired.assignments["email"])) == ("ok", sorted(odd[:2]))


def test_dates_have_all_the_headers_that_a_list_may_have() -> None:
    fields = {Field.STARTS: Recipe().starts, Field.EXPIRES: Recipe().expires}
    for text, field in KNOWN_HEADERS.items():
        assert field not in fields or text in set(map(fold_header, fields[field]))


def test_a_row_that_has_lost_a_cell_is_refused(tmp_path: Path) -> None:
    text = f"email,note,Admin?,Teacher?,name\n{A},note,,x\n{B},x,x\nSum: 2\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(matrix={"Admin?": "Admin", "Teacher?": "Teacher"}))
    assert pairs(migration) == [(A, "Teacher")]
    assert {(row, code) for row, _, code in cells_with(migration, CellOutcome.REFUSED)} == {(3, "row_too_short")}


def test_a_file_that_is_joined_by_columns_of_any_name(tmp_path: Path) -> None:
    files = {"s.csv": "User ID,role\n7,Admin\n", "j.csv": f"Nr,E-Mail,Name\n7,{A},Ann\n"}
    migration = run(tmp_path, files, Recipe(key=("user_id",), join_key=("nr",)), join="j.csv")
    assert [(one.user_id, one.email, one.name) for one in migration.assignments] == [(0, A, "Ann")]


def test_rows_of_the_joined_file_that_can_not_be_read(tmp_path: Path) -> None:
    people = f"id,mail,name\n1,{A},Ann\n2,{B},M\udcfcller\n3,Cy,{C},x\n".encode("utf-8", "surrogateescape")
    files: dict[str, str | bytes] = {"s.csv": "nr,role\n1,Admin\n2,Admin\n3,Admin\n", "j.csv": people}
    migration = run(tmp_path, files, Recipe(key=("nr",), join_key=("id",)), join="j.csv")
    assert pairs(migration) == [(A, "Admin")]
    assert {cell.row: cell.detail.partition(": ")[2] for _, cell in migration.ledger.refused()} == {
        3: f"row 3 of {tmp_path / 'j.csv'} doesn't count: byte 0xFC in 'M\ufffdller' is not UTF-8; "
        "save the file again as 'CSV UTF-8 (comma delimited)'",
        4: f"row 4 of {tmp_path / 'j.csv'} doesn't count: it has more cells than the header",
    }


def test_a_header_that_is_named(tmp_path: Path) -> None:
    text = f"email,role\nx@x.edu,Admin\nemail,role\n{A},Admin\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(), form=ListForm(header_row=3))
    assert pairs(migration) == [(A, "Admin")]
    assert [noticed.finding.code for noticed in migration.findings] == ["title_ignored"] * 2


CELL = st.sampled_from(
    ["", " ", A, B, f"Cy <{C}>", "ann", "7", "1.5", "Admin", "admin", "Teacher", "Reader", "x", "#", "Total", "remove"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CELL, min_size=5, max_size=6), max_size=8),
    st.permutations(["email", "user_id", "role", "action", "x"]),
)
def test_every_cell_is_accounted_for_once_and_the_list_is_one(
    tmp_path: Path, rows: list[list[str]], header: list[str]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    migration = run(tmp_path, {"s.csv": text.getvalue()}, Recipe())
    cells = [(cell.row, cell.column, cell.text) for table in migration.ledger.tables for cell in table.cells]
    numbered = enumerate([header, *rows], 1)
    assert cells == [(row, at, cell) for row, line in numbered for at, cell in enumerate(line) if cell.strip()]
    assert sum(migration.ledger.count_outcomes().values()) == len(migration.ledger) == len(cells)
    assert sum(total.cells for total in migration.ledger.totals()) == len(cells)
    refused = {row for row, _, _ in cells_with(migration, CellOutcome.REFUSED)}
    assert not refused & {one.row for one in migration.assignments}
    for one in migration.assignments:
        assert (one.email in {A, B, C}) if one.email else one.user_id == 7
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    if migration.assignments:
        desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
        assert desired.status == "ok"
        assert len(desired.assignments) == len(migration.assignments)
