"""A run as tables for a spreadsheet: CSV, and a workbook where the extra `excel` is installed."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from rolesync.report.content.plan_summary import format_time
from rolesync.report.content.run_summary import run_content
from rolesync.report.content.run_tables import DIFFERENCES, OutcomeRow, change_rows, decision_rows
from rolesync.report.content.table import NO_ROLE
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.plan import drift_sheet
from rolesync.report.spreadsheet.sheet import MOST_CHARACTERS, Cells, Column, Footer, Sheet, row_cells
from rolesync.report.spreadsheet.workbook import format_xlsx
from rolesync.tables.write_csv import format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rolesync.model.run_report import RunReport

RUN_COLUMNS = OutcomeRow._fields[:-1]
"""The columns of a run's changes; roles are `no role` for none, and `after` is empty if unknown."""

RUN_CSV_COLUMNS = (*RUN_COLUMNS, "approved_by", "approved_at", "run_by")
"""The columns of the CSV form, where each row also names who approved the plan, if anybody did, and who ran it."""


def run_csv(report: RunReport) -> str:
    """Render every change of a run that the record names, as CSV with the header `RUN_CSV_COLUMNS` and LF line ends.

    Those that the reviewer took out come last, with the outcome `excluded` and the reason as `detail`.
    """
    approval = report.approval
    approved = (approval.reviewer, format_time(approval.approved_at)) if approval else ("", "")
    people = row_cells(escape_for_display(text, MOST_CHARACTERS) for text in (*approved, report.summary.operator))
    excluded = decision_rows("excluded", report.excluded, MOST_CHARACTERS)
    rows = chain(_changes(report), (row_cells((*row[:6], "", "", row.detail)) for row in excluded))
    return format_csv(RUN_CSV_COLUMNS, ((*cells, *people) for cells in rows))


def run_xlsx(report: RunReport) -> bytes:
    """Render a run as a workbook with the sheets summary, changes, and one for each other list that it has.

    Raises:
        UsageError: as for a plan.
    """
    longest = max(len(report.changes), len(report.drift.changes))
    footer = Footer("run", report.summary.run_id, report.account)
    return format_xlsx(longest, _sheets(report), footer, instead="use CSV: rolesync show RUN --csv FILE")


def _changes(report: RunReport) -> Iterator[Cells]:
    for row in change_rows(report.changes, MOST_CHARACTERS):
        after = None if row.after is None else row.after or NO_ROLE
        yield row_cells((*row[:6], row.before or NO_ROLE, after, row.detail))


def _sheets(report: RunReport) -> Iterator[Sheet]:
    content = run_content(report)
    word, sentence = content.headline
    facts = (("status", word, sentence), *((label, "", value) for label, value in content.facts))
    yield Sheet("summary", _columns("item", "name", description=100), map(row_cells, facts), "name")
    changes = _columns(*RUN_COLUMNS, email=32, before=24, after=24, detail=40)
    yield Sheet("changes", changes, _changes(report), "action")
    if report.approval:
        decisions = chain(
            decision_rows("excluded", report.excluded, MOST_CHARACTERS),
            decision_rows("released", report.released, MOST_CHARACTERS),
        )
        columns = _columns("decision", "action", "role", "user_id", "email", reason=60)
        rows = ((*row[:5], row.detail) for row in decisions)
        yield Sheet("decisions", columns, map(row_cells, rows), "action")
    if report.proof:
        holders = (
            (*row_cells([escape_for_display(role, MOST_CHARACTERS)]), number)
            for role, number in report.proof.holders.items()
        )
        yield Sheet("proof", _columns("role", "holders"), holders)
        differences = ((escape_for_display(text, MOST_CHARACTERS),) for text in report.proof.differences)
        yield Sheet("differences", (Column(DIFFERENCES.lower(), 100),), map(row_cells, differences))
    yield drift_sheet(report.drift)


def _columns(*titles: str, **widest: int) -> tuple[Column, ...]:
    """Make columns of these titles; some with the most characters of a line."""
    return tuple(Column(title, widest.get(title, 30)) for title in dict.fromkeys((*titles, *widest)))
