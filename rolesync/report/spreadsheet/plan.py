"""A plan as tables for a spreadsheet: CSV, and a workbook where the extra `excel` is installed.

A text that a spreadsheet could take for a formula begins with an apostrophe in both forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolesync.model.frames import IMPACT
from rolesync.model.vocabulary import Completeness
from rolesync.planner.approval import Decisions
from rolesync.report.content.how_to_decide import how_to_decide
from rolesync.report.content.plan_rows import (
    CHANGE,
    DriftRow,
    drift_rows,
    finding_rows,
    guard_rows,
    table_rows,
)
from rolesync.report.content.plan_summary import headline, next_step, requests_rows, summary
from rolesync.report.content.text import escape_for_display, list_text
from rolesync.report.spreadsheet.decisions import (
    COLUMNS,
    DECISION,
    EXCLUDE,
    RELEASE,
    DecisionRow,
    book_columns,
    book_rows,
    day,
    decision_rows,
)
from rolesync.report.spreadsheet.sheet import DAY, MOST_CHARACTERS, SIZE, Cells, Column, Footer, Sheet, row_cells
from rolesync.report.spreadsheet.workbook import format_xlsx
from rolesync.tables.write_csv import escape_formula, format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from rolesync.model.plans import Drift, Plan
    from rolesync.model.run_report import RunDrift

HOW_TO_DECIDE, CHANGES, HELD, SUMMARY, IMPACT_SHEET = "how to decide", "changes", "held", "summary", "impact"


def plan_csv(plan: Plan, decisions: Decisions | None = None) -> str:
    """Render all changes and held rows, removals first, as CSV with the header `COLUMNS` and LF line ends.

    `decisions` fill the last two columns, as a reviewer would.
    """
    filled = decisions or Decisions()
    return format_csv(COLUMNS, ((*row.cells, *_decision(row, filled)) for row in decision_rows(plan)))


def plan_xlsx(plan: Plan) -> bytes:
    """Render a plan as a workbook for a reviewer: how to decide, changes, held rows, and what else the plan shows.

    Raises:
        UsageError: the extra `excel` is not installed, or a sheet can't hold all rows.
    """
    longest = max(len(plan.changes), len(plan.held), len(plan.findings), len(plan.drift.changes))
    footer = Footer("plan", plan.digest, plan.account)
    return format_xlsx(longest, _sheets(plan), footer, instead="use CSV: rolesync show PLAN --csv FILE")


def other_rows(plan: Plan) -> dict[str, list[Cells]]:
    """List by sheet the rows of a plan's workbook, heads included, without the sheets of changes and held rows."""
    return {sheet.title: [sheet.titles, *sheet.rows] for sheet in _sheets(plan) if sheet.title not in {CHANGES, HELD}}


def _decision(row: DecisionRow, decisions: Decisions) -> tuple[str, str]:
    reasons = {EXCLUDE: decisions.excluded, RELEASE: decisions.released}.get(row.word, {})
    return (
        (row.word, escape_formula(escape_for_display(reasons[row.key], MOST_CHARACTERS)))
        if row.key in reasons
        else ("", "")
    )


def _sheets(plan: Plan) -> Iterator[Sheet]:
    guide = how_to_decide(plan, MOST_CHARACTERS)
    steps = (Column(guide.title, 14), Column("", 98))
    yield Sheet(HOW_TO_DECIDE, steps, map(row_cells, guide.rows), is_text=True)
    columns = book_columns(plan)
    rows = list(book_rows(plan))
    prompts = {
        EXCLUDE: "Empty: as planned. exclude: not done; write the reason into the next cell.",
        RELEASE: "Empty: the removal waits. release: the user loses the role now.",
    }
    for title, of_changes in ((CHANGES, True), (HELD, False)):
        selected_rows = [row for row in rows if (row.cells[0] == CHANGE) is of_changes]
        cells = ((*(None,) * len(DECISION), *row.cells[1:]) for row in selected_rows)
        words = () if plan.approval else tuple(row.word for row in selected_rows)
        yield Sheet(title, columns, cells, "action", words, prompts, EXCLUDE if of_changes else "")
    findings = map(row_cells, finding_rows(plan.findings, cut=MOST_CHARACTERS))
    kinds = (Column("level"), Column("row"), Column("column", 24), Column("code", 28), Column("message", 90))
    yield Sheet("findings", kinds, findings, "level")
    yield drift_sheet(plan.drift)
    if plan.impact is not None:
        yield Sheet(IMPACT_SHEET, _impact_columns(), _impact(plan.impact))
    facts = (Column("item"), Column("name", 24), Column("description", 100))
    yield Sheet(SUMMARY, facts, _summary(plan), "name")


def _impact_columns() -> tuple[Column, ...]:
    formats = {"size": SIZE, "newest": DAY, "last_viewed": DAY}
    return tuple(Column(name, 60, formats.get(name, "")) for name in IMPACT)


def _impact(impact: pd.DataFrame) -> Iterator[Cells]:
    """Yield the numbers that the other sheets put into sentences, to sort by; empty where nothing is known."""
    for user_id, known, *numbers, newest, last_viewed, note in table_rows(impact, IMPACT):
        cells = [None] * len(numbers) if known == Completeness.NOTHING else numbers
        about = escape_formula(escape_for_display(note, MOST_CHARACTERS))
        yield (user_id, known, *cells, day(newest), day(last_viewed), about)


def drift_sheet(drift: Drift | RunDrift) -> Sheet:
    """The sheet of what changed outside rolesync, the same for a plan and a run."""
    rows = map(row_cells, drift_rows(drift, cut=MOST_CHARACTERS))
    columns = (Column("was"), *(Column(name, 34) for name in DriftRow._fields[1:]))
    return Sheet("drift", columns, rows, "was")


def _summary(plan: Plan) -> Iterator[Cells]:
    word, sentence = headline(plan)
    yield row_cells(("status", word, sentence))
    for label, value in [*summary(plan), *requests_rows(plan.requests), ("digest", escape_for_display(plan.digest))]:
        if label == "list":  # the whole path: a workbook may be read in another folder than it was written in
            path = plan.source.path
            value = value.replace(list_text(path), escape_for_display(path, MOST_CHARACTERS), 1)  # noqa: PLW2901
        yield row_cells((label, "", value))
    for role in plan.roles:
        numbers = f"{role.before:,} before, {role.additions:,} added, {role.removals:,} removed, {role.after:,} after"
        yield row_cells(("managed role", escape_for_display(role.role, MOST_CHARACTERS), numbers))
    for guard in guard_rows(plan):
        yield row_cells(("guard", guard.status, f"{guard.text}. {guard.message}"))
    step, command = next_step(plan)
    yield "next", "", " ".join((step, *command))
