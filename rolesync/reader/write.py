"""The desired-roles file as rolesync itself writes it, in a form that reads back the same.

An address stands in it only if it names exactly one person and reads back as itself; everybody is named by id besides.
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
    """One person's one role; `email` is "" where no address can name the person."""

    email: str
    user_id: int
    role: str
    name: str


def assignments_of(live: Live) -> list[Assignment]:
    """List who holds which of `live.roles`, by role, address and id."""
    users = live.users
    shared = Counter(map(email_key, users["email"].tolist()))
    found: list[Assignment] = []
    columns = (users[name].tolist() for name in ("user_id", "email", "name", "roles"))
    for user_id, email, name, spelled in zip(*columns, strict=True):
        key = email_key(email)
        usable = key if shared[key] == 1 and escape_formula(key) == key and _reads_back(key) else ""
        held = set(parse_roles(spelled)).intersection(live.roles)
        found += [{"email": usable, "user_id": user_id, "role": role, "name": name} for role in held]
    return sorted(found, key=lambda one: (live.roles.index(one["role"]), one["email"] or "\uffff", one["user_id"]))


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
    """Put a name on one line, as a cell that is no formula."""
    return escape_formula(" ".join(name.split()))
