import shlex
from pathlib import Path

import pytest

from rolesync.errors import InputRefusedError
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from rolesync.reader.fields import find_columns
from tests.migrate.sources import pairs, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


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
        (
            "staff,role\n1,Admin\n",
            Recipe(key=("staff",), join_key=(("no",),), join_email=("mail",)),
            "by 'staff' alone",
        ),
        ("staff,role\n1,Admin\n", Recipe(key=("staff",), join_key=(("no",),)), "by 'staff' alone"),
    ],
)
def test_missing_or_ambiguous_columns_are_refused(tmp_path: Path, text: str, recipe: Recipe, message: str) -> None:
    with pytest.raises(InputRefusedError, match=message) as caught:
        run(tmp_path, {"s.csv": text}, recipe)
    assert "s.csv" in caught.value.message


def test_an_id_beside_an_address_and_headers_of_other_programs_is_not_studios(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": "email,user_id,role,name\na@x.edu,7,Admin,Ann\n"}, Recipe())
    assert migration.assignments[0].user_id == 7
    text = "email,user_id,role,last login\na@x.edu,7,Admin,today\n"
    assert run(tmp_path, {"s.csv": text}, Recipe()).assignments[0].user_id == 0
    named = Recipe(named=frozenset({"user_id"}))
    assert run(tmp_path, {"s.csv": text}, named).assignments[0].user_id == 7


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("email,role,expires,End date", ",2020-01-01"),
        ("email,role,status,Aktion", "active,entfernen"),
        ("email,role,starts,Startdatum", "2020-01-01,2027-01-01"),
    ],
)
def test_a_second_column_that_limits_the_role_is_refused_with_options_that_decide(
    tmp_path: Path, header: str, cells: str
) -> None:
    files = {"s.csv": f"{header}\n{A},Admin,{cells}\n"}
    with pytest.raises(InputRefusedError, match="are columns for the same") as caught:
        run(tmp_path, files, Recipe())
    *_, first, second = header.split(",")
    assert f"--ignore-column {first} or --ignore-column {shlex.quote(second)}" in caught.value.hint
    granted = [bool(pairs(run(tmp_path, files, Recipe(ignored_columns=[name])))) for name in (first, second)]
    assert granted == [first == "starts", True]  # a coming day is kept, with its row


def test_two_columns_of_the_same_header_must_be_renamed(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError) as caught:
        run(tmp_path, {"s.csv": f"email,role,expires,expires\n{A},Admin,,2020-01-01\n"}, Recipe())
    assert caught.value.hint == "rename or delete all but one of them"


@pytest.mark.parametrize("header", ["department", "First name", "Account status"])
def test_a_list_and_a_migration_agree_whose_ids_they_are(tmp_path: Path, header: str) -> None:
    text = f"email,user_id,role,{header}\n{A},7,Admin,active\n"
    (row,) = run(tmp_path, {"s.csv": text}, Recipe()).assignments
    is_foreign = header != "department"
    assert (row.user_id != 7) is is_foreign
    assert bool(find_columns(text.splitlines()[0].split(","), ListForm()).foreign) is is_foreign
