"""The names of the files of a migration, and of those that belong beside them."""

from pathlib import Path

import pytest

from rolesync.migrate.source_file import SourceFile

COPY = Path("state/0a1b")


@pytest.mark.parametrize(
    ("file", "name", "list_path", "folder"),
    [
        (SourceFile.of(Path("in/staff.xlsx")), "in/staff.xlsx", "in/staff-list.csv", "in"),
        (SourceFile.of(Path("-")), "-", "list.csv", "."),
        (SourceFile(COPY, "https://x.edu/a/staff.xlsx"), "https://x.edu/a/staff.xlsx", "staff-list.csv", "."),
    ],
)
def test_a_source_has_a_name_and_a_place_for_its_list(file: SourceFile, name: str, list_path: str, folder: str) -> None:
    assert (str(file), str(file.list_path), str(file.folder)) == (name, list_path, folder)
