"""The tables of a plan: what each is called, which columns it has, and which rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from rolesync.model.findings import NAMED
from rolesync.model.vocabulary import Action
from rolesync.report.content.plan_rows import (
    change_rows,
    drift_rows,
    finding_rows,
    guard_rows,
    held_rows,
)
from rolesync.report.content.plan_summary import NOUNS, level_counts, number_of, totals
from rolesync.report.content.roles_before_after import roles_after
from rolesync.report.content.table import Column, Kind, Table
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, held_words, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.model.findings import Finding
    from rolesync.model.plans import Drift, Plan
    from rolesync.model.run_report import RunDrift

MANY = 3  # rows from which the same finding is shown once

_USER = Column("user", "user", Kind.USER, attrgetter("user"))
_ROLE = Column("role", "role", Kind.TEXT, attrgetter("role"), "any role")
_ROW = Column("row", "row", Kind.NUMBER, attrgetter("row"))
_IMPACT = Column("impact", "has in Studio", Kind.NOTE, attrgetter("impact"))


def roles_table(plan: Plan) -> Table:
    """The number of holders of each managed role, before and after a plan."""
    columns = (
        Column("role", "role", Kind.NAME, lambda count: escape_for_display(count.role, CELL_LIMIT)),
        Column("before", "before", Kind.COUNT, lambda count: f"{count.before:,}"),
        Column("add", "add", Kind.COUNT, lambda count: f"+{count.additions:,}"),
        Column("remove", "remove", Kind.COUNT, lambda count: f"-{count.removals:,}"),
        Column("after", "after", Kind.COUNT, lambda count: f"{count.after:,}"),
    )
    return Table("roles", "Holders of the managed roles", columns, len(plan.roles), partial(islice, plan.roles))


def guards_table(plan: Plan) -> Table:
    """Every guard with its verdict, those that block first."""
    columns = (
        Column("status", "verdict", Kind.TAG, attrgetter("status")),
        Column("rule", "guard", Kind.NAME, attrgetter("rule"), wide=True),
        Column("role", "role", Kind.TEXT, lambda guard: guard.role or "all", wide=True),
        Column("limit", "limit", Kind.COUNT, attrgetter("limit"), wide=True),
        Column("value", "this plan", Kind.COUNT, attrgetter("value"), wide=True),
        Column("text", "guard", Kind.TEXT, attrgetter("text"), wide=False),
        Column("message", "message", Kind.SENTENCE, attrgetter("message")),
    )
    guards = guard_rows(plan)
    return Table("guards", "Guards", columns, len(guards), partial(islice, guards))


def changes_table(plan: Plan, action: Action | None = None) -> Table:
    """The changes of one action, or removals and then additions."""
    after = cache(lambda: roles_after(plan))
    columns = (
        *([] if action else [Column("action", "action", Kind.TAG, attrgetter("action"), "any action")]),
        _USER,
        *_impact(plan),
        _ROLE,
        Column(
            "roles",
            "roles before → after",
            Kind.ROLES,
            lambda row: (row.before, after()[row.user_id]),
            "any roles",
            True,
        ),
        Column("why", "why", Kind.SENTENCE, attrgetter("detail"), "any reason"),
        _ROW,
    )
    size = number_of(plan, action) if action else len(plan.changes)
    title = plural(size, NOUNS[action]) if action else f"Changes: {totals(plan)}"
    actions = (action,) if action else tuple(NOUNS)
    return Table("changes", title, columns, size, lambda limit: change_rows(plan, *actions, limit=limit), "change")


def held_table(plan: Plan) -> Table:
    """Return the table of held changes."""
    columns = (
        Column("action", "would", Kind.TAG, attrgetter("action"), "any action"),
        _USER,
        *_impact(plan),
        _ROLE,
        Column("reason", "held as", Kind.TEXT, lambda row: held_words(row.reason), "any reason", wide=True),
        Column("why", "why not", Kind.SENTENCE, lambda row: row.detail or held_words(row.reason)),
        _ROW,
    )
    title = f"Held: {plural(len(plan.held), 'row')}"
    return Table("held", title, columns, len(plan.held), lambda limit: held_rows(plan, limit=limit), "held row")


def drift_table(drift: Drift | RunDrift) -> Table:
    """What changed outside rolesync; the same for a plan and a run."""
    columns = (Column("action", "was", Kind.TAG, attrgetter("action"), "any action"), _USER, _ROLE)
    title = f"Changed outside rolesync: {plural(len(drift.changes), 'change')}"
    return Table("drift", title, columns, len(drift.changes), lambda limit: drift_rows(drift, limit=limit), "change")


def findings_table(findings: Sequence[Finding], *, each: bool = False) -> Table:
    """What the reader noticed in the list; the same finding on many rows once, or `each` on its own."""
    listed = findings if each else _grouped(findings)
    columns = (
        Column("level", "level", Kind.TAG, attrgetter("level"), "any level"),
        _ROW,
        Column("column", "column", Kind.TEXT, attrgetter("column")),
        Column("code", "code", Kind.TEXT, attrgetter("code"), "any code", wide=True),
        Column("message", "message", Kind.SENTENCE, attrgetter("message")),
    )
    title = f"Findings in the list: {level_counts(findings)}"
    return Table("findings", title, columns, len(listed), lambda limit: finding_rows(listed[:limit]), "finding")


def _grouped(findings: Sequence[Finding]) -> list[Finding]:
    """Replace the same finding on many rows by its first, with the number of rows and the first of them."""
    rows: dict[Finding, dict[int, None]] = {}
    for finding in findings:
        if finding.row is not None:
            rows.setdefault(replace(finding, row=None), {})[finding.row] = None
    grouped = []
    for finding in findings:
        numbers = rows.get(replace(finding, row=None), {})
        if finding.row is None or len(numbers) < MANY:
            grouped.append(finding)
        elif finding.row == next(iter(numbers)):
            first = ", ".join(map(str, islice(numbers, NAMED))) + (" …" if len(numbers) > NAMED else "")
            grouped.append(replace(finding, message=f"{len(numbers):,} rows ({first}): {finding.message}"))
    return grouped


def finding_kinds_table(findings: Sequence[Finding]) -> Table:
    """What the reader noticed in the list, in short: how many findings of each kind, and the first of them."""
    kinds = [(finding.level.value, finding.code) for finding in findings]
    numbers = Counter(kinds)
    first = list(finding_rows(findings[kinds.index(kind)] for kind in numbers))
    columns = (
        Column("level", "level", Kind.TAG, attrgetter("level")),
        Column("number", "number", Kind.COUNT, lambda row: f"{numbers[row.level, row.code]:,}"),
        Column(
            "first",
            "first of them",
            Kind.SENTENCE,
            lambda row: f"row {row.row}: {row.message}" if row.row else row.message,
        ),
    )
    return Table(
        "kinds", f"Findings in the list: {level_counts(findings)}", columns, len(first), partial(islice, first)
    )


def left_without_role(plan: Plan) -> int:
    """Count the users who lose a role and then have none."""
    after = roles_after(plan)
    losing_users = set(plan.changes["user_id"][plan.changes["action"] == Action.REMOVE.value])
    return sum(1 for user_id in losing_users if not after[user_id])


def _impact(plan: Plan) -> tuple[Column, ...]:
    return () if plan.impact is None else (_IMPACT,)
