"""Records with named fields (JSON, LDIF) → a grid: a header of all field names, and a row for each record.

A field that a record lacks is a blank cell. Several values of a field are the lines of one cell. The members of a group
are rows of their own, because each of them is a user.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from rolesync.tables.grid import Cells, Grid

HEADER_ROW = 0
"""The row number of the header: records are counted from 1, and their field names are not a row of the file."""

_VALUE_SEPARATOR = "\n"
"""Separates several values of a field: in LDIF and in exported JSON no group or role name contains a line break."""

Record = Mapping[str, Sequence[str]]
"""The values of each field."""


def record_grid(records: Iterable[Sequence[Record]]) -> Grid:
    """Make the grid of records.

    Args:
        records: of each record the parts that become a row each, mostly a single one.
    """
    rows = list(chain.from_iterable(records))
    header = list(dict.fromkeys(chain.from_iterable(rows)))
    return Grid(_rows(header, rows)) if rows else Grid(iter(()))


def _rows(header: list[str], records: Iterable[Record]) -> Iterator[tuple[int, Cells]]:
    yield HEADER_ROW, header
    for number, record in enumerate(records, HEADER_ROW + 1):
        yield number, [_VALUE_SEPARATOR.join(record.get(name, ())) for name in header]
