"""What the list says, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd

from rolesync.model.frames import DESIRED, frame
from rolesync.model.words import Level


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
class Desired:
    """What the list says: `assignments` (DESIRED), with everything noticed on the way.

    `withheld` (DESIRED) are roles that rows name and don't give today: they say so, or it isn't the time. Whoever
    stands there is named by the list all the same.
    """

    assignments: pd.DataFrame
    findings: tuple[Finding, ...]
    source: Source
    withheld: pd.DataFrame = field(default_factory=lambda: frame(DESIRED))

    @property
    def status(self) -> Literal["ok", "warn", "reject"]:
        """`reject` with any error, else `warn` with any warning or held row, else `ok`."""
        levels = {finding.level for finding in self.findings}
        if Level.ERROR in levels:
            return "reject"
        return "warn" if levels & {Level.WARNING, Level.HELD} else "ok"

    @property
    def unread(self) -> bool:
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
