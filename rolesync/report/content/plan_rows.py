"""The rows of a plan, as each form shows them: changes, what is held, drift, findings, guards.

All texts that leave this module went through `escape_for_display`; a form adds only its own escaping.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, HELD
from rolesync.model.keys import parse_roles
from rolesync.model.plans import Drift, Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.impact import impact_texts
from rolesync.report.content.text import (
    CELL_LIMIT,
    SENTENCE_LIMIT,
    escape_for_display,
    format_guard_value,
    person,
    reason_sentence,
    row_text,
)

SIGNS = {Action.ADD.value: "+", Action.REMOVE.value: "-"}


class GuardRow(NamedTuple):
    """One guard's word; `limit` and `value` are `-` where there is none, `role` is empty for all roles."""

    status: str
    rule: str
    role: str
    limit: str
    value: str
    message: str

    @property
    def text(self) -> str:
        """The guard with its role, limit and number, as in `max_removals (Admin): limit 50, this plan 61`."""
        role = f" ({self.role})" if self.role else ""
        numbers = f": limit {self.limit}, this plan {self.value}" if (self.limit, self.value) != ("-", "-") else ""
        return f"{self.rule}{role}{numbers}"


class ChangeRow(NamedTuple):
    """One change; `before` lists the roles as `Admin, Teacher`, `impact` says what the person has, where asked."""

    action: str
    role: str
    user_id: int
    name: str
    email: str
    reason: str
    row: int
    before: str
    impact: str

    @property
    def person(self) -> str:
        """The person by all that is known."""
        return person(self.name, self.email, self.user_id, None)

    @property
    def sentence(self) -> str:
        """Why, in words."""
        return reason_sentence(self.reason)


class HeldRow(NamedTuple):
    """Something known but not done."""

    action: str
    role: str
    user_id: int
    email: str
    reason: str
    detail: str
    row: int
    impact: str

    @property
    def person(self) -> str:
        """The person as the list names them."""
        return person("", self.email, self.user_id, None)


class DriftRow(NamedTuple):
    """Somebody who has gained or lost a role outside rolesync."""

    action: str
    role: str
    user_id: int
    email: str

    @property
    def person(self) -> str:
        """The person by address and id."""
        return person("", self.email, self.user_id, None)


class FindingRow(NamedTuple):
    """Something the reader noticed; `row` and `column` are empty where it is about the whole file or row."""

    level: str
    row: str
    column: str
    code: str
    message: str


def guard_rows(plan: Plan) -> list[GuardRow]:
    """List all guards: those that block first, then those that warn, then those that pass."""
    order = {VerdictStatus.BLOCK: 0, VerdictStatus.WARN: 1, VerdictStatus.PASS: 2}
    return [
        GuardRow(
            verdict.status.value,
            escape_for_display(verdict.rule, CELL_LIMIT),
            escape_for_display(verdict.role, CELL_LIMIT),
            format_guard_value(verdict.rule, verdict.limit),
            format_guard_value(verdict.rule, verdict.value),
            escape_for_display(verdict.message, SENTENCE_LIMIT),
        )
        for verdict in sorted(plan.verdicts, key=lambda verdict: order[verdict.status])
    ]


def change_rows(plan: Plan, action: Action, *, cut: int = CELL_LIMIT, most: int | None = None) -> Iterator[ChangeRow]:
    """Yield the changes of one kind in the plan's order, texts cut to `cut`, at most `most` of them."""
    chosen = plan.changes[plan.changes["action"] == action.value].head(len(plan.changes) if most is None else most)
    # What many rows share is made fit to be shown once.
    sets = {spelled: escape_for_display(", ".join(parse_roles(spelled)), cut) for spelled in chosen["before"].unique()}
    words = {text: escape_for_display(text, cut) for column in ("role", "reason") for text in chosen[column].unique()}
    impact = impact_texts(plan.impact) if action is Action.REMOVE else {}
    for user_id, email, name, act, role, reason, row, before in table_rows(chosen, CHANGES):
        texts = (escape_for_display(name, cut), escape_for_display(email, cut), words[reason])
        yield ChangeRow(act, words[role], user_id, *texts, row, sets[before], impact.get(user_id, ""))


def held_rows(plan: Plan, *, cut: int = CELL_LIMIT, most: int | None = None) -> Iterator[HeldRow]:
    """Yield what is held, texts cut to `cut`, at most `most` rows."""
    shown = plan.held.head(len(plan.held) if most is None else most)
    impact = impact_texts(plan.impact)
    for row, email, user_id, role, action, reason, said in table_rows(shown, HELD):
        detail = f"taken out by the reviewer: {said}" if reason == HeldReason.EXCLUDED else said
        yield HeldRow(
            escape_for_display(action, cut),
            escape_for_display(role, cut),
            user_id,
            escape_for_display(email, cut),
            escape_for_display(reason, cut),
            escape_for_display(detail, max(cut, SENTENCE_LIMIT)),
            row,
            impact.get(user_id, "") if action == Action.REMOVE else "",
        )


def drift_rows(drift: Drift, *, cut: int = CELL_LIMIT, most: int | None = None) -> Iterator[DriftRow]:
    """Yield what others have changed, texts cut to `cut`, at most `most` rows."""
    shown = drift.changes.head(len(drift.changes) if most is None else most)
    for user_id, email, role, action in table_rows(shown, DRIFT):
        yield DriftRow(
            escape_for_display(action, cut), escape_for_display(role, cut), user_id, escape_for_display(email, cut)
        )


def finding_rows(findings: Iterable[Finding], *, cut: int = CELL_LIMIT) -> Iterator[FindingRow]:
    """Yield findings with their texts cut to `cut`, messages to more."""
    for finding in findings:
        yield FindingRow(
            finding.level.value,
            row_text(finding.row),
            escape_for_display(finding.column or "", cut),
            escape_for_display(finding.code, cut),
            escape_for_display(finding.message, max(cut, SENTENCE_LIMIT)),
        )


def table_rows(table: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a frame as tuples, much faster than pandas' own row by row."""
    return zip(*(table[column].tolist() for column in columns), strict=True)
