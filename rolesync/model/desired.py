"""What the list asks for: its rows, column by column, and everything that was noticed in them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.findings import Finding
from rolesync.model.frames import DESIRED, frame, require
from rolesync.model.lists import Source
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import PackedTexts, pack
from rolesync.model.vocabulary import Level

Ints = npt.NDArray[np.int64]


Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ListRows:
    """Rows of DESIRED, column by column, in which no address is a text of its own before somebody wants to read it.

    Nobody changes the columns of one.
    """

    row: Ints
    email: PackedTexts
    user_id: Ints
    role: "pd.Categorical[str]"

    @classmethod
    def of(cls, assignments: pd.DataFrame | None = None) -> "ListRows":
        """Take the rows of a frame, or none.

        Raises:
            TypeError: it is not DESIRED.
        """
        rows = frame(DESIRED) if assignments is None else require(assignments, DESIRED)
        row, email, user_id, role = (rows[name] for name in DESIRED)
        return cls(row.to_numpy(), pack(email.tolist()), user_id.to_numpy(), role.array)

    @cached_property
    def index(self) -> Index:
        """The places of the addresses, made when it is first asked for."""
        return Index(self.email)

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Ints | Mask) -> "ListRows":
        """Some of the rows, in this order."""
        return ListRows(self.row[which], self.email.take(which), self.user_id[which], self.role[which])

    def frame(self) -> pd.DataFrame:
        """The rows as DESIRED."""
        cells = {"row": self.row, "email": self.email.texts(), "user_id": self.user_id, "role": self.role}
        return frame(DESIRED, cells)


@dataclass(frozen=True, eq=False)
class Desired:
    """What the list says: who is to have which role, with everything noticed on the way.

    `not_in_force` (DESIRED) are roles that rows name and don't give today: they say so, or it isn't the time. Whoever
    stands there is named by the list all the same.
    """

    listed: ListRows
    findings: tuple[Finding, ...]
    source: Source
    not_in_force: pd.DataFrame = field(default_factory=lambda: frame(DESIRED))

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """The same as `listed` (DESIRED), made when it is first asked for."""
        return self.listed.frame()

    @property
    def status(self) -> Literal["ok", "warn", "reject"]:
        """`reject` with any error, else `warn` with any warning or held row, else `ok`."""
        levels = {finding.level for finding in self.findings}
        if Level.ERROR in levels:
            return "reject"
        return "warn" if levels & {Level.WARNING, Level.HELD} else "ok"

    @property
    def has_unreadable_rows(self) -> bool:
        """Whether rows are held because they can't be read, so that nobody is known not to be listed."""
        return any(finding.level is Level.HELD for finding in self.findings)
