"""The rows that a reviewer decides on, as cells: those of the CSV form, and those of the workbook.

The workbook is for people: the decision comes first, roles are shown before and after, and sizes and dates are numbers
in a format. Earlier versions wrote the columns of the CSV form into the workbook, too.
"""

from __future__ import annotations

from datetime import date
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.frames import IMPACT
from rolesync.model.keys import parse_roles
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Action, Completeness
from rolesync.planner.approval import releasable
from rolesync.report.content.plan_rows import PlanRow, change_rows, held_rows, table_rows
from rolesync.report.content.plan_summary import NOUNS
from rolesync.report.content.roles_before_after import roles_after
from rolesync.report.content.table import NO_ROLE
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.sheet import DAY, MOST_CHARACTERS, SIZE, AtLeast, Cell, Cells, Column, row_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from rolesync.model.plans import Plan

EXCLUDE, RELEASE = "exclude", "release"

DECISION = ("decision", "decision_reason")

COLUMNS = (*PlanRow._fields, *DECISION)
"""The columns of the CSV form: those of `PlanRow`, then two for the reviewer, see `decision_rows`."""

_USER = (
    Column("action"),
    Column("role", 18),
    Column("name", 22),
    Column("email", 30),
    Column("roles before", 18),
    Column("roles after", 18),
    Column("why", 30),
)
_MEDIA = (Column("media"), Column("size", number_format=SIZE), Column("last viewed", number_format=DAY))
_OLDEST_DAY = date(1900, 3, 1)  # spreadsheets count earlier days differently


class DecisionRow(NamedTuple):
    """A row that a reviewer may decide on.

    `cells` are those of the form before the decision; the first is the kind of the row. `key` is user id and role;
    `word` is the decision that the row may have, "" for none.
    """

    cells: Cells
    key: tuple[int, str]
    word: str


def book_columns(plan: Plan) -> tuple[Column, ...]:
    """List the columns of the sheets `changes` and `held`: the decision first, the media only if they were read."""
    decision = (Column(DECISION[0]), Column(DECISION[1], least=22))
    return (*decision, *_USER, *([] if plan.impact is None else _MEDIA), Column("row"), Column("user id"))


def decision_rows(plan: Plan) -> Iterator[DecisionRow]:
    """Yield all changes and held rows of a plan, in their order, with the cells of the CSV form."""
    return _decision_rows(plan, row_cells)


def book_rows(plan: Plan) -> Iterator[DecisionRow]:
    """Yield the same rows with the cells of the workbook: the kind, then those of `book_columns` after the decision."""
    after = roles_after(plan, MOST_CHARACTERS)
    waiting = {
        key: parse_roles(before)
        for key, before in zip(_keys(plan.releasable_removals), plan.releasable_removals["before"], strict=True)
    }
    media = media_cells(plan.impact)
    no_media = (None,) * (0 if plan.impact is None else len(_MEDIA))

    def cells(row: PlanRow) -> Cells:
        roles = (row.before, after.get(row.user_id, ""))
        if row.kind != "change":  # of a held removal that may be released, the roles are known
            names = waiting.get((row.user_id, row.role))
            roles = ("", "") if names is None else (_role_text(names), _role_text(set(names) - {row.role}))
        role_cells = [text or NO_ROLE for text in roles] if row.kind == "change" or any(roles) else roles
        about = media.get(row.user_id, no_media) if row.action == Action.REMOVE else no_media
        texts = row_cells((row.kind, row.action, row.role, row.name, row.email, *role_cells, row.detail))
        return (*texts, *about, *row_cells((row.row, row.user_id)))

    return _decision_rows(plan, cells)


def _decision_rows(plan: Plan, cells: Callable[[PlanRow], Cells]) -> Iterator[DecisionRow]:
    removed = (plan.changes["action"] == Action.REMOVE.value).to_numpy()
    keys = chain(_keys(plan.changes[removed]), _keys(plan.changes[~removed]), _keys(plan.held))
    rows = chain(change_rows(plan, *NOUNS, cut=MOST_CHARACTERS), held_rows(plan, cut=MOST_CHARACTERS))
    words = chain(repeat(EXCLUDE, len(plan.changes)), _releases(plan))
    for row, key, word in zip(rows, keys, words, strict=True):
        yield DecisionRow(cells(row), key, word)


def _releases(plan: Plan) -> list[str]:
    """Return the decision that each held row may have."""
    removals = releasable(plan)
    waiting = plan.held["reason"].isin(WAITING).tolist()
    return [RELEASE if key in removals and waits else "" for key, waits in zip(_keys(plan.held), waiting, strict=True)]


def _keys(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)


def _role_text(names: list[str] | set[str]) -> str:
    return escape_for_display(", ".join(sorted(names)), MOST_CHARACTERS)


def media_cells(impact: pd.DataFrame | None) -> dict[int, Cells]:
    """List by user id the cells of `_MEDIA`; the sheet `impact` has the details."""
    if impact is None:
        return {}
    cells: dict[int, Cells] = {}
    for user_id, known, owned, _, size, _, _, last_viewed, _ in table_rows(impact, IMPACT):
        number = AtLeast if known == Completeness.AT_LEAST else int
        if known == Completeness.NOTHING:
            cells[user_id] = ("unknown", None, None)
        else:
            unknown = "unknown" if owned else None  # the sizes of all media
            cells[user_id] = (number(owned), number(size) if size else unknown, day(last_viewed))
    return cells


def day(time: str) -> Cell:
    """Turn a time in ISO 8601 into a date for a spreadsheet; a time that spreadsheets can't count stays a text."""
    try:
        calendar_day = date.fromisoformat(time[:10])
    except ValueError:
        return time or None
    return calendar_day if calendar_day >= _OLDEST_DAY else time
