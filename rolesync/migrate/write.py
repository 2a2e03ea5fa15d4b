"""A migration as the list that it makes, and as JSON."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rolesync.migrate.account import Fate, column_name
from rolesync.migrate.convert import Given
from rolesync.migrate.migrate import Migration
from rolesync.migrate.suggestions import Suggestion
from rolesync.reader.write import plain_name

COLUMNS = ("email", "user_id", "role", "starts", "expires", "name")


def in_order(given: Iterable[Given], roles: Sequence[str]) -> list[Given]:
    """Sort as an export does: by role in the order of the settings, then by address, by id, and by days."""
    return sorted(given, key=lambda one: (roles.index(one.role), one.email or "\uffff", one.user_id, one.period))


def list_csv(given: Iterable[Given]) -> str:
    """Spell the list; a column that nobody needs (dates, names, ids) is left out, so that it stays stable."""
    rows = [
        {
            "email": one.email,
            "user_id": one.user_id or "",
            "role": one.role,
            "starts": "" if one.period.starts == date.min else str(one.period.starts),
            "expires": "" if one.period.expires == date.max else str(one.period.expires),
            "name": plain_name(one.name),
        }
        for one in given
    ]
    columns = [name for name in COLUMNS if name in {"email", "role"} or any(row[name] for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def migration_json(
    made: Migration, roles: Sequence[str], suggestions: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """Spell what a migration came to.

    Returns:
        `status` (`ok`; `incomplete`, where a cell is refused; `empty`, where nobody gets a role), `source` (what the
        export can and can't tell, null where it is none), `assignments`,
        `cells` (numbers by end, which add up to `total`), `reasons`, `refused` (each with file, sheet, cell, code and
        message), `findings` of whole tables, and `suggestions` (null where nobody was looked up).
    """
    return {
        "status": "incomplete" if made.refused else "ok" if made.given else "empty",
        "source": {"preset": made.recipe.preset, "gives": made.recipe.gives, "lacks": made.recipe.lacks}
        if made.recipe.preset
        else None,
        "assignments": [
            {
                "email": one.email or None,
                "user_id": one.user_id or None,
                "role": one.role,
                "starts": None if one.period.starts == date.min else str(one.period.starts),
                "expires": None if one.period.expires == date.max else str(one.period.expires),
                "file": one.place.file,
                "sheet": one.place.sheet or None,
                "row": one.row,
            }
            for one in in_order(made.given, roles)
        ],
        "cells": {**{fate.value: number for fate, number in made.account.fates().items()}, "total": len(made.account)},
        "reasons": [
            {"end": one.fate.value, "code": one.code, "cells": one.cells, "example": one.example, "message": one.detail}
            for one in made.account.totals()
            if one.fate is not Fate.ASSIGNMENT
        ],
        "refused": [
            {
                "file": table.place.file,
                "sheet": table.place.sheet or None,
                "cell": f"{column_name(cell.column)}{cell.row}",
                "code": cell.code,
                "message": cell.detail,
            }
            for table, cell in made.account.refused()
        ],
        "findings": [
            {
                "level": finding.level.value,
                "file": place.file,
                "sheet": place.sheet or None,
                "row": finding.row,
                "code": finding.code,
                "message": finding.message,
            }
            for place, finding in made.noticed
        ],
        "suggestions": None if suggestions is None else list(suggestions),
    }


def suggestions_json(suggestions: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Spell who isn't in Studio, each with `candidates` who may be meant."""
    return [
        {
            "email": one.missing.email or None,
            "user_id": one.missing.user_id or None,
            "name": one.missing.name or None,
            "file": one.missing.place.file,
            "sheet": one.missing.place.sheet or None,
            "row": one.missing.row,
            "candidates": [
                {"user_id": found.user_id, "email": found.email or None, "name": found.name, "why": found.why}
                for found in one.candidates
            ],
        }
        for one in suggestions
    ]
