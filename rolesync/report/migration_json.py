"""A migration as JSON, for programs."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rolesync.migrate.ledger import CellOutcome, column_name
from rolesync.migrate.migrate import Migration
from rolesync.migrate.suggestions import Suggestion
from rolesync.migrate.write import sort_assignments


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
        "status": "incomplete" if made.refused else "ok" if made.assignments else "empty",
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
            for one in sort_assignments(made.assignments, roles)
        ],
        "cells": {
            **{fate.value: number for fate, number in made.ledger.count_outcomes().items()},
            "total": len(made.ledger),
        },
        "reasons": [
            {
                "end": one.outcome.value,
                "code": one.code,
                "cells": one.cells,
                "example": one.example,
                "message": one.detail,
            }
            for one in made.ledger.totals()
            if one.outcome is not CellOutcome.ASSIGNMENT
        ],
        "refused": [
            {
                "file": table.place.file,
                "sheet": table.place.sheet or None,
                "cell": f"{column_name(cell.column)}{cell.row}",
                "code": cell.code,
                "message": cell.detail,
            }
            for table, cell in made.ledger.refused()
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
            for place, finding in made.findings
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
