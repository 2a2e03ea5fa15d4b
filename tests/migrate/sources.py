"""Runs migrations for tests, and puts their results into forms that tests can compare."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rolesync.migrate.ledger import CellOutcome
from rolesync.migrate.migrate import Migration, migrate
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm

TODAY = date(2026, 3, 1)
MANAGED = ("Admin", "Teacher")


def run(folder: Path, files: Mapping[str, str | bytes], recipe: Recipe, *, join: str = "", **options: Any) -> Migration:
    """Write files and migrate them; `join` names the joined file."""
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = [folder / name for name in files if name != join]
    arguments: dict[str, Any] = {"managed": MANAGED, "today": TODAY, "form": ListForm(), **options}
    return migrate(paths, recipe, join=folder / join if join else None, **arguments)


def pairs(migration: Migration) -> list[tuple[str | int, str]]:
    """The assignments as (user id or address, role)."""
    return [(row.user_id or row.email, row.role) for row in migration.assignments]


def cells_with(migration: Migration, outcome: CellOutcome) -> list[tuple[int, str, str]]:
    """Row, text and code of the cells with this outcome."""
    return [
        (cell.row, cell.text, cell.code)
        for table in migration.ledger.tables
        for cell in table.cells
        if cell.outcome is outcome
    ]
