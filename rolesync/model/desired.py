"""The content of the list: its rows, column by column, and the findings of the reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.findings import Code, Finding
from rolesync.model.frames import DESIRED, frame, require
from rolesync.model.lists import Source
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import PackedTexts, pack
from rolesync.model.periods import Period
from rolesync.model.vocabulary import Level

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ListRows:
    """Rows of DESIRED, column by column. The addresses stay packed until they are read.

    The columns must not be changed.
    """

    row: Ints
    email: PackedTexts
    user_id: Ints
    role: "pd.Categorical[str]"

    @classmethod
    def of(cls, assignments: pd.DataFrame | None = None) -> "ListRows":
        """Take the rows of a frame; without a frame, no rows.

        Raises:
            TypeError: the frame is not DESIRED.
        """
        rows = frame(DESIRED) if assignments is None else require(assignments, DESIRED)
        row, email, user_id, role = (rows[name] for name in DESIRED)
        return cls(row.to_numpy(), pack(email.tolist()), user_id.to_numpy(), role.array)

    @classmethod
    def of_users(cls, user_ids: Iterable[int], role: str) -> "ListRows":
        """Make rows that name users by id, so that a read of Studio covers them; `role` is any managed role."""
        ids = sorted(set(user_ids))
        cells = {"row": [1] * len(ids), "email": [""] * len(ids), "user_id": ids, "role": [role] * len(ids)}
        return cls.of(frame(DESIRED, cells))

    @cached_property
    def index(self) -> Index:
        """The places of the addresses, computed when first used."""
        return Index(self.email)

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Ints | Mask) -> "ListRows":
        """Select some of the rows, in this order."""
        return ListRows(self.row[which], self.email.take(which), self.user_id[which], self.role[which])

    def frame(self) -> pd.DataFrame:
        """Make a frame of the rows (DESIRED)."""
        cells = {"row": self.row, "email": self.email.texts(), "user_id": self.user_id, "role": self.role}
        return frame(DESIRED, cells)


@dataclass(frozen=True, eq=False)
class Desired:
    """The list: which users should have which roles, and the findings of the reader.

    `not_in_force` (DESIRED) are roles that a row takes away, or that are outside their dates today. The user still
    counts as listed. `periods` are the days of the dated rows that give a role, by row number. `day` is the day that
    was compared with them.
    """

    listed: ListRows
    findings: tuple[Finding, ...]
    source: Source
    not_in_force: pd.DataFrame = field(default_factory=lambda: frame(DESIRED))
    periods: Mapping[int, Period] = field(default_factory=dict)
    day: date = date.min

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """`listed` as a frame (DESIRED), made when first used."""
        return self.listed.frame()

    @property
    def status(self) -> Literal["ok", "warn", "reject"]:
        """`reject` with any error, else `warn` with any warning or held row, else `ok`."""
        levels = {finding.level for finding in self.findings}
        if Level.ERROR in levels:
            return "reject"
        return "warn" if levels & {Level.WARNING, Level.HELD} else "ok"

    @property
    def holds_removals(self) -> str:
        """Why no user is known to be missing from the list, so that every removal is held; "" if users are."""
        held = {finding.code for finding in self.findings if finding.level is Level.HELD}
        if Code.NOT_FETCHED in held:
            return "the list can't be fetched"
        return "the list has unreadable rows" if held else ""
