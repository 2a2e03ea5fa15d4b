"""Where a list comes from, and how it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a list came from an address.

    `where` is the address without user and options, which may contain secrets. `etag` is "" and `last_modified` None
    where the server names none. `failure` is the reason why this earlier copy replaces the list; "" if it is the list
    of `fetched_at`.
    """

    where: str
    fetched_at: datetime  # with time zone, as is `last_modified`
    etag: str = ""
    last_modified: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The file of a list, or the run that an undo reverses.

    `path` is absolute, except in plans and records of earlier versions. `rows` counts the data rows that are not blank,
    `listed` the assignments of each managed role. `modified_at` is the time of the file's last change, with time zone;
    None if unknown. For an undo, `undoes` is the id of the run, `path` describes it, and `sha256` is the hash of the
    run's last record. `fetched` is None for a list that was not fetched from an address; else `path` is the address.
    """

    path: str
    sha256: str
    rows: int
    modified_at: datetime | None = None
    listed: Mapping[str, int] = field(default_factory=dict)
    undoes: str = ""
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a list is written, as far as it is set; empty or 0 where the reader finds out from the file.

    `sheet` is the name of a sheet, or its number from 1. `header_row` is the row of the header, counted from 1. Columns
    are named by their headers. `role_aliases` maps other names in the list to roles. With `hold_bad_rows`, an
    unreadable row is held; without it, the row refuses the list. With `login_identities`, rows may name users by login.
    `encoding` is the encoding of a text. `keep` maps columns to the words of the rows that give their role. `leave_out`
    maps some of these columns to the words of the rows that don't; a row with another word there is unreadable.
    `ignore_columns` are not read. With `no_header`, the first row is a row of the list, and columns are named by letter
    or number. With `no_user_id`, ids are not read.
    """

    sheet: str = ""
    encoding: str = ""
    header_row: int = 0
    email_column: str = ""
    user_id_column: str = ""
    role_column: str = ""
    role_aliases: Mapping[str, str] = field(default_factory=dict)
    hold_bad_rows: bool = False
    login_identities: bool = False
    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    leave_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ignore_columns: Sequence[str] = ()
    no_header: bool = False
    no_user_id: bool = False

    @property
    def names_columns(self) -> bool:
        """Whether any column is set."""
        return bool(self.email_column or self.user_id_column or self.role_column)


AS_WRITTEN = ListForm()
