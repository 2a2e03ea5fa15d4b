"""What rows leave behind: the columns of a frame, filled row by row or many rows at once."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model import Listed, Packed, pack
from rolesync.model.packed import join
from rolesync.reader.roles import RoleCell

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a list, column by column. `role` is an index of role cells, which whoever made the rows knows."""

    row: Ints
    email: Packed
    user_id: Ints
    role: Ints

    def take(self, which: Ints | Mask | slice) -> "Rows":
        """Some of them, in this order."""
        return Rows(self.row[which], self.email.take(which), self.user_id[which], self.role[which])


@dataclass(slots=True)
class Columns:
    """The columns of DESIRED, filled row by row or many rows at once, and put together in the end.

    `parts` are in the file's order; those that came row by row are a slice of `single`, which is row, user id and role
    of each, and of `emails`. Here a role is an index of `names`, because a million rows share a handful.
    """

    parts: list[Rows | slice] = field(default_factory=list)
    single: "array[int]" = field(default_factory=lambda: array("q"))
    emails: list[str] = field(default_factory=list)
    placed: int = 0  # of the single rows, how many are in `parts`
    names: dict[str, int] = field(default_factory=dict)

    def add(self, number: int, email: str, user_id: int, cell: RoleCell) -> None:
        """Add one row."""
        for name in cell.names:
            self.emails.append(email)
            self.single.extend((number, user_id, self._code(name)))

    def extend(self, rows: Rows, cells: Sequence[RoleCell]) -> None:
        """Add many rows, whose roles are an index of `cells`."""
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
        self.parts.append(Rows(rows.row, rows.email, rows.user_id, codes[first]))

    def listed(self) -> Listed:
        """The rows as the file has them, repetitions included; the columns are given up, to save their memory."""
        self._place()
        if not self.parts:
            return Listed.of()
        row, user_id, role = np.array(self.single).reshape(-1, 3).T
        single = Rows(row, pack(self.emails), user_id, role)
        parts = [single.take(part) if isinstance(part, slice) else part for part in self.parts]
        self.parts.clear()
        roles = pd.Categorical.from_codes(np.concatenate([part.role for part in parts]), pd.Index(list(self.names)))
        return Listed(
            np.concatenate([part.row for part in parts]),
            join([part.email for part in parts]),
            np.concatenate([part.user_id for part in parts]),
            roles.reorder_categories(sorted(self.names)),  # all are in use
        )

    def _place(self) -> None:
        """Put the rows that have come one by one behind what came before them."""
        if len(self.emails) > self.placed:
            self.parts.append(slice(self.placed, len(self.emails)))
            self.placed = len(self.emails)

    def _code(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))
