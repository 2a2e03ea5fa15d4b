"""A plan as tables for a spreadsheet: CSV for everybody, a workbook where the extra `excel` is installed.

No cell is ever a formula: a text that a spreadsheet could take for one begins with an apostrophe in both forms.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.frames import IMPACT
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Action, Completeness
from rolesync.planner.approval import Decisions, releasable
from rolesync.report.content.plan_rows import change_rows, drift_rows, finding_rows, guard_rows, held_rows, table_rows
from rolesync.report.content.plan_summary import headline, next_step, requests_rows, summary
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.workbook import MOST_CHARACTERS, Cells, Sheet, format_xlsx
from rolesync.tables.write_csv import escape_formula, format_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from rolesync.model.plans import Drift, Plan

COLUMNS = (
    "kind",
    "action",
    "role",
    "user_id",
    "name",
    "email",
    "reason",
    "detail",
    "row",
    "before",
    "impact",
    "decision",
    "decision_reason",
)
"""The columns of the CSV form; `kind` is `change` or `held`, and what is not given, or wasn't asked, is empty.

The last two are for the reviewer: see `decision_rows`.
"""

CHANGE, HELD_KIND = "change", "held"
EXCLUDE, RELEASE = "exclude", "release"


def plan_csv(plan: Plan, decisions: Decisions | None = None) -> str:
    """Render every change and every held row, removals first, as CSV with the header `COLUMNS` and LF line ends.

    With `decisions`, they stand in the last two columns, as a reviewer would have filled them in.
    """
    decided = decisions or Decisions()
    return format_csv(COLUMNS, ((*row.cells, *_decision(row, decided)) for row in decision_rows(plan)))


def plan_xlsx(plan: Plan) -> bytes:
    """Render a plan as a workbook: the sheets summary, changes, held, drift, findings, and impact if that was asked.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    longest = max(len(plan.changes), len(plan.held), len(plan.findings), len(plan.drift.changes))
    return format_xlsx("plan", longest, _sheets(plan))


class DecisionRow(NamedTuple):
    """A row that a reviewer may decide on.

    `cells` are those of `COLUMNS` before the decision, as both forms have them but for what `spreadsheet` does. `word`
    is the only decision that may stand in it, "" where none may; `key` names what it is about.
    """

    cells: Cells
    key: tuple[int, str]
    word: str


def decision_rows(plan: Plan) -> Iterator[DecisionRow]:
    """Yield all rows of a plan's changes and held rows, in their order, with what may be decided of each."""
    table = plan.changes
    removed = (table["action"] == Action.REMOVE.value).to_numpy()
    for key, cells in zip(chain(_keys(table[removed]), _keys(table[~removed])), _changes(plan), strict=True):
        yield DecisionRow((CHANGE, *cells), key, EXCLUDE)
    for key, cells, word in zip(_keys(plan.held), _held(plan), _releases(plan), strict=True):
        yield DecisionRow((HELD_KIND, *cells), key, word)


def other_rows(plan: Plan) -> dict[str, list[Cells]]:
    """List by sheet what a plan's workbook has besides its changes and held rows, the heads included."""
    return {
        sheet.title: [sheet.columns, *sheet.rows] for sheet in _sheets(plan) if sheet.title not in {"changes", "held"}
    }


def _decision(row: DecisionRow, decisions: Decisions) -> tuple[str, str]:
    chosen = {EXCLUDE: decisions.excluded, RELEASE: decisions.released}.get(row.word, {})
    return (
        (row.word, escape_formula(escape_for_display(chosen[row.key], MOST_CHARACTERS)))
        if row.key in chosen
        else ("", "")
    )


def _releases(plan: Plan) -> list[str]:
    """Say of each held row whether it may be let through."""
    may = releasable(plan)
    waiting = plan.held["reason"].isin(WAITING).tolist()
    return [RELEASE if key in may and waits else "" for key, waits in zip(_keys(plan.held), waiting, strict=True)]


def _keys(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)


def _changes(plan: Plan) -> Iterator[Cells]:
    rows = chain(
        change_rows(plan, Action.REMOVE, cut=MOST_CHARACTERS), change_rows(plan, Action.ADD, cut=MOST_CHARACTERS)
    )
    for row in rows:
        texts = (row.name, row.email, row.reason, row.sentence)
        yield (
            row.action,
            escape_formula(row.role),
            row.user_id or None,
            *map(escape_formula, texts),
            row.row or None,
            escape_formula(row.before),
            escape_formula(row.impact),
        )


def _held(plan: Plan) -> Iterator[Cells]:
    for row in held_rows(plan, cut=MOST_CHARACTERS):
        texts = ("", row.email, row.reason, row.detail)
        yield (
            escape_formula(row.action),
            escape_formula(row.role),
            row.user_id or None,
            *map(escape_formula, texts),
            row.row or None,
            "",
            escape_formula(row.impact),
        )


def _sheets(plan: Plan) -> Iterator[Sheet]:
    widths = (9, 18, 18, 28, 34, 20, 50, 8, 28, 60, 12, 40)
    yield Sheet("summary", ("what", "which", "says"), (16, 24, 110), _summary(plan), "B", prose=True)
    yield Sheet("changes", COLUMNS[1:], widths, _changes(plan), "A", (EXCLUDE,) * len(plan.changes))
    yield Sheet("held", COLUMNS[1:], widths, _held(plan), "A", tuple(_releases(plan)))
    findings = (
        (row.level, int(row.row) if row.row else None, *map(escape_formula, (row.column, row.code, row.message)))
        for row in finding_rows(plan.findings, cut=MOST_CHARACTERS)
    )
    yield drift_sheet(plan.drift)
    yield Sheet("findings", ("level", "row", "column", "code", "message"), (10, 7, 20, 24, 90), findings, "A")
    if plan.impact is not None:
        yield Sheet("impact", tuple(IMPACT), (20, 10, 10, 10, 18, 12, 24, 60), _impact(plan.impact), "B")


def _impact(impact: pd.DataFrame) -> Iterator[Cells]:
    """Yield the numbers that the other sheets tell in words, to sort by; empty where nothing is known."""
    for user_id, known, *numbers, newest, note in table_rows(impact, IMPACT):
        told = [None] * len(numbers) if known == Completeness.NOTHING else numbers
        yield (user_id, known, *told, newest, escape_formula(escape_for_display(note, MOST_CHARACTERS)))


def drift_sheet(drift: Drift) -> Sheet:
    """The sheet of what others have changed, the same for a plan and a run."""
    rows = (
        (row.action, escape_formula(row.role), row.user_id, escape_formula(row.email))
        for row in drift_rows(drift, cut=MOST_CHARACTERS)
    )
    return Sheet("drift", ("was", "role", "user_id", "email"), (10, 18, 20, 34), rows, "A")


def _summary(plan: Plan) -> Iterator[Cells]:
    word, sentence = headline(plan)
    yield "status", word, escape_formula(sentence)
    for label, value in [*summary(plan), *requests_rows(plan.requests), ("digest", escape_for_display(plan.digest))]:
        yield label, "", escape_formula(value)
    for role in plan.roles:
        numbers = f"{role.before:,} before, {role.additions:,} added, {role.removals:,} removed, {role.after:,} after"
        yield "managed role", escape_formula(escape_for_display(role.role, MOST_CHARACTERS)), numbers
    for guard in guard_rows(plan):
        yield "guard", guard.status, escape_formula(f"{guard.text}. {guard.message}")
    step, command = next_step(plan)
    yield "next", "", " ".join((step, *command))
