from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rolesync.errors import InputRefusedError
from rolesync.migrate.decisions import find_decisions
from rolesync.migrate.plain_tables import conditions_by_meaning, recipe_by_meaning
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.source_tables import NoHeaderError
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.column_words import CellMeaning, ColumnKind, cell_meaning
from rolesync.reader.fields import Field, find_columns
from rolesync.reader.known_exports import RowVerdict
from tests.migrate.sources import TODAY, pairs, run

A, B = "a@x.edu", "b@x.edu"


def test_columns_are_found_by_their_meaning() -> None:
    recipe = recipe_by_meaning(Recipe(), ["Courriel", "Rôle", "Prénom", "Nom", "Date de fin"])
    assert (recipe.email, recipe.role) == (("Courriel",), ("Rôle",))
    assert recipe.name_parts == (("Prénom",), ("Nom",))


@pytest.mark.parametrize(
    ("field", "headers"),
    [
        ("action", ["action", "Status"]),
        ("starts", ["starts", "Starts on", "valid_from", "ï»¿starts"]),
        ("expires", ["expires", "Expires on", "expiry", "Expiry date", "expiration-date", "valid until"]),
    ],
)
def test_a_role_is_limited_by_each_header_of_a_list(field: str, headers: list[str]) -> None:
    assert getattr(recipe_by_meaning(Recipe(), headers), field) == tuple(headers)
    assert find_columns(headers, AS_WRITTEN).fields == {Field(field): tuple(range(len(headers)))}


def test_a_header_that_is_spelled_as_usual_or_named_wins() -> None:
    assert recipe_by_meaning(Recipe(), ["email", "Courriel"]).email == Recipe().email
    named = Recipe(email=("x",), named=frozenset({"email"}))
    assert recipe_by_meaning(named, ["Courriel"]).email == ("x",)


def test_two_columns_of_the_same_meaning_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="'Courriel' and 'Adresse e-mail' are columns for the same"):
        run(tmp_path, {"s.csv": f"Courriel,Adresse e-mail,Rôle\n{A},{B},Admin\n"}, Recipe())


@pytest.mark.parametrize(
    ("header", "against", "counts"),
    [
        ("active", "no", "yes"),
        ("Suspended", "TRUE", "FALSE"),
        ("Account Status", "deactivated", "Active"),
        ("Gesperrt", "ja", "nein"),
        ("Estado de la cuenta", "suspendido", "activo"),
    ],
)
def test_a_word_against_a_user_is_asked_about(tmp_path: Path, header: str, against: str, counts: str) -> None:
    text = f"email,role,{header}\n{A},Admin,{counts}\n{B},Admin,{against}\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert pairs(migration) == [(A, "Admin")]
    assert [(cell.row, cell.code) for _, cell in migration.ledger.refused()] == [(3, "decision_needed")]
    kept = run(tmp_path, {"s.csv": text}, Recipe(keep_words={header: [counts]}))
    assert (pairs(kept), kept.refused) == ([(A, "Admin")], 0)
    both = run(tmp_path, {"s.csv": text}, Recipe(ignored_columns=[header]))
    assert pairs(both) == [(A, "Admin"), (B, "Admin")]
    assert [finding.finding.code for finding in both.findings] == ["column_ignored"]


def test_rows_to_remove_are_ignored(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role,remove\n{A},Admin,yes\n{B},Admin,\n"}, Recipe())
    assert (pairs(migration), migration.refused) == ([(B, "Admin")], 0)


def test_a_row_that_gives_no_role_is_not_asked_about(tmp_path: Path) -> None:
    text = f"email,role,active\n{A},Admin,yes\n{B},Student,no\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe())
    assert (pairs(migration), migration.refused) == ([(A, "Admin")], 0)


def test_a_status_may_be_decided(tmp_path: Path) -> None:
    text = f"email,role,status\n{A},Admin,active\n{B},Admin,on leave\n"
    assert run(tmp_path, {"s.csv": text}, Recipe()).refused
    assert len(pairs(run(tmp_path, {"s.csv": text}, Recipe(keep_words={"status": ["active", "on leave"]})))) == 2


@pytest.mark.parametrize("header", ["Status", "Account status", "Active", "Suspended", "until", "Notes", "xyz"])
def test_a_blank_cell_counts_beside_named_words_only_if_it_is_named(tmp_path: Path, header: str) -> None:
    text = f"email,role,{header}\n{A},Admin,yes\n{B},Admin,\nc@x.edu,Admin,suspended\n"
    named = run(tmp_path, {"s.csv": text}, Recipe(keep_words={header: ["yes"]}))
    assert (pairs(named), named.refused) == ([(A, "Admin")], 0)
    details = [cell.detail for table in named.ledger.tables for cell in table.cells if cell.row == 3]
    assert set(details) == {f"a blank cell in '{header}' is none of the words of --keep, so the row is left out"}
    with_blank = run(tmp_path, {"s.csv": text}, Recipe(keep_words={header: ["yes", ""]}))
    assert pairs(with_blank) == [(A, "Admin"), (B, "Admin")]


def test_a_word_that_is_not_named_is_left_out_and_removes_nothing(tmp_path: Path) -> None:
    text = f"email,role,Status\n{A},Admin,active\n{B},Admin,On leave\nc@x.edu,Admin,deleted\n"
    migration = run(tmp_path, {"s.csv": text}, Recipe(keep_words={"Status": ["active"]}))
    details = {cell.row: cell.detail for table in migration.ledger.tables for cell in table.cells}
    assert details[3] == "'On leave' in 'Status' is none of the words of --keep, so the row is left out"
    assert details[4] == "'deleted' in 'Status': the row removes the role"


def test_a_file_without_a_header_is_refused_and_read_by_numbers(tmp_path: Path) -> None:
    files = {"s.csv": f"{A},Admin\n{B},Admin\n"}
    with pytest.raises(NoHeaderError, match=f"{A}' is an address") as caught:
        run(tmp_path, files, Recipe())
    assert "--no-header --email-column 1" in caught.value.hint
    recipe = Recipe(email=("1",), role=("2",), named=frozenset({"email", "role"}))
    assert len(pairs(run(tmp_path, files, recipe, form=ListForm(no_header=True)))) == 2


@given(st.lists(st.sampled_from(["yes", "no", "", "maybe", "x"]), min_size=1))
def test_no_word_against_a_user_counts_by_itself(words: list[str]) -> None:
    rows = [[word] for word in words]
    ((place, condition),) = conditions_by_meaning(["Suspended"], (), rows, date.max if not words else TODAY)
    assert place == 0
    for word in words:
        if condition.judge(word) is RowVerdict.COUNTS:
            assert cell_meaning(ColumnKind.AGAINST, word) in {CellMeaning.COUNTS, CellMeaning.BLANK}


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("Account status", ["Active", "Enabled", "", "On leave"]),
        ("status", ["active", "enabled", "", "on leave"]),
        ("Suspended", ["no", "", "FALSE", "maybe"]),
        ("To be removed", ["no", "", "keep", "pending"]),
        ("until", ["2027-01-01", "2028-02-02", "", "2020-01-01"]),
    ],
)
def test_each_printed_decision_keeps_the_rows_that_count(tmp_path: Path, header: str, rows: list[str]) -> None:
    lines = [f"u{number}@x.edu,Admin,{word}" for number, word in enumerate(rows)]
    files = {"s.csv": "\n".join([f"email,role,{header}", *lines])}
    before = run(tmp_path, files, Recipe())
    (decision,) = find_decisions(before.ledger)
    assert [word.rows for word in decision.words] == [1]
    for options, added in ((decision.options_to_count, 1), (decision.options_to_leave_out, 0)):
        words = [option.removeprefix(f"{header}=") for option in options[1::2]]
        after = run(tmp_path, files, Recipe(keep_words={header: words}))
        assert after.refused == 0
        assert len(pairs(after)) == len(pairs(before)) + added == 3 + added


@given(st.lists(st.sampled_from(["yes", "no", "", "maybe", "pending", "keep", "delete"]), min_size=1))
def test_a_row_to_be_removed_counts_only_if_its_word_says_so(words: list[str]) -> None:
    ((_, condition),) = conditions_by_meaning(["To be removed"], (), [[word] for word in words], TODAY)
    for word in words:
        counts = cell_meaning(ColumnKind.REMOVE, word) in {CellMeaning.COUNTS, CellMeaning.BLANK}
        assert (condition.judge(word) is RowVerdict.COUNTS) is counts


def test_a_past_date_with_the_digits_of_a_coming_one_does_not_count(tmp_path: Path) -> None:
    text = f"email,role,until\n{A},Admin,1.12.2026\n{B},Admin,11.2.2026\nc@x.edu,Admin,1.12.2027\n"
    assert pairs(run(tmp_path, {"s.csv": text}, Recipe())) == [("c@x.edu", "Admin")]


def test_a_word_against_a_user_is_asked_about_under_any_header() -> None:
    rows = [["a@x.edu", "here"], ["b@x.edu", "Suspended"], ["c@x.edu", ""]]
    ((place, condition),) = conditions_by_meaning(["email", "xyz"], {0}, rows, date(2026, 3, 1))
    assert place == 1
    verdicts = [condition.judge(row[1]) for row in rows]
    assert verdicts == [RowVerdict.COUNTS, RowVerdict.ASKED, RowVerdict.COUNTS]
