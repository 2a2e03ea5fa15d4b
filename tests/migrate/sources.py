"""Sources for migrations, and what came of them in a form that tests compare."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rolesync.migrate.account import CellOutcome
from rolesync.migrate.migrate import Migration, migrate
from rolesync.migrate.recipe import Recipe
from rolesync.model.lists import ListForm

TODAY = date(2026, 3, 1)
MANAGED = ("Admin", "Teacher")


def run(folder: Path, files: Mapping[str, str | bytes], recipe: Recipe, *, join: str = "", **choices: Any) -> Migration:
    """Write files, and migrate all but the one that is joined."""
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = [folder / name for name in files if name != join]
    settings: dict[str, Any] = {"managed": MANAGED, "today": TODAY, "form": ListForm(), **choices}
    return migrate(paths, recipe, join=folder / join if join else None, **settings)


def pairs(made: Migration) -> list[tuple[str | int, str]]:
    """Who gets which role."""
    return [(one.user_id or one.email, one.role) for one in made.given]


def ends(made: Migration, fate: CellOutcome) -> list[tuple[int, str, str]]:
    """Row, text and code of the cells that end in one way."""
    return [
        (cell.row, cell.text, cell.code) for table in made.account.tables for cell in table.cells if cell.fate is fate
    ]
