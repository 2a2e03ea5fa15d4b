"""The recipes of the exports that `migrate --from` knows, made from the table of exports."""

import re
from collections.abc import Mapping

from rolesync.migrate.recipe import Condition, Recipe
from rolesync.reader.exports import Export, ExportCondition, known_exports

_PLAIN = Recipe()


def _recipe(export: Export) -> Recipe:
    """The recipe of an export: its columns only, and only roles that an option maps to one of Studio's."""
    return Recipe(
        preset=export.name,
        title=export.title[:1].upper() + export.title[1:],
        email=export.email,
        user_id=(),
        role=export.role,
        name=export.full_name,
        name_parts=export.name_parts or _PLAIN.name_parts,
        starts=export.starts,
        expires=export.expires,
        action=(),
        separator=export.separator,
        mapped_only=True,
        key=export.key,
        join_key=export.join_key,
        join_email=export.join_email,
        join_name=export.join_name,
        keep=tuple(map(_condition, export.keep)),
        join_keep=tuple(map(_condition, export.join_keep)),
        no_address=re.compile(export.no_address) if export.no_address else None,
        gives=export.gives,
        lacks=export.lacks,
    )


def _condition(entry: ExportCondition) -> Condition:
    drop = None if entry.others == "drop" else entry.drop
    return Condition(entry.columns, entry.keep, drop, entry.why, *filter(None, [entry.unclear]))


PRESETS: Mapping[str, Recipe] = {name: _recipe(export) for name, export in known_exports().items() if export.readable}
