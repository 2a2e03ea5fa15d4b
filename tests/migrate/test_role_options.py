from pathlib import Path

import pytest

from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_options import TableLook, role_options, role_words
from rolesync.migrate.source_file import SourceFile

MANAGED = ("Admin", "Teacher")


def look(header: str, words: list[str], recipe: Recipe | None = None) -> TableLook:
    rows = [["a@x.edu", word] for word in words]
    file = SourceFile.of(Path("s.csv"))
    return TableLook(file, None, recipe or Recipe(), ("email", header), rows, None, addresses=(0,), roles=(1,))


def options(of: TableLook) -> list[list[str]]:
    return [entry.words for entry in role_options(of, MANAGED, has_chosen=False)]


@pytest.mark.parametrize(
    ("header", "words", "expected"),
    [
        ("role", ["Admin", "Clerk"], [[]]),
        ("role", ["Admin", ""], [["--matrix", "role=Admin", "--yes", "Admin"]]),
        ("role", ["Admin", "Teacher", ""], [[]]),
        ("role", ["Admin", "admin", ""], [[]]),
        ("roles", ["Admin", "Admin; Clerk", ""], [[]]),
        ("role", ["Admin", '=IF(A1,"Admin","")'], [[]]),
        ("role", ["Admin", "#N/A"], [[]]),
        ("role", ["Admin", "TBD"], [[]]),
        ("role", ["Boss", "TBD"], [["--map", "Boss=Admin"]]),
        ("roles", ["Boss;Clerk"], [["--map", "Boss=Admin"]]),
        ("role", ["Boss", "Clerk"], [["--map", "Boss=Admin"]]),
        ("Access", ["Boss", "none"], [["--matrix", "Access=Admin", "--yes", "Boss", "--no", "none"]]),
        ("Access", ["Boss", "Boss, Clerk", "none"], [["--role-column", "Access", "--map", "Boss=Admin"]]),
        ("Access", ["none"], []),
        ("Access", [str(number) + "x" for number in range(31)], []),
    ],
)
def test_a_blank_cell_is_no_role_where_all_words_are_certain(header: str, words: list[str], expected: object) -> None:
    assert options(look(header, words)) == expected


def test_of_several_names_in_a_cell_each_is_a_word() -> None:
    assert role_words(look("role", ["Admin;Boss", "Boss", ""], Recipe(separator=";"))) == {"Boss": 2, "Admin": 1}
