"""What migrate writes and shows, apart from the command."""

from pathlib import Path

import pytest

from rolesync.cli.migrate_output import Reading
from rolesync.errors import UsageError
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.source_file import SourceFile
from rolesync.settings import load


def test_only_a_single_file_is_described(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("email,role\na@x.edu,Admin\n", encoding="utf-8")
    files = [SourceFile.of(tmp_path / "a.csv")]
    assert Reading(files, None, Recipe(), load(), {}).describe().rows == 1
    for reading in (
        Reading(files * 2, None, Recipe(), load(), {}),
        Reading(files, None, Recipe(), load(), {"A": "Admin"}),
    ):
        with pytest.raises(UsageError, match="--output is missing"):
            reading.describe()
