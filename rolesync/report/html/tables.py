"""The tables of a plan's page as data for its script, column by column, since the script sorts and filters by column.

Texts that many rows share are listed once, in the column's `words`, so that fifty thousand changes stay a small page.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from rolesync.model.explanation import PastChange
from rolesync.model.plans import Plan
from rolesync.report.content.impact import NO_GLANCE, impact_glances
from rolesync.report.content.outliers import emptied_domains
from rolesync.report.content.plan_summary import held_text
from rolesync.report.content.plan_tables import changes_table, drift_table, held_table
from rolesync.report.content.roles_before_after import role_steps
from rolesync.report.content.table import Column, Kind, Table
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, list_text, outcome_text

LastChanges = Mapping[int, Sequence[PastChange]]
"""By user id, the changes of the last run that changed this user, in the order sent."""

_LATE = ("impact", "reason", "why", "row")
"""The columns at the end of a table of the page, in this order."""

_MOST_CHOICES = 200
"""Words of a column that still has a menu; with more, the search finds a word faster."""


class PageColumn(NamedTuple):
    """One column; if it has `words`, each cell is the index of its value among them.

    `all_label` is the entry of the column's menu that shows all rows; "" for a column without a menu. A `hidden` column
    is only for the script: it says nothing that another column doesn't show.
    """

    key: str
    title: str
    kind: Kind
    cells: list[Any]
    words: list[Any] | None = None
    all_label: str = ""
    hidden: bool = False

    def value(self, row: int) -> Any:  # noqa: ANN401  # by kind
        """The value in one row."""
        return self.words[self.cells[row]] if self.words is not None else self.cells[row]


class PageTable(NamedTuple):
    """One section with its table.

    `details` is what the script shows of a row that is opened, `note` a summary beside the title. `domains` are the
    mail domains that lose every holder of a role, each with a sentence.
    """

    key: str
    title: str
    columns: tuple[PageColumn, ...]
    size: int
    details: Mapping[str, Any] | None = None
    note: str = ""
    domains: Sequence[tuple[str, str]] = ()

    @property
    def visible_columns(self) -> tuple[PageColumn, ...]:
        """The columns that are not hidden."""
        return tuple(column for column in self.columns if not column.hidden)

    def rows(self, limit: int) -> Iterator[list[tuple[PageColumn, Any]]]:
        """Yield the first rows as cells with their columns."""
        for row in range(min(limit, self.size)):
            yield [(column, column.value(row)) for column in self.visible_columns]

    @property
    def data(self) -> dict[str, Any]:
        """The table as the script reads it."""
        columns = [column._asdict() for column in self.columns]
        return {"key": self.key, "columns": columns, "details": self.details, "domains": self.domains}


def plan_page_tables(plan: Plan, last_changes: LastChanges | None = None) -> list[PageTable]:
    """List the tables of a plan that have rows: the changes first, removals before additions."""
    tables = []
    if len(plan.changes):
        changes = _with_glances(changes_table(plan), plan)
        domains = [
            (escape_for_display(domain), _emptied(role, before)) for role, domain, before in emptied_domains(plan)
        ]
        page = page_table(changes, _details(plan, last_changes))
        tables.append(_without_needless(page)._replace(title="Changes", domains=domains))
    if len(plan.held):
        held = _without_needless(page_table(_with_glances(held_table(plan), plan)))
        tables.append(held._replace(title="Held", note=held_text(plan).partition(": ")[2]))
    if len(plan.drift.changes):
        tables.append(page_table(drift_table(plan.drift)))
    return tables


def _emptied(role: str, before: int) -> str:
    name = escape_for_display(role, CELL_LIMIT)
    return f"the only holder of {name} here" if before == 1 else f"all {before:,} holders of {name} here"


def _with_glances(table: Table, plan: Plan) -> Table:
    """Add what the page shows at a glance: the steps from the roles before to those after, and the media."""
    steps, glances = role_steps(plan), impact_glances(plan.impact)

    def column(of: Column) -> Column:
        if of.key == "roles":
            return of._replace(title="roles", value=lambda row: (*of.value(row), steps[row.user_id]), all_label="")
        if of.key == "impact":
            return of._replace(
                kind=Kind.MEDIA, value=lambda row: glances.get(row.user_id, NO_GLANCE) if of.value(row) else NO_GLANCE
            )
        return of

    columns = [column(of) for of in table.columns]
    columns.sort(key=lambda of: _LATE.index(of.key) if of.key in _LATE else -1)
    return replace(table, columns=tuple(columns))


def _without_needless(table: PageTable) -> PageTable:
    """Hide the column of media if there are none, and a role that all rows share where the steps of roles show it."""
    has_steps = any(column.kind is Kind.ROLES for column in table.columns)

    def is_needless(column: PageColumn) -> bool:
        if column.kind is Kind.MEDIA:
            return not any(glance.owned for glance in column.words or ())
        return has_steps and column.key == "role" and len(column.words or ()) == 1

    return table._replace(columns=tuple(column._replace(hidden=is_needless(column)) for column in table.columns))


def page_table(table: Table, details: Mapping[str, Any] | None = None) -> PageTable:
    """Lay a table out column by column."""
    rows = list(table.rows(None))
    columns = (
        _column(column.key, title_case(column.title), column.kind, map(column.value, rows), column.all_label)
        for column in table.wide_columns
    )
    return PageTable(table.key, table.title, tuple(columns), len(rows), details)


def title_case(title: str) -> str:
    """Begin a column's title with a capital letter."""
    return title[:1].upper() + title[1:]


def script_json(content: Any) -> str:  # noqa: ANN401  # JSON
    """Encode data for a script element: no text in it can end the element or begin a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _column(key: str, title: str, kind: Kind, values: Iterable[Any], all_label: str) -> PageColumn:
    if kind is Kind.USER:  # ids as text, because JavaScript's numbers are exact only up to 2^53
        return PageColumn(key, title, kind, [(name, email, str(id_ or "")) for name, email, id_ in values])
    if kind is Kind.NUMBER:
        return PageColumn(key, title, kind, list(values))
    places: dict[Any, int] = {}
    cells = [places.setdefault(value, len(places)) for value in values]
    return PageColumn(key, title, kind, cells, list(places), all_label if 1 < len(places) <= _MOST_CHOICES else "")


def _details(plan: Plan, last_changes: LastChanges | None) -> dict[str, Any]:
    undoes, users = plan.source.undoes, set(plan.changes["user_id"])
    return {
        "source": f"run {escape_for_display(undoes, CELL_LIMIT)}" if undoes else list_text(plan.source.path),
        "undoes": bool(undoes),
        "last_changes": None
        if last_changes is None
        else {str(user_id): _last_run(sent) for user_id, sent in last_changes.items() if user_id in users and sent},
    }


def _last_run(changes: Sequence[PastChange]) -> dict[str, Any]:
    """Describe the last run that changed a user: its id, its time, and each change with its outcome."""
    first = changes[0]
    return {
        "run": escape_for_display(first.run, CELL_LIMIT),
        "time": escape_for_display(f"{first.time[:19].replace('T', ' ')} UTC"),
        "sent": [
            f"{escape_for_display(change.action, CELL_LIMIT)} {escape_for_display(change.role, CELL_LIMIT)}: "
            f"{outcome_text(change.outcome)}"
            + (f" (row {change.row} of {list_text(change.source)})" if change.row and change.source else "")
            for change in changes
        ],
    }
