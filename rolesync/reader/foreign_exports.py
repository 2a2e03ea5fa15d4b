"""Exports of other programs, recognised by their columns.

Some use a list's column names with another meaning: in a Canvas SIS `admins.csv`, `user_id` is the school's id, which
would name the wrong users in Studio. So an export is read only by `migrate`.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from rolesync.reader.exports import Export, known_exports
from rolesync.tables.header_text import fold_header


class _Signature(NamedTuple):
    """The folded header sets of an export."""

    export: Export
    header_sets: Sequence[frozenset[str]]
    without: frozenset[str]


def fold_export_header(text: str) -> str:
    """Fold a header, see `fold_header`, without the star that some programs put before or after it."""
    return fold_header(text).strip("*")


def recognise_exports(header: Iterable[str]) -> list[Export]:
    """Recognise a file by its header.

    Returns:
        The exports that the file may be, the one with the most matching headers first.
    """
    names = frozenset(map(fold_export_header, header))
    sizes = {
        signature.export.name: max((len(headers) for headers in signature.header_sets if headers <= names), default=0)
        for signature in _signatures()
        if not signature.without & names
    }
    matches = [signature.export for signature in _signatures() if sizes.get(signature.export.name)]
    return sorted(matches, key=lambda export: -sizes[export.name])


def recognise_export(header: Iterable[str]) -> Export | None:
    """Recognise an export by its header; None for any other file."""
    return next(iter(recognise_exports(header)), None)


@cache
def _signatures() -> Sequence[_Signature]:
    """The signature of each export, in the order of the table."""
    return [
        _Signature(
            export,
            [frozenset(map(fold_export_header, headers)) for headers in export.headers],
            frozenset(map(fold_export_header, export.without)),
        )
        for export in known_exports().values()
    ]
