"""A migration as the list that it makes, and as JSON."""

from collections.abc import Iterable, Sequence
from datetime import date

from rolesync.migrate.convert import MigratedAssignment
from rolesync.reader.write import name_cell
from rolesync.tables.write_csv import format_csv

COLUMNS = ("email", "user_id", "role", "starts", "expires", "name")


def in_order(given: Iterable[MigratedAssignment], roles: Sequence[str]) -> list[MigratedAssignment]:
    """Sort as an export does: by role in the order of the settings, then by address, by id, and by days."""
    return sorted(given, key=lambda one: (roles.index(one.role), one.email or "\uffff", one.user_id, one.period))


def list_csv(given: Iterable[MigratedAssignment]) -> str:
    """Spell the list; a column that nobody needs (dates, names, ids) is left out, so that it stays stable."""
    rows = [
        {
            "email": one.email,
            "user_id": one.user_id or "",
            "role": one.role,
            "starts": "" if one.period.starts == date.min else str(one.period.starts),
            "expires": "" if one.period.expires == date.max else str(one.period.expires),
            "name": name_cell(one.name),
        }
        for one in given
    ]
    columns = [name for name in COLUMNS if name in {"email", "role"} or any(row[name] for row in rows)]
    return format_csv(columns, ([row[name] for name in columns] for row in rows))
