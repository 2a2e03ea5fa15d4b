"""The rows of a plan's tables: changes, held rows, drift, findings and guards, each as one tuple of facts.

All texts are already escaped by `escape_for_display`; a form adds only its own escaping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rolesync.model.frames import CHANGES, DRIFT, HELD
from rolesync.model.keys import parse_roles
from rolesync.model.reasons import HeldReason
from rolesync.model.run_report import RunDrift
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.guard_text import guard_advice, guard_sentence
from rolesync.report.content.impact import impact_texts
from rolesync.report.content.text import (
    CELL_LIMIT,
    SENTENCE_LIMIT,
    escape_for_display,
    format_guard_value,
    reason_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from rolesync.model.findings import Finding
    from rolesync.model.plans import Drift, Plan


class GuardRow(NamedTuple):
    """A guard's verdict; `limit` and `value` are `-` where there is none, `role` is empty for all roles.

    `sentence` shows what the guard allows and what the plan would do, `advice` what the sentence leaves open.
    """

    status: str
    rule: str
    role: str
    limit: str
    value: str
    message: str
    sentence: str
    advice: str

    @property
    def text(self) -> str:
        """The sentence with the code, as in `At most 50 users may lose Admin: 61 would (max_removals)`."""
        return self.sentence if self.sentence.startswith(self.rule) else f"{self.sentence} ({self.rule})"


class PlanRow(NamedTuple):
    """A change or a held row of a plan; `kind` is `change` or `held`. The fields are the columns of the CSV form.

    `reason` is a `Reason` or a `HeldReason`, `detail` a sentence. `before` lists the roles as `Admin, Teacher`,
    `impact` describes the media of the user, if they were looked up. `row` and `user_id` are 0 if not given.
    """

    kind: str
    action: str
    role: str
    user_id: int
    name: str
    email: str
    reason: str
    detail: str
    row: int
    before: str
    impact: str

    @property
    def user(self) -> tuple[str, str, int]:
        """Name, address and id."""
        return self.name, self.email, self.user_id


class DriftRow(NamedTuple):
    """A role that a user gained or lost outside rolesync."""

    action: str
    role: str
    user_id: int
    email: str

    @property
    def user(self) -> tuple[str, str, int]:
        """Name, address and id."""
        return "", self.email, self.user_id


class FindingRow(NamedTuple):
    """A finding in the list; `row` is 0 and `column` empty if it is about the whole file or row."""

    level: str
    row: int
    column: str
    code: str
    message: str


CHANGE, HELD_KIND = "change", "held"


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
            guard_sentence(plan, verdict),
            guard_advice(verdict),
        )
        for verdict in sorted(plan.verdicts, key=lambda verdict: order[verdict.status])
    ]


def change_rows(plan: Plan, *actions: Action, cut: int = CELL_LIMIT, limit: int | None = None) -> Iterator[PlanRow]:
    """Yield the changes of each of these actions, in the plan's order.

    Args:
        plan: the plan.
        actions: which changes come first, which next.
        cut: at most this many characters of each text.
        limit: at most this many rows; None for all. Further rows cost nothing.
    """
    for action in actions:
        selected = plan.changes[plan.changes["action"] == action.value]
        if limit is not None:
            selected = selected.head(limit)
            limit -= len(selected)
        # Texts that many rows share are escaped once.
        roles = {text: escape_for_display(", ".join(parse_roles(text)), cut) for text in selected["before"].unique()}
        texts = {text: escape_for_display(text, cut) for name in ("role", "reason") for text in selected[name].unique()}
        sentences = {reason: reason_sentence(reason) for reason in selected["reason"].unique()}
        impact = impact_texts(plan.impact) if action is Action.REMOVE else {}
        for user_id, email, name, _, role, reason, row, before in table_rows(selected, CHANGES):
            who = (user_id, escape_for_display(name, cut), escape_for_display(email, cut))
            days = plan.periods.get((user_id, role)) if plan.periods else None
            why = (texts[reason], reason_sentence(reason, days) if days else sentences[reason], row)
            yield PlanRow(CHANGE, action.value, texts[role], *who, *why, roles[before], impact.get(user_id, ""))


def held_rows(plan: Plan, *, cut: int = CELL_LIMIT, limit: int | None = None) -> Iterator[PlanRow]:
    """Yield the held changes, at most `limit` of them, with texts of at most `cut` characters."""
    impact = impact_texts(plan.impact)
    for row, email, user_id, role, action, reason, detail in table_rows(_first(plan.held, limit), HELD):
        sentence = f"excluded by the reviewer: {detail}" if reason == HeldReason.EXCLUDED else detail
        yield PlanRow(
            HELD_KIND,
            escape_for_display(action, cut),
            escape_for_display(role, cut),
            user_id,
            escape_for_display(plan.names.get(user_id, ""), cut),
            escape_for_display(email, cut),
            escape_for_display(reason, cut),
            escape_for_display(sentence, max(cut, SENTENCE_LIMIT)),
            row,
            "",
            impact.get(user_id, "") if action == Action.REMOVE else "",
        )


def drift_rows(drift: Drift | RunDrift, *, cut: int = CELL_LIMIT, limit: int | None = None) -> Iterator[DriftRow]:
    """Yield what changed outside rolesync, texts cut to `cut`, at most `limit` rows."""
    for user_id, email, role, action in drift_cells(drift, limit):
        yield DriftRow(
            escape_for_display(action, cut), escape_for_display(role, cut), user_id, escape_for_display(email, cut)
        )


def drift_cells(drift: Drift | RunDrift, limit: int | None = None) -> Iterable[tuple[Any, ...]]:
    """List what changed outside rolesync, at most `limit` rows, with the columns of DRIFT."""
    if isinstance(drift, RunDrift):
        return drift.changes[:limit]
    return table_rows(_first(drift.changes, limit), DRIFT)


def finding_rows(findings: Iterable[Finding], *, cut: int = CELL_LIMIT) -> Iterator[FindingRow]:
    """Yield findings with their texts cut to `cut`, messages to at least `SENTENCE_LIMIT`."""
    for finding in findings:
        yield FindingRow(
            finding.level.value,
            finding.row or 0,
            escape_for_display(finding.column or "", cut),
            escape_for_display(finding.code, cut),
            escape_for_display(finding.message, max(cut, SENTENCE_LIMIT)),
        )


def table_rows(table: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a frame as tuples, much faster than pandas' own iteration."""
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _first(table: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    return table if limit is None else table.head(limit)
