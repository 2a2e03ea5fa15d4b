"""A run as tables for a spreadsheet, in the forms that a plan has, see `tables`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from rolesync.report.content.plan_summary import moment
from rolesync.report.content.run_summary import roles_text, told_facts, told_headline
from rolesync.report.content.text import defuse, safe
from rolesync.report.spreadsheet.plan import drift_sheet
from rolesync.report.spreadsheet.workbook import MOST_CHARACTERS, Cells, Sheet, spell_csv, spell_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rolesync.model.run_report import Told

TOLD_COLUMNS = ("outcome", "action", "role", "user_id", "email", "row", "before", "after", "detail")
"""The columns of a run's changes; roles are `no role` for none, and `after` is empty where nobody knows."""

TOLD_CSV_COLUMNS = (*TOLD_COLUMNS, "approved_by", "approved_at", "run_by")
"""The columns of the CSV form, where each row also says who approved the plan, if anybody has, and who ran it."""

EXCLUDED = "excluded"
"""In the CSV form, the outcome of changes that the reviewer took out, `detail` being the reason."""


def told_csv(told: Told) -> str:
    """Render every change of a run that the record names, as CSV with the header `TOLD_CSV_COLUMNS` and LF line ends.

    Those that the reviewer took out come last.
    """
    approval = told.approval
    approved = (_text(approval.reviewer), moment(approval.approved_at)) if approval else ("", "")
    operator = _text(told.summary.operator)
    rows = chain(_told_changes(told), _excluded(told))
    return spell_csv(TOLD_CSV_COLUMNS, ((*cells, *approved, operator) for cells in rows))


def told_xlsx(told: Told) -> bytes:
    """Render a run as a workbook with the sheets summary, changes, and one for each other list that it has.

    Raises:
        UsageError: as for a plan.
    """
    return spell_xlsx("run", max(len(told.changes), len(told.drift.changes)), _told_sheets(told))


def _told_changes(told: Told) -> Iterator[Cells]:
    for one in told.changes:
        texts = (one.outcome, one.action, one.role)
        after = roles_text(one.after, MOST_CHARACTERS)
        yield (
            *(defuse(safe(text, MOST_CHARACTERS)) for text in texts),
            one.user_id,
            defuse(safe(one.email, MOST_CHARACTERS)),
            one.row or None,
            *map(defuse, (roles_text(one.before, MOST_CHARACTERS), after, safe(one.detail, MOST_CHARACTERS))),
        )


def _excluded(told: Told) -> Iterator[Cells]:
    for one in told.excluded:
        names = map(_text, (EXCLUDED, one.action, one.role))
        yield (*names, one.user_id or None, _text(one.email), None, "", "", _text(one.reason))


def _decisions(told: Told) -> Iterator[Cells]:
    for word, decisions in (("excluded", told.excluded), ("released", told.released)):
        for one in decisions:
            names = map(_text, (one.action, one.role))
            yield (word, *names, one.user_id or None, _text(one.email), _text(one.reason))


def _text(text: str) -> str:
    return defuse(safe(text, MOST_CHARACTERS))


def _told_sheets(told: Told) -> Iterator[Sheet]:
    word, sentence = told_headline(told)
    facts = (("status", word, defuse(sentence)), *((label, "", defuse(value)) for label, value in told_facts(told)))
    yield Sheet("summary", ("what", "which", "says"), (20, 18, 110), facts, "B", prose=True)
    yield Sheet("changes", TOLD_COLUMNS, (12, 10, 18, 20, 34, 7, 28, 28, 60), _told_changes(told), "B")
    if told.approval:
        columns = ("decision", "action", "role", "user_id", "email", "reason")
        yield Sheet("decisions", columns, (12, 10, 18, 20, 34, 80), _decisions(told), "B")
    if told.proof:
        holders = ((defuse(safe(role, MOST_CHARACTERS)), number) for role, number in told.proof.holders.items())
        yield Sheet("proof", ("role", "holders"), (30, 12), holders, "A")
        differences = ((defuse(safe(one, MOST_CHARACTERS)),) for one in told.proof.differences)
        yield Sheet("differences", ("live differs from the plan",), (120,), differences, "A")
    yield drift_sheet(told.drift)
