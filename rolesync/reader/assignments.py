"""The assignments of a list, column by column, filled by single rows or whole blocks of rows."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rolesync.model.desired import ListRows
from rolesync.model.frames import categorical
from rolesync.model.packed.growing import GrowableArray
from rolesync.model.packed.texts import PackedTexts, TextPacker, pack
from rolesync.reader.roles import RoleCell

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RowColumns:
    """Rows of a list, column by column.

    `role` is an index into the distinct role cells, which `PlainReader.cells` holds.
    """

    row: Ints
    email: PackedTexts
    user_id: Ints
    role: Ints

    def take(self, which: Ints | Mask | slice) -> "RowColumns":
        """Select rows, in this order."""
        return RowColumns(self.row[which], self.email.take(which), self.user_id[which], self.role[which])


class UserColumns:
    """The columns of DESIRED, filled in any order."""

    def __init__(self) -> None:
        self._row, self._user_id, self._role = GrowableArray(np.int64), GrowableArray(np.int64), GrowableArray(np.int32)
        self._email = TextPacker()
        self._pending = array("q")  # row number, user id and role code of each single row since the last block
        self._pending_emails: list[str] = []
        self._role_codes: dict[str, int] = {}  # by role name; a million rows share a handful of roles

    def add(self, number: int, email: str, user_id: int, cell: RoleCell) -> None:
        """Add a row: an assignment for each role of its cell."""
        for name in cell.names:
            self._pending_emails.append(email)
            self._pending.extend((number, user_id, self._role_code(name)))

    def extend(self, rows: RowColumns, cells: Sequence[RoleCell], blocks_left: float) -> None:
        """Add a block of rows.

        Args:
            rows: the rows.
            cells: the role cells that `rows.role` is an index into.
            blocks_left: about how many blocks of this size will follow; memory is reserved for them.
        """
        if not len(rows.row):
            return
        self._append_pending()
        rows_by_cell = np.bincount(rows.role, minlength=len(cells)).tolist()
        names = [(name, count) for cell, count in zip(cells, rows_by_cell, strict=True) for name in cell.names]
        codes = np.array([self._role_code(name) if count else -1 for name, count in names], np.int32)
        cell_sizes = np.array([len(cell.names) for cell in cells])
        sizes = cell_sizes[rows.role]
        first = (np.cumsum(cell_sizes) - cell_sizes)[rows.role]
        if len(codes) > len(cells) and (sizes > 1).any():
            which = np.repeat(np.arange(len(sizes)), sizes)
            first = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            rows = rows.take(which)
        self._append(RowColumns(rows.row, rows.email, rows.user_id, codes[first]), blocks_left)

    def listed(self) -> ListRows:
        """The assignments in the order of row numbers, duplicates included; nothing can be added afterwards."""
        self._append_pending()
        listed = ListRows(
            self._row.whole(),
            self._email.whole(),
            self._user_id.whole() if len(self._user_id) else np.broadcast_to(np.int64(0), len(self._row)),
            categorical(self._role.whole(), list(self._role_codes)),
        )
        ordered = (listed.row[1:] >= listed.row[:-1]).all()
        return listed if ordered else listed.take(np.argsort(listed.row, kind="stable"))

    def _append_pending(self) -> None:
        """Move the single rows into the columns."""
        if self._pending_emails:
            row, user_id, role = np.array(self._pending).reshape(-1, 3).T
            self._append(RowColumns(row, pack(self._pending_emails), user_id, role))
            self._pending_emails.clear()
            del self._pending[:]

    def _append(self, rows: RowColumns, blocks_left: float = 0) -> None:
        self._row.extend(rows.row, blocks_left)
        self._email.extend(rows.email, blocks_left)
        if rows.user_id.any() or len(self._user_id):  # a column of zeros needs no memory
            self._user_id.extend(np.zeros(len(self._row) - len(rows.row) - len(self._user_id), np.int64))
            self._user_id.extend(rows.user_id, blocks_left)
        self._role.extend(rows.role, blocks_left)

    def _role_code(self, name: str) -> int:
        return self._role_codes.setdefault(name, len(self._role_codes))
