"""Ids beside the columns of other programs are reported, and don't name users of Studio unnoticed."""

from datetime import date
from pathlib import Path

import pytest

from rolesync.model.vocabulary import Level
from rolesync.reader.read import read_desired


@pytest.mark.parametrize(
    ("row", "level", "words"),
    [
        ("ann@example.edu,7,Admin,Ann,2026-01-01", Level.INFO, "so the addresses alone count"),
        (",7,Admin,Ann,2026-01-01", Level.WARNING, "may name other users of Studio: 2"),
    ],
)
def test_ids_of_another_program_are_reported(tmp_path: Path, row: str, level: Level, words: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"email,user_id,role,First name,Last login\n{row}\n", encoding="utf-8")
    findings = read_desired(path, managed_roles=("Admin",), today=date(2026, 9, 1)).findings
    (foreign,) = (finding for finding in findings if finding.code == "user_id_foreign")
    assert (foreign.level, foreign.column) == (level, "user_id")
    assert words in foreign.message
    assert "user_id_column=user_id" in foreign.message
