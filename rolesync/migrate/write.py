"""The assignments of a migration → the list as CSV."""

from collections.abc import Iterable, Sequence
from datetime import date

from rolesync.migrate.convert import MigratedAssignment
from rolesync.reader.write import name_cell
from rolesync.tables.write_csv import format_csv

COLUMNS = ("email", "user_id", "role", "starts", "expires", "name")


def sort_assignments(assignments: Iterable[MigratedAssignment], roles: Sequence[str]) -> list[MigratedAssignment]:
    """Sort as an export does: by role in the order of the settings, then by address, id and period."""
    return sorted(assignments, key=lambda row: (roles.index(row.role), row.email or "\uffff", row.user_id, row.period))


def list_csv(assignments: Iterable[MigratedAssignment]) -> str:
    """Format the list as CSV; columns that would be empty (dates, names, ids) are left out to keep the list stable."""
    rows = [
        {
            "email": row.email,
            "user_id": row.user_id or "",
            "role": row.role,
            "starts": "" if row.period.starts == date.min else str(row.period.starts),
            "expires": "" if row.period.expires == date.max else str(row.period.expires),
            "name": name_cell(row.name),
        }
        for row in assignments
    ]
    columns = [name for name in COLUMNS if name in {"email", "role"} or any(row[name] for row in rows)]
    return format_csv(columns, ([row[name] for name in columns] for row in rows))
