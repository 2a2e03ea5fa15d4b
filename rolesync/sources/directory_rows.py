"""Makes a list of users that a directory names, in the words that the reader of lists knows."""

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

from rolesync.sources.fetch_context import FetchError


class DirectoryRow(NamedTuple):
    """A user of a directory who has a role there, and whether the user is active."""

    email: str
    name: str
    role: str
    is_active: bool


def list_of_rows(rows: Iterable[DirectoryRow]) -> bytes:
    """Write a list in CSV, sorted, so that an unchanged directory gives the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("email", "name", "role", "status"))
    for row in sorted(set(rows)):
        writer.writerow((row.email, row.name, row.role, "active" if row.is_active else "inactive"))
    return text.getvalue().encode()


def incomplete_error(where: str, why: str) -> FetchError:
    """Make the error for answers that are incomplete or contradict each other."""
    return FetchError(f"{where}: {why}, so the list would be incomplete", hint="try again later", is_transient=True)
