"""Exports of other programs, recognised by their columns.

Some use a list's column names with another meaning: in a Canvas SIS `admins.csv`, `user_id` is the school's id, which
would name the wrong users in Studio. So an export is read only by `migrate`.
"""

from collections.abc import Iterable
from functools import cache

from rolesync.reader.exports import Export, known_exports
from rolesync.tables.header_text import fold_header


def recognise_export(header: Iterable[str], expected: str = "") -> Export | None:
    """Recognise an export by its header; None for any other file.

    Args:
        header: the header's cells.
        expected: the name of the export that is preferred if several match.
    """
    names = frozenset(map(fold_header, header))
    matches = [export for export, header_sets in _header_sets() if any(headers <= names for headers in header_sets)]
    return next((export for export in matches if export.name == expected), matches[0] if matches else None)


@cache
def _header_sets() -> list[tuple[Export, list[frozenset[str]]]]:
    """The folded header sets of each export, in the order of the table."""
    return [
        (export, [frozenset(map(fold_header, headers)) for headers in export.headers])
        for export in known_exports().values()
    ]
