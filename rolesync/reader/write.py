"""The desired-roles file as rolesync itself writes it, in a form that reads back the same.

An address stands in it only if it names exactly one person and reads back as itself; everybody is named by id besides.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from rolesync.model.findings import CellError
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.reader.identity import read_email

COLUMNS = ("email", "user_id", "role", "name")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate instead of show


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
        usable = key if shared[key] == 1 and not key.startswith(FORMULA) and _reads_back(key) else ""
        held = set(parse_roles(spelled)).intersection(live.roles)
        found += [{"email": usable, "user_id": user_id, "role": role, "name": name} for role in held]
    return sorted(found, key=lambda one: (live.roles.index(one["role"]), one["email"] or "\uffff", one["user_id"]))


def _reads_back(key: str) -> bool:
    try:
        return read_email(key, lambda _note: None) == key
    except CellError:
        return False


def desired_csv(assignments: Sequence[Assignment]) -> str:
    """Spell assignments as CSV, with names that no spreadsheet calculates."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in assignments:
        writer.writerow({**one, "name": plain_name(one["name"])})
    return text.getvalue()


def plain_name(name: str) -> str:
    """Put a name on one line, with an apostrophe before what a spreadsheet would calculate."""
    line = " ".join(name.split())
    return f"'{line}" if line.startswith(FORMULA) else line
