"""What the list says, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rolesync.model.frames import DESIRED, frame, require
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import PackedTexts, pack
from rolesync.model.vocabulary import Level

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the reader noticed, at one place of the file.

    `row` is None for the file as a whole, `column` is the header's text as the file spells it, None for a whole row.
    """

    level: Level
    code: str
    message: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a list was read from, or the run that is taken back.

    `rows` counts the data rows that are not blank, `listed` the assignments of each managed role. `modified_at` is when
    the file was last changed, with time zone; None where nobody knows. Where there is no list, `undoes` is the id of
    the run, `path` says so in words, and `sha256` is the hash of its last record.
    """

    path: str
    sha256: str
    rows: int
    modified_at: datetime | None = None
    listed: Mapping[str, int] = field(default_factory=dict)
    undoes: str = ""


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


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a list is written, as far as somebody has said it; empty or 0 where the file itself is to tell.

    `sheet` is a sheet's name, or its number from 1; `header_row` the row of the header as a spreadsheet counts it. The
    columns are named by their headers. `role_aliases` are other names in the list, each with the role it stands for.
    `hold_bad_rows` tells that rows that can't be read are to be held, rather than refuse the list.
    """

    sheet: str = ""
    header_row: int = 0
    email_column: str = ""
    user_id_column: str = ""
    role_column: str = ""
    role_aliases: Mapping[str, str] = field(default_factory=dict)
    hold_bad_rows: bool = False

    @property
    def names_columns(self) -> bool:
        """Whether somebody has said which columns are meant."""
        return bool(self.email_column or self.user_id_column or self.role_column)


AS_WRITTEN = ListForm()
