"""The recipes of the exports that `migrate --from` knows, made from the table of exports."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from rolesync.migrate.recipe import Recipe
from rolesync.reader.known_exports import Export, known_exports

_SHARED = {field.name for field in fields(Recipe)} & Export.model_fields.keys() - {"name", "title", "name_parts"}
"""The fields of an export that a recipe takes as they are."""


def _recipe(export: Export) -> Recipe:
    """Make the recipe of an export: only its columns count, and only roles that an option maps to one of Studio's."""
    shared: dict[str, Any] = {name: getattr(export, name) for name in _SHARED}
    return Recipe(
        **shared,
        preset=export.name,
        family=export.name,
        title=export.title[:1].upper() + export.title[1:],
        user_id=(),
        name=export.full_name,
        name_parts=export.name_parts or Recipe().name_parts,
        mapped_only=True,
    )


PRESETS: Mapping[str, Recipe] = {name: _recipe(export) for name, export in known_exports().items() if export.readable}


def find_preset(name: str) -> Recipe | None:
    """Find the recipe that `--from` names; None if there is none. The first counts of several exports of this name."""
    recipes = (PRESETS[export.name] for export in known_exports().values() if name in {export.name, *export.also})
    return next((replace(recipe, family=name) for recipe in recipes), None)
