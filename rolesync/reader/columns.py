"""What rows leave behind: the columns of a frame, filled row by row or many rows at once."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.desired import ListRows
from rolesync.model.packed.growing import GrowableArray
from rolesync.model.packed.texts import PackedTexts, TextPacker, pack
from rolesync.reader.roles import RoleCell

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RowColumns:
    """Rows of a list, column by column. `role` is an index of role cells, which whoever made the rows knows."""

    row: Ints
    email: PackedTexts
    user_id: Ints
    role: Ints

    def take(self, which: Ints | Mask | slice) -> "RowColumns":
        """Some of them, in this order."""
        return RowColumns(self.row[which], self.email.take(which), self.user_id[which], self.role[which])


class UserColumns:
    """The columns of DESIRED, filled row by row or many rows at once, in any order."""

    def __init__(self) -> None:
        self._row, self._user_id, self._role = GrowableArray(np.int64), GrowableArray(np.int64), GrowableArray(np.int32)
        self._email = TextPacker()
        self._single = array("q")  # row, user id and role of each row that came alone since many came
        self._emails: list[str] = []  # theirs
        self._names: dict[str, int] = {}  # a role is the number of its name: a million rows share a handful

    def add(self, number: int, email: str, user_id: int, cell: RoleCell) -> None:
        """Add one row."""
        for name in cell.names:
            self._emails.append(email)
            self._single.extend((number, user_id, self._code(name)))

    def extend(self, rows: RowColumns, cells: Sequence[RoleCell], more: float) -> None:
        """Add many rows, whose roles are an index of `cells`; about so many times as many will follow."""
        if not len(rows.row):
            return
        self._place()
        used = np.bincount(rows.role, minlength=len(cells)).tolist()
        named = [(name, uses) for cell, uses in zip(cells, used, strict=True) for name in cell.names]
        codes = np.array([self._code(name) if uses else -1 for name, uses in named], np.int32)
        cell_sizes = np.array([len(cell.names) for cell in cells])
        sizes = cell_sizes[rows.role]
        first = (np.cumsum(cell_sizes) - cell_sizes)[rows.role]
        if len(codes) > len(cells) and (sizes > 1).any():
            which = np.repeat(np.arange(len(sizes)), sizes)
            first = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            rows = rows.take(which)
        self._append(RowColumns(rows.row, rows.email, rows.user_id, codes[first]), more)

    def listed(self) -> ListRows:
        """The rows in the order of their numbers, repetitions included; nothing can be added afterwards."""
        self._place()
        roles = pd.Categorical.from_codes(self._role.whole(), pd.Index(list(self._names), dtype="str"))
        listed = ListRows(
            self._row.whole(),
            self._email.whole(),
            self._user_id.whole() if len(self._user_id) else np.broadcast_to(np.int64(0), len(self._row)),
            roles.reorder_categories(sorted(self._names)),  # all are in use
        )
        ordered = (listed.row[1:] >= listed.row[:-1]).all()
        return listed if ordered else listed.take(np.argsort(listed.row, kind="stable"))

    def _place(self) -> None:
        if self._emails:
            row, user_id, role = np.array(self._single).reshape(-1, 3).T
            self._append(RowColumns(row, pack(self._emails), user_id, role))
            self._emails.clear()
            del self._single[:]

    def _append(self, rows: RowColumns, more: float = 0) -> None:
        self._row.extend(rows.row, more)
        self._email.extend(rows.email, more)
        if rows.user_id.any() or len(self._user_id):  # a column of zeros needs no memory
            self._user_id.extend(np.zeros(len(self._row) - len(rows.row) - len(self._user_id), np.int64))
            self._user_id.extend(rows.user_id, more)
        self._role.extend(rows.role, more)

    def _code(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))
