"""The desired-roles file as rolesync writes it; reading the file gives the same assignments.

Every user is named by id, and also by address if the address is unique in Studio and reads back as itself.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from rolesync.model.findings import CellError
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.reader.identity import read_email
from rolesync.tables.write_csv import escape_formula, format_csv

COLUMNS = ("email", "user_id", "role", "name")


class Assignment(TypedDict):
    """A user's role, as a row of the list; `email` is "" if no address can name the user."""

    email: str
    user_id: int
    role: str
    name: str


def list_assignments(live: Live) -> list[Assignment]:
    """List the holders of `live.roles`, sorted by role, address and id."""
    users = live.users
    address_counts = Counter(map(email_key, users["email"].tolist()))
    assignments: list[Assignment] = []
    columns = (users[name].tolist() for name in ("user_id", "email", "name", "roles"))
    for user_id, email, name, user_roles in zip(*columns, strict=True):
        key = email_key(email)
        usable = key if address_counts[key] == 1 and escape_formula(key) == key and _reads_back(key) else ""
        roles = set(parse_roles(user_roles)).intersection(live.roles)
        assignments += [{"email": usable, "user_id": user_id, "role": role, "name": name} for role in roles]
    return sorted(
        assignments, key=lambda row: (live.roles.index(row["role"]), row["email"] or "\uffff", row["user_id"])
    )


def _reads_back(key: str) -> bool:
    try:
        return read_email(key, lambda _note: None) == key
    except CellError:
        return False


def desired_csv(assignments: Sequence[Assignment]) -> str:
    """Format assignments as CSV with the header `COLUMNS`."""
    return format_csv(
        COLUMNS, ((row["email"], row["user_id"], row["role"], name_cell(row["name"])) for row in assignments)
    )


def name_cell(name: str) -> str:
    """Put a name on one line, as a cell that is not a formula."""
    return escape_formula(" ".join(name.split()))
