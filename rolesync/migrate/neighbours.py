"""The file beside an export that probably has its addresses, for advice."""

from collections.abc import Sequence
from pathlib import Path

from rolesync.errors import RolesyncError
from rolesync.migrate.layout import header_rules
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.source_tables import joined_places, open_checked
from rolesync.model.lists import ListForm
from rolesync.reader.recognise_exports import fold_export_header
from rolesync.tables.file_type import read_file

_MAX_NEIGHBOURS = 50  # files beside an export that are looked at for its addresses
_MAX_NEIGHBOUR_BYTES = 32 * 2**20
_TABLE_SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx", ".ods", ".xls", ".json", ".ldif", ".zip", ".gz"}


def find_neighbour(
    file: SourceFile, recipe: Recipe, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Path | None:
    """Find the file in the folder of a table that has the addresses of the most keys; None if no file has any.

    Args:
        file: the file of the table.
        recipe: reads the table.
        header: its header.
        rows: its rows, as wide as the header.
    """
    try:
        paths = sorted(file.folder.iterdir())
    except OSError:
        return None
    usable = [path for path in paths if path.suffix.casefold() in _TABLE_SUFFIXES and path != file.path]
    key_counts = {path: _known_keys(path, recipe, header, rows) for path in usable[:_MAX_NEIGHBOURS]}
    best = max(key_counts, key=lambda path: key_counts[path], default=None)
    return best if best and key_counts[best] else None


def _known_keys(path: Path, recipe: Recipe, header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How many keys of the table a file has, if it has addresses."""
    try:
        data, _ = read_file(path, limit=_MAX_NEIGHBOUR_BYTES)
        table, _ = open_checked(SourceFile.of(path), data, ListForm(), header_rules(Recipe()), [])
    except RolesyncError:
        return 0
    folded = [fold_export_header(text) for text in header]
    places_of_key = {fold_export_header(key): places for key, places in joined_places(recipe, table.header).items()}
    places_of = {folded.index(key): places for key, places in places_of_key.items() if places and key in folded}
    neighbour_rows = [cells for _, cells in table.rows if isinstance(cells, list)] if places_of else []
    numbers = [0]
    for at, places in places_of.items():
        keys = {row[place].strip() for row in neighbour_rows for place in places if place < len(row)}
        numbers.append(len({row[at].strip() for row in rows} & keys - {""}))
    return max(numbers)
