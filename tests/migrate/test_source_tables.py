from pathlib import Path

import pytest

from rolesync.errors import InputRefusedError, UsageError
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm
from tests.migrate.sources import pairs, run

A, B = "a@x.edu", "b@x.edu"
ADMINS = "admin_user_name,canvas_user_id,user_id,canvas_account_id,account_id,role\nAnn,1,,1,,A\nBob,2,s2,1,,A\n"
OPTIONS = Recipe(fixed="Admin", keep_words={"canvas_account_id": ["1"]})


@pytest.mark.parametrize(
    ("users", "emails"),
    [
        (f"canvas_user_id,user_id,login_id,email\n1,,a,{A}\n2,s2,b,{B}\n", [A, B]),
        (f"user_id,login_id,email\ns1,a,{A}\ns2,b,{B}\n", [B]),
    ],
)
def test_files_are_joined_by_the_key_that_both_have(tmp_path: Path, users: str, emails: list[str]) -> None:
    migration = run(tmp_path, {"admins.csv": ADMINS, "users.csv": users}, OPTIONS, join="users.csv")
    assert [email for email, _ in pairs(migration)] == emails
    assert {cell.row for _, cell in migration.ledger.refused()} == ({2} if len(emails) == 1 else set())


def test_a_joined_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    files = {"admins.csv": ADMINS, "users.csv": f"id,mail\n1,{A}\n"}
    with pytest.raises(InputRefusedError, match="has no columns canvas_user_id and email") as caught:
        run(tmp_path, files, OPTIONS, join="users.csv")
    assert "--key" in caught.value.hint


def test_a_file_that_is_no_export_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no option names its key column"):
        run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n", "j.csv": "a,b\n"}, Recipe(), join="j.csv")


def test_ids_of_a_directory_are_compared_as_the_directory_does(tmp_path: Path) -> None:
    groups = "dn: cn=g,dc=x\nobjectClass: groupOfNames\nmember: UID=ann, dc=x\n"
    persons = f"dn: uid=ann,DC=x\nobjectClass: person\nmail: {A}\n"
    assert pairs(run(tmp_path, {"g": groups, "p": persons}, Recipe(fixed="Admin"), join="p")) == [(A, "Admin")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_without_a_header_a_delimiter_is_right_if_it_makes_a_cell_of_an_address(tmp_path: Path, delimiter: str) -> None:
    text = f"a@x.edu{delimiter}Boss\nb@x.edu{delimiter}Staff\n"
    recipe = Recipe(email=("1",), named=frozenset({"email"}), fixed="Admin")
    migration = run(tmp_path, {"s.csv": text}, recipe, form=ListForm(no_header=True))
    assert pairs(migration) == [("a@x.edu", "Admin"), ("b@x.edu", "Admin")]
