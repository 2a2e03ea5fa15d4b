"""The recipes of the exports that `migrate --from` knows, made from the table of exports."""

import re
from collections.abc import Mapping
from dataclasses import replace

from rolesync.migrate.recipe import Recipe
from rolesync.reader.exports import Export, known_exports

_PLAIN = Recipe()


def _recipe(export: Export) -> Recipe:
    """The recipe of an export: its columns only, and only roles that an option maps to one of Studio's."""
    return Recipe(
        preset=export.name,
        family=export.name,
        title=export.title[:1].upper() + export.title[1:],
        unconfirmed=not export.confirmed,
        email=export.email,
        login=export.login,
        user_id=(),
        role=export.role,
        every_role=export.every_role,
        name=export.full_name,
        name_parts=export.name_parts or _PLAIN.name_parts,
        starts=export.starts,
        expires=export.expires,
        separator=export.separator,
        removal_sign=export.removal_sign,
        first_address=export.first_address,
        unix_dates=export.unix_dates,
        example_row=export.example_row,
        mapped_only=True,
        key=export.key,
        join_key=export.join_key,
        join_email=export.join_email,
        join_login=export.join_login,
        join_name=export.join_name,
        keep=export.keep,
        join_keep=export.join_keep,
        no_address=re.compile(export.no_address) if export.no_address else None,
        gives=export.gives,
        lacks=export.lacks,
    )


PRESETS: Mapping[str, Recipe] = {name: _recipe(export) for name, export in known_exports().items() if export.readable}


def find_preset(name: str) -> Recipe | None:
    """The recipe that `--from` names; None if there is none. Of several exports with this name it is the first."""
    recipes = (PRESETS[export.name] for export in known_exports().values() if name in {export.name, *export.also})
    return next((replace(recipe, family=name) for recipe in recipes), None)
