"""What rows leave behind: the columns of a frame, filled row by row or many rows at once."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model import DESIRED, frame
from rolesync.reader.roles import RoleCell

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a list, column by column. `role` is an index of role cells, which whoever made the rows knows."""

    row: Ints
    email: list[str]
    user_id: Ints
    role: Ints

    def part(self, start: int, end: int) -> "Rows":
        """Some of them."""
        return Rows(self.row[start:end], self.email[start:end], self.user_id[start:end], self.role[start:end])


@dataclass(slots=True)
class Columns:
    """The columns of DESIRED, and the hash of each address, which is cheapest where the address was just made.

    `role` is an index of `names`, because a million rows share a handful of roles.
    """

    row: "array[int]" = field(default_factory=lambda: array("q"))
    email: list[str] = field(default_factory=list)
    email_hash: "array[int]" = field(default_factory=lambda: array("q"))
    user_id: "array[int]" = field(default_factory=lambda: array("q"))
    role: "array[int]" = field(default_factory=lambda: array("i"))
    names: dict[str, int] = field(default_factory=dict)

    def add(self, number: int, email: str, user_id: int, cell: RoleCell) -> None:
        """Add one row."""
        for name in cell.names:
            self.row.append(number)
            self.email.append(email)
            self.email_hash.append(hash(email))
            self.user_id.append(user_id)
            self.role.append(self._code(name))

    def extend(self, rows: Rows, cells: Sequence[RoleCell]) -> None:
        """Add many rows, whose roles are an index of `cells`."""
        used = np.bincount(rows.role, minlength=len(cells)).tolist()
        named = [(name, uses) for cell, uses in zip(cells, used, strict=True) for name in cell.names]
        codes = np.array([self._code(name) if uses else -1 for name, uses in named], np.int32)
        cell_sizes = np.array([len(cell.names) for cell in cells])
        sizes = cell_sizes[rows.role]
        first = (np.cumsum(cell_sizes) - cell_sizes)[rows.role]
        email = rows.email
        if len(codes) > len(cells) and (sizes > 1).any():
            email = [one for one, size in zip(email, sizes.tolist(), strict=True) for _ in range(size)]
            first = np.repeat(first, sizes)
            first += np.arange(len(first)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            rows = Rows(np.repeat(rows.row, sizes), email, np.repeat(rows.user_id, sizes), first)
        self.row.frombytes(rows.row.data.cast("B"))
        self.email += email
        self.email_hash.frombytes(np.fromiter(map(hash, email), np.int64, len(email)).data.cast("B"))
        self.user_id.frombytes(rows.user_id.data.cast("B"))
        self.role.frombytes(codes[first].data.cast("B"))

    @property
    def hashes(self) -> Ints:
        """The hash of each address."""
        return np.array(self.email_hash)

    def assignments(self) -> pd.DataFrame:
        """DESIRED as the file has it, repetitions included."""
        if not self.row:
            return frame(DESIRED)
        role = pd.Categorical.from_codes(np.array(self.role), pd.Index(list(self.names)))  # all in use
        cells = {
            "row": np.array(self.row),
            "email": np.array(self.email, np.object_),
            "user_id": np.array(self.user_id),
            "role": role.reorder_categories(sorted(self.names)),
        }
        return frame(DESIRED, cells)

    def _code(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))
