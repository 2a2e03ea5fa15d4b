"""A plan as tables for a spreadsheet: CSV, and a workbook where the extra `excel` is installed.

A text that a spreadsheet could take for a formula begins with an apostrophe in both forms.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.frames import IMPACT
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Action, Completeness
from rolesync.planner.approval import Decisions, releasable
from rolesync.report.content.plan_rows import (
    DriftRow,
    FindingRow,
    PlanRow,
    change_rows,
    drift_rows,
    finding_rows,
    guard_rows,
    held_rows,
    table_rows,
)
from rolesync.report.content.plan_summary import NOUNS, headline, next_step, requests_rows, summary
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.workbook import MOST_CHARACTERS, Cells, Sheet, format_xlsx, row_cells
from rolesync.tables.write_csv import escape_formula, format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from rolesync.model.plans import Drift, Plan
    from rolesync.model.run_report import RunDrift

COLUMNS = (*PlanRow._fields, "decision", "decision_reason")
"""The columns of the CSV form: those of `PlanRow`, then two for the reviewer, see `decision_rows`."""

EXCLUDE, RELEASE = "exclude", "release"


def plan_csv(plan: Plan, decisions: Decisions | None = None) -> str:
    """Render all changes and held rows, removals first, as CSV with the header `COLUMNS` and LF line ends.

    `decisions` fill the last two columns, as a reviewer would.
    """
    filled = decisions or Decisions()
    return format_csv(COLUMNS, ((*row.cells, *_decision(row, filled)) for row in decision_rows(plan)))


def plan_xlsx(plan: Plan) -> bytes:
    """Render a plan as a workbook: the sheets summary, changes, held, drift, findings, and impact if it was looked up.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    longest = max(len(plan.changes), len(plan.held), len(plan.findings), len(plan.drift.changes))
    return format_xlsx("plan", longest, _sheets(plan))


class DecisionRow(NamedTuple):
    """A row that a reviewer may decide on.

    `cells` are those of `COLUMNS` before the decision, as in CSV. `key` is user id and role; `word` is the decision
    that the row may have, "" for none.
    """

    cells: Cells
    key: tuple[int, str]
    word: str


def decision_rows(plan: Plan) -> Iterator[DecisionRow]:
    """Yield all changes and held rows of a plan, in their order, each with the decision that it may have."""
    removed = (plan.changes["action"] == Action.REMOVE.value).to_numpy()
    keys = chain(_keys(plan.changes[removed]), _keys(plan.changes[~removed]), _keys(plan.held))
    rows = chain(change_rows(plan, *NOUNS, cut=MOST_CHARACTERS), held_rows(plan, cut=MOST_CHARACTERS))
    words = chain(repeat(EXCLUDE, len(plan.changes)), _releases(plan))
    for row, key, word in zip(rows, keys, words, strict=True):
        yield DecisionRow(row_cells(row), key, word)


def other_rows(plan: Plan) -> dict[str, list[Cells]]:
    """List by sheet the rows of a plan's workbook, heads included, without the sheets of changes and held rows."""
    return {
        sheet.title: [sheet.columns, *sheet.rows] for sheet in _sheets(plan) if sheet.title not in {"changes", "held"}
    }


def _decision(row: DecisionRow, decisions: Decisions) -> tuple[str, str]:
    reasons = {EXCLUDE: decisions.excluded, RELEASE: decisions.released}.get(row.word, {})
    return (
        (row.word, escape_formula(escape_for_display(reasons[row.key], MOST_CHARACTERS)))
        if row.key in reasons
        else ("", "")
    )


def _releases(plan: Plan) -> list[str]:
    """Return the decision that each held row may have."""
    removals = releasable(plan)
    waiting = plan.held["reason"].isin(WAITING).tolist()
    return [RELEASE if key in removals and waits else "" for key, waits in zip(_keys(plan.held), waiting, strict=True)]


def _keys(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)


def _sheets(plan: Plan) -> Iterator[Sheet]:
    widths = (9, 18, 18, 28, 34, 20, 50, 8, 28, 60, 12, 40)
    changes = change_rows(plan, *NOUNS, cut=MOST_CHARACTERS)
    yield Sheet("summary", ("item", "name", "description"), (16, 24, 110), _summary(plan), "B", prose=True)
    for title, rows, words in (
        ("changes", changes, (EXCLUDE,) * len(plan.changes)),
        ("held", held_rows(plan, cut=MOST_CHARACTERS), tuple(_releases(plan))),
    ):
        yield Sheet(title, COLUMNS[1:], widths, (row_cells(row[1:]) for row in rows), "A", words)
    yield drift_sheet(plan.drift)
    findings = map(row_cells, finding_rows(plan.findings, cut=MOST_CHARACTERS))
    yield Sheet("findings", FindingRow._fields, (10, 7, 20, 24, 90), findings, "A")
    if plan.impact is not None:
        yield Sheet("impact", tuple(IMPACT), (20, 10, 10, 10, 18, 12, 24, 24, 60), _impact(plan.impact), "B")


def _impact(impact: pd.DataFrame) -> Iterator[Cells]:
    """Yield the numbers that the other sheets put into sentences, to sort by; empty where nothing is known."""
    for user_id, known, *numbers, newest, last_viewed, note in table_rows(impact, IMPACT):
        cells = [None] * len(numbers) if known == Completeness.NOTHING else numbers
        yield (user_id, known, *cells, newest, last_viewed, escape_formula(escape_for_display(note, MOST_CHARACTERS)))


def drift_sheet(drift: Drift | RunDrift) -> Sheet:
    """The sheet of what changed outside rolesync, the same for a plan and a run."""
    rows = map(row_cells, drift_rows(drift, cut=MOST_CHARACTERS))
    return Sheet("drift", ("was", *DriftRow._fields[1:]), (10, 18, 20, 34), rows, "A")


def _summary(plan: Plan) -> Iterator[Cells]:
    word, sentence = headline(plan)
    yield row_cells(("status", word, sentence))
    for label, value in [*summary(plan), *requests_rows(plan.requests), ("digest", escape_for_display(plan.digest))]:
        yield row_cells((label, "", value))
    for role in plan.roles:
        numbers = f"{role.before:,} before, {role.additions:,} added, {role.removals:,} removed, {role.after:,} after"
        yield row_cells(("managed role", escape_for_display(role.role, MOST_CHARACTERS), numbers))
    for guard in guard_rows(plan):
        yield row_cells(("guard", guard.status, f"{guard.text}. {guard.message}"))
    step, command = next_step(plan)
    yield "next", "", " ".join((step, *command))
