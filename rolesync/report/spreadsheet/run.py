"""A run as tables for a spreadsheet, in the forms that a plan has, see `tables`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from rolesync.report.content.plan_summary import format_time
from rolesync.report.content.run_summary import roles_text, run_facts, run_headline
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.plan import drift_sheet
from rolesync.report.spreadsheet.workbook import MOST_CHARACTERS, Cells, Sheet, format_xlsx
from rolesync.tables.write_csv import escape_formula, format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rolesync.model.run_report import RunReport

RUN_COLUMNS = ("outcome", "action", "role", "user_id", "email", "row", "before", "after", "detail")
"""The columns of a run's changes; roles are `no role` for none, and `after` is empty where nobody knows."""

RUN_CSV_COLUMNS = (*RUN_COLUMNS, "approved_by", "approved_at", "run_by")
"""The columns of the CSV form, where each row also says who approved the plan, if anybody has, and who ran it."""

EXCLUDED = "excluded"
"""In the CSV form, the outcome of changes that the reviewer took out, `detail` being the reason."""


def run_csv(told: RunReport) -> str:
    """Render every change of a run that the record names, as CSV with the header `RUN_CSV_COLUMNS` and LF line ends.

    Those that the reviewer took out come last.
    """
    approval = told.approval
    approved = (_text(approval.reviewer), format_time(approval.approved_at)) if approval else ("", "")
    operator = _text(told.summary.operator)
    rows = chain(_told_changes(told), _excluded(told))
    return format_csv(RUN_CSV_COLUMNS, ((*cells, *approved, operator) for cells in rows))


def run_xlsx(told: RunReport) -> bytes:
    """Render a run as a workbook with the sheets summary, changes, and one for each other list that it has.

    Raises:
        UsageError: as for a plan.
    """
    return format_xlsx("run", max(len(told.changes), len(told.drift.changes)), _told_sheets(told))


def _told_changes(told: RunReport) -> Iterator[Cells]:
    for one in told.changes:
        texts = (one.outcome, one.action, one.role)
        after = roles_text(one.after, MOST_CHARACTERS)
        yield (
            *(escape_formula(escape_for_display(text, MOST_CHARACTERS)) for text in texts),
            one.user_id,
            escape_formula(escape_for_display(one.email, MOST_CHARACTERS)),
            one.row or None,
            *map(
                escape_formula,
                (roles_text(one.before, MOST_CHARACTERS), after, escape_for_display(one.detail, MOST_CHARACTERS)),
            ),
        )


def _excluded(told: RunReport) -> Iterator[Cells]:
    for one in told.excluded:
        names = map(_text, (EXCLUDED, one.action, one.role))
        yield (*names, one.user_id or None, _text(one.email), None, "", "", _text(one.reason))


def _decisions(told: RunReport) -> Iterator[Cells]:
    for word, decisions in (("excluded", told.excluded), ("released", told.released)):
        for one in decisions:
            names = map(_text, (one.action, one.role))
            yield (word, *names, one.user_id or None, _text(one.email), _text(one.reason))


def _text(text: str) -> str:
    return escape_formula(escape_for_display(text, MOST_CHARACTERS))


def _told_sheets(told: RunReport) -> Iterator[Sheet]:
    word, sentence = run_headline(told)
    facts = (
        ("status", word, escape_formula(sentence)),
        *((label, "", escape_formula(value)) for label, value in run_facts(told)),
    )
    yield Sheet("summary", ("what", "which", "says"), (20, 18, 110), facts, "B", prose=True)
    yield Sheet("changes", RUN_COLUMNS, (12, 10, 18, 20, 34, 7, 28, 28, 60), _told_changes(told), "B")
    if told.approval:
        columns = ("decision", "action", "role", "user_id", "email", "reason")
        yield Sheet("decisions", columns, (12, 10, 18, 20, 34, 80), _decisions(told), "B")
    if told.proof:
        holders = (
            (escape_formula(escape_for_display(role, MOST_CHARACTERS)), number)
            for role, number in told.proof.holders.items()
        )
        yield Sheet("proof", ("role", "holders"), (30, 12), holders, "A")
        differences = ((escape_formula(escape_for_display(one, MOST_CHARACTERS)),) for one in told.proof.differences)
        yield Sheet("differences", ("live differs from the plan",), (120,), differences, "A")
    yield drift_sheet(told.drift)
