"""Exports of other programs, recognised by their columns.

Some use a list's column names with another meaning: in a Canvas SIS `admins.csv`, `user_id` is the school's id, which
would name the wrong users in Studio. So an export is read only by `migrate`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from rolesync.reader.known_exports import Export, known_exports
from rolesync.tables.header_text import fold_header


class _Signature(NamedTuple):
    """One of the folded header sets of an export."""

    export: Export
    headers: frozenset[str]
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
    sizes: dict[str, int] = {}
    for name in names:
        for export, headers, without in _signatures().get(name, ()):
            if headers <= names and not without & names:
                sizes[export.name] = max(len(headers), sizes.get(export.name, 0))
    matches = [export for export in known_exports().values() if export.name in sizes]
    return sorted(matches, key=lambda export: -sizes[export.name])


def recognise_export(header: Iterable[str]) -> Export | None:
    """Recognise an export by its header; None for any other file."""
    return next(iter(recognise_exports(header)), None)


@cache
def _signatures() -> Mapping[str, Sequence[_Signature]]:
    """All signatures, each by the rarest of its headers, since any row of a file may be its header."""
    signatures = [
        _Signature(
            export, frozenset(map(fold_export_header, headers)), frozenset(map(fold_export_header, export.without))
        )
        for export in known_exports().values()
        for headers in export.headers
    ]
    frequency = Counter(header for signature in signatures for header in signature.headers)
    by_header: dict[str, list[_Signature]] = {}
    for signature in signatures:
        by_header.setdefault(min(signature.headers, key=lambda header: (frequency[header], header)), []).append(
            signature
        )
    return by_header
