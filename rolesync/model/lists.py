"""What the list says, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
