"""The tables of a plan's page, each described once: for the rows that stand in the HTML, and for the script's data.

All texts are `escape_for_display`. Cells are kept by column, since the script sorts and filters by column, and texts
that many rows share stand once, in the column's `words`, so that fifty thousand changes stay a small page.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple

from rolesync.model.explanation import PastChange
from rolesync.model.keys import parse_roles
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action
from rolesync.report.content.plan_rows import (
    ChangeRow,
    HeldRow,
    change_rows,
    drift_rows,
    finding_rows,
    held_rows,
    table_rows,
)
from rolesync.report.content.plan_summary import drift_text, level_counts
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, outcome_text, plural

Touched = Mapping[int, Sequence[PastChange]]
"""By user id, what the last run that sent anything about this person sent."""

NO_ROLE = "no role"

_MOST_CHOICES = 200
"""Words of a column; with more of them nobody would find theirs in a menu, and the search is there."""


class Kind(StrEnum):
    """How a cell is shown, and by which value: the template and the script both know all of these."""

    TAG = "tag"  # an action or a level, as a word in its colour
    PERSON = "person"  # (name, email, id); the id is a text, because JavaScript's numbers end at 2^53
    TEXT = "text"
    ROLES = "roles"  # (before, after), each as in `Admin, Teacher`
    NUMBER = "number"  # 0 is not given


class Column(NamedTuple):
    """One column; where there are `words`, each cell is the place of its value among them.

    `every` is what the menu says that filters by this column as long as it doesn't; "" where there is none.
    """

    key: str
    title: str
    kind: Kind
    cells: list[Any]
    words: list[Any] | None = None
    every: str = ""

    def value(self, at: int) -> Any:  # noqa: ANN401  # by kind
        """The value of one row."""
        return self.words[self.cells[at]] if self.words is not None else self.cells[at]


class PageTable(NamedTuple):
    """One section with its table; `details` is what the script needs to tell more of a row."""

    key: str
    title: str
    columns: tuple[Column, ...]
    details: Mapping[str, Any] | None = None

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.columns[0].cells)

    def rows(self, most: int) -> Iterator[list[tuple[Column, Any]]]:
        """Yield the first rows as cells with their columns."""
        for at in range(min(most, self.size)):
            yield [(column, column.value(at)) for column in self.columns]

    @property
    def data(self) -> dict[str, Any]:
        """What the script is given."""
        return {"key": self.key, "columns": [column._asdict() for column in self.columns], "details": self.details}


def page_tables(plan: Plan, touched: Touched | None = None) -> list[PageTable]:
    """Make the tables of a plan that have rows: the changes first, removals before additions."""
    tables = (_changes(plan, touched), _held(plan), _drift(plan), _findings(plan))
    return [table for table in tables if table.size]


def left_without_role(plan: Plan) -> int:
    """Count the people who lose a role and then have none at all."""
    removed = set(plan.changes["user_id"][plan.changes["action"] == Action.REMOVE.value])
    return len({user for user, _, after in _before_and_after(plan) if not after} & removed)


def script_json(content: Any) -> str:  # noqa: ANN401  # JSON
    """Spell data so that it can stand in a script element: no text in it can end the element or begin a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _changes(plan: Plan, touched: Touched | None) -> PageTable:
    rows = list(chain(*(change_rows(plan, action) for action in (Action.REMOVE, Action.ADD))))
    sets = {
        names: escape_for_display(", ".join(names), CELL_LIMIT)
        for _, *both in _before_and_after(plan)
        for names in both
    }
    moves = [(sets[before], sets[after]) for _, before, after in _before_and_after(plan)]
    columns = (
        _shared("action", "Action", Kind.TAG, (row.action for row in rows), "any action"),
        Column("person", "Person", Kind.PERSON, [(row.name, row.email, str(row.user_id)) for row in rows]),
        *_impact(plan, rows),
        _shared("role", "Role", Kind.TEXT, (row.role for row in rows), "any role"),
        _shared("roles", "Roles before → after", Kind.ROLES, moves, "any roles"),
        _shared("why", "Why", Kind.TEXT, (row.sentence for row in rows), "any reason"),
        Column("row", "Row", Kind.NUMBER, [row.row for row in rows]),
    )
    named = (
        f"run {escape_for_display(plan.source.undoes, CELL_LIMIT)}"
        if plan.source.undoes
        else escape_for_display(plan.source.path, CELL_LIMIT)
    )
    users = {row.user_id for row in rows}
    details = {
        "source": named,
        "undoes": bool(plan.source.undoes),
        "touched": None
        if touched is None
        else {str(user): _touch(sent) for user, sent in touched.items() if user in users and sent},
    }
    removals = len(columns[0].cells) and sum(1 for row in rows if row.action == Action.REMOVE)
    title = f"{plural(removals, 'removal')}, {plural(len(rows) - removals, 'addition')}"
    return PageTable("changes", f"Changes: {title}", columns, details)


def _before_and_after(plan: Plan) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    """Yield who it is and all their roles before and after the whole plan, for each change, removals first.

    Several changes of one person all lead to the same roles, since they are applied together.
    """
    order = plan.changes["action"] != Action.REMOVE.value
    table = plan.changes.iloc[order.argsort(kind="stable")]
    asked: dict[int, tuple[tuple[str, str], ...]] = {}
    for user, action, role in table_rows(table, ("user_id", "action", "role")):
        asked[user] = (*asked.get(user, ()), (action, role))
    known: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for user, before in table_rows(table, ("user_id", "before")):
        key = (before, asked[user])
        if key not in known:
            roles = set(parse_roles(before))
            removed = {role for action, role in asked[user] if action == Action.REMOVE.value}
            added = {role for action, role in asked[user] if action != Action.REMOVE.value}
            known[key] = tuple(sorted(roles)), tuple(sorted(roles - removed | added))
        yield user, *known[key]


def _touch(sent: Sequence[PastChange]) -> dict[str, Any]:
    """Tell of the last run that touched somebody: which, when, and what it sent with what came of it."""
    first = sent[0]
    return {
        "run": escape_for_display(first.run, CELL_LIMIT),
        "time": escape_for_display(f"{first.time[:19].replace('T', ' ')} UTC"),
        "sent": [
            f"{escape_for_display(one.action, CELL_LIMIT)} {escape_for_display(one.role, CELL_LIMIT)}: "
            f"{outcome_text(one.outcome)}"
            + (f" (row {one.row} of {escape_for_display(one.source, CELL_LIMIT)})" if one.row and one.source else "")
            for one in sent
        ],
    }


def _held(plan: Plan) -> PageTable:
    rows = list(held_rows(plan))
    columns = (
        _shared("action", "Would", Kind.TAG, (row.action for row in rows), "any action"),
        Column("person", "Person", Kind.PERSON, [("", row.email, _id(row.user_id)) for row in rows]),
        *_impact(plan, rows),
        _shared("role", "Role", Kind.TEXT, (row.role for row in rows), "any role"),
        _shared("reason", "Held as", Kind.TEXT, (row.reason for row in rows), "any reason"),
        _shared("why", "Why not", Kind.TEXT, (row.detail for row in rows)),
        Column("row", "Row", Kind.NUMBER, [row.row for row in rows]),
    )
    return PageTable("held", f"Held, so not done ({len(rows):,})", columns)


def _impact(plan: Plan, rows: Iterable[ChangeRow | HeldRow]) -> Iterator[Column]:
    """Tell what people have in Studio who lose a role, or would, if somebody has asked."""
    if plan.impact is not None:
        yield _shared("impact", "Has in Studio", Kind.TEXT, (row.impact for row in rows))


def _drift(plan: Plan) -> PageTable:
    rows = list(drift_rows(plan.drift))
    columns = (
        _shared("action", "Was", Kind.TAG, (row.action for row in rows), "any action"),
        Column("person", "Person", Kind.PERSON, [("", row.email, _id(row.user_id)) for row in rows]),
        _shared("role", "Role", Kind.TEXT, (row.role for row in rows), "any role"),
    )
    return PageTable("drift", f"Changed outside rolesync: {drift_text(plan.drift)}", columns)


def _findings(plan: Plan) -> PageTable:
    rows = list(finding_rows(plan.findings))
    columns = (
        _shared("level", "Level", Kind.TAG, (row.level for row in rows), "any level"),
        Column("row", "Row", Kind.NUMBER, [int(row.row or 0) for row in rows]),
        _shared("column", "Column", Kind.TEXT, (row.column for row in rows)),
        _shared("code", "Code", Kind.TEXT, (row.code for row in rows), "any code"),
        _shared("message", "Message", Kind.TEXT, (row.message for row in rows)),
    )
    return PageTable("findings", f"Findings in the list ({level_counts(plan.findings)})", columns)


def _id(user_id: int) -> str:
    return str(user_id) if user_id else ""


def _shared(key: str, title: str, kind: Kind, values: Iterable[Any], every: str = "") -> Column:
    """Make a column of values of which each is kept once, in the order in which they first come."""
    places: dict[Any, int] = {}
    cells = [places.setdefault(value, len(places)) for value in values]
    return Column(key, title, kind, cells, list(places), every if 1 < len(places) <= _MOST_CHOICES else "")
