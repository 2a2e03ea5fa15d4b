from pathlib import Path

from rolesync.migrate.neighbours import find_neighbour
from rolesync.migrate.presets import PRESETS
from rolesync.migrate.source_file import SourceFile

A, B = "a@x.edu", "b@x.edu"
HEADER, ROWS = ("user_id", "account_id", "role"), [["s1", "", "X"], ["s2", "", "X"]]


def test_the_file_that_knows_the_most_keys_is_chosen(tmp_path: Path) -> None:
    files = {
        "a.csv": f"user_id,email\ns1,{A}\n",
        "b.csv": f"user_id,email\ns1,{A}\ns2,{B}\n",
        "c.csv": "user_id,name\ns1,A\ns2,B\n",
        "d.md": f"user_id,email\ns1,{A}\ns2,{B}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    file = SourceFile.of(tmp_path / "admins.csv")
    recipe = PRESETS["canvas-sis-admins"]
    assert find_neighbour(file, recipe, HEADER, ROWS) == tmp_path / "b.csv"
    assert find_neighbour(file, recipe, HEADER, [["s9", "", "X"]]) is None


def test_a_folder_that_is_not_there_has_no_neighbours(tmp_path: Path) -> None:
    file = SourceFile.of(tmp_path / "none" / "admins.csv")
    assert find_neighbour(file, PRESETS["canvas-sis-admins"], HEADER, ROWS) is None
