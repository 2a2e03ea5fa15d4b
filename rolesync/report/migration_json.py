"""A migration as JSON, for programs."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rolesync.migrate.ledger import CellLedger, CellOutcome
from rolesync.migrate.migrate import Migration
from rolesync.migrate.overview import Overview
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.similar_users import Suggestion
from rolesync.migrate.write import sort_assignments


def overview_json(overview: Overview) -> dict[str, Any]:
    """Return what a file seems to hold.

    Returns:
        `status` (`described`), `file`, `sheet`, `source` as in `migration_json`, `rows`, `columns` (each with letter,
        header, what it is read as, the number of cells with text, and examples), and `commands` with their purpose.
    """
    return {
        "status": "described",
        "file": overview.place.file,
        "sheet": overview.place.sheet or None,
        "source": _source(overview.recipe),
        "rows": overview.rows,
        "columns": [
            {
                "column": column.letter,
                "header": column.header,
                "read_as": column.use or None,
                "filled": column.filled,
                "examples": list(column.examples),
            }
            for column in overview.columns
        ],
        "commands": _commands((command.purpose, shlex.join(command.words)) for command in overview.commands),
    }


def _source(recipe: Recipe) -> dict[str, Any] | None:
    if not recipe.preset:
        return None
    return {
        "preset": recipe.preset,
        "gives": recipe.gives,
        "lacks": recipe.lacks,
        "confirmed": recipe.confirmed,
    }


def _commands(commands: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"purpose": purpose, "command": command} for purpose, command in commands]


def migration_json(
    migration: Migration,
    roles: Sequence[str],
    suggestions: Sequence[dict[str, Any]] | None,
    commands: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return the result of a migration.

    Returns:
        `status` (`ok`; `incomplete` if a cell is refused; `empty` if no user gets a role), `source` (what a known
        export contains and lacks, null for other tables), `assignments`, `cells` (counts by outcome, which add up to
        `total`), `reasons`, `refused` (each with file, sheet, cell, code and message), `findings` of whole tables,
        `commands` that decide about words that leave open whether rows count, and `suggestions` (null if no user was
        looked up).
    """
    ledger = migration.ledger
    return {
        "status": "incomplete" if migration.refused else "ok" if migration.assignments else "empty",
        "source": _source(migration.recipe),
        "assignments": [
            {
                "email": assignment.email or None,
                "user_id": assignment.user_id or None,
                "role": assignment.role,
                "starts": None if assignment.period.starts == date.min else str(assignment.period.starts),
                "expires": None if assignment.period.expires == date.max else str(assignment.period.expires),
                "file": assignment.place.file,
                "sheet": assignment.place.sheet or None,
                "row": assignment.row,
            }
            for assignment in sort_assignments(migration.assignments, roles)
        ],
        "cells": {
            **{outcome.value: number for outcome, number in ledger.count_outcomes().items()},
            "total": len(ledger),
        },
        "reasons": [
            {
                "end": total.outcome.value,
                "code": total.code,
                "cells": total.cells,
                "example": total.example,
                "message": total.detail,
            }
            for total in ledger.totals()
            if total.outcome is not CellOutcome.ASSIGNMENT
        ],
        "refused": _refused(ledger),
        "findings": _findings(migration),
        "commands": _commands(commands),
        "suggestions": None if suggestions is None else list(suggestions),
    }


def _refused(ledger: CellLedger) -> list[dict[str, Any]]:
    return [
        {
            "file": table.place.file,
            "sheet": table.place.sheet or None,
            "cell": cell.address,
            "code": cell.code,
            "message": cell.detail,
        }
        for table, cell in ledger.refused()
    ]


def _findings(migration: Migration) -> list[dict[str, Any]]:
    return [
        {
            "level": finding.level.value,
            "file": place.file,
            "sheet": place.sheet or None,
            "row": finding.row,
            "code": finding.code,
            "message": finding.message,
        }
        for place, finding in migration.findings
    ]


def suggestions_json(suggestions: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Return the users who are not in Studio, each with `candidates` who may be meant."""
    return [
        {
            "email": suggestion.missing.email or None,
            "user_id": suggestion.missing.user_id or None,
            "name": suggestion.missing.name or None,
            "file": suggestion.missing.place.file,
            "sheet": suggestion.missing.place.sheet or None,
            "row": suggestion.missing.row,
            "candidates": [
                {
                    "user_id": candidate.user_id,
                    "email": candidate.email or None,
                    "name": candidate.name,
                    "why": candidate.why,
                }
                for candidate in suggestion.candidates
            ],
        }
        for suggestion in suggestions
    ]
