"""The tables of a run: changes by outcome, the reviewer's decisions, the proof and the drift before.

A run that has just ended has its outcomes as a frame (OUTCOMES); one from the record has them as `RunChange` values.
The record names the changes that were sent and those of users who had drifted; it only counts the others.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from rolesync.model.frames import OUTCOMES
from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.plan_tables import drift_table
from rolesync.report.content.table import Column, Kind, Table
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import pandas as pd

    from rolesync.model.run_report import RunChange, RunDecision, RunReport
    from rolesync.model.runs import Proof, Run

_MEANINGS = {
    OutcomeStatus.FAILED: "Failed: Studio did not do these",
    OutcomeStatus.UNKNOWN: "Unknown: whether Studio did these could not be determined",
    OutcomeStatus.DRIFTED: "Drifted: these users changed after the plan was made, so they were left alone",
    OutcomeStatus.NOT_SENT: "Not sent: these never reached Studio",
    OutcomeStatus.DONE: "Done",
}
"""What each outcome means, those first that need a look."""

DIFFERENCES = "Live differs from the plan"
_DECISIONS = {"excluded": "Excluded by the reviewer", "released": "Released by the reviewer"}


class OutcomeRow(NamedTuple):
    """A change with its outcome; the fields before `name` are the columns of the CSV form.

    `outcome` is an `OutcomeStatus`, or `excluded` or `released` for a reviewer's decision, whose reason is `detail`.
    `before` and `after` list roles as in `Admin, Teacher`, "" for no role; `after` is None if unknown. `row` and
    `user_id` are 0 if not given.
    """

    outcome: str
    action: str
    role: str
    user_id: int
    email: str
    row: int
    before: str
    after: str | None
    detail: str
    name: str = ""

    @property
    def user(self) -> tuple[str, str, int]:
        """Name, address and id."""
        return self.name, self.email, self.user_id


def past_tables(report: RunReport) -> Iterator[Table]:
    """Yield the tables of a run from the record, those first that need a look."""
    yield from proof_tables(report.proof, DIFFERENCES)
    for status, meaning in _MEANINGS.items():
        if status is OutcomeStatus.DONE:
            yield from _decision_tables(report)
        changes = [change for change in report.changes if change.outcome == status]
        used = {name for name in ("detail", "row") if any(getattr(change, name) for change in changes)}
        rows = partial(_first, change_rows, changes)
        yield _table(status, f"{meaning} ({len(changes):,})", len(changes), rows, used | {"before"})
    yield from holder_tables(report.proof)
    yield drift_table(report.drift)


def fresh_tables(run: Run) -> Iterator[Table]:
    """Yield the tables of a run that has just ended, without done changes: its plan listed them."""
    yield from proof_tables(run.proof, DIFFERENCES)
    yield from undone_tables(run.outcomes)
    yield from holder_tables(run.proof)
    yield drift_table(run.drift)


def undone_tables(outcomes: pd.DataFrame) -> Iterator[Table]:
    """Yield a table of the changes (OUTCOMES) of each outcome but `done`."""
    for status, meaning in _MEANINGS.items():
        if status is not OutcomeStatus.DONE:
            yield outcomes_table(status, meaning, outcomes[outcomes["outcome"] == status.value])


def outcomes_table(key: str, title: str, outcomes: pd.DataFrame) -> Table:
    """A table of these changes (OUTCOMES)."""
    used = {"before", *(name for name in ("detail", "row") if outcomes[name].astype(bool).any())}
    return _table(key, f"{title} ({len(outcomes):,})", len(outcomes), partial(_frame_rows, outcomes), used)


def proof_tables(proof: Proof | None, title: str) -> Iterator[Table]:
    """Yield a table of the differences that a proof found."""
    differences = proof.differences if proof else ()
    column = Column("difference", "difference", Kind.SENTENCE, lambda text: escape_for_display(text, SENTENCE_LIMIT))
    yield Table("differences", title, (column,), len(differences), partial(islice, differences), "difference")


def holder_tables(proof: Proof | None) -> Iterator[Table]:
    """Yield a table of the holders that a proof counted."""
    holders = proof.holders if proof else {}
    columns = (
        Column("role", "role", Kind.NAME, lambda holder: escape_for_display(holder[0], CELL_LIMIT)),
        Column("holders", "holders", Kind.COUNT, lambda holder: f"{holder[1]:,}"),
    )
    yield Table("holders", "Holders after the run", columns, len(holders), partial(islice, holders.items()))


def change_rows(changes: Iterable[RunChange], cut: int = CELL_LIMIT) -> Iterator[OutcomeRow]:
    """Yield changes from the record, texts cut to `cut`, sentences to at least `SENTENCE_LIMIT`."""
    for change in changes:
        yield OutcomeRow(
            escape_for_display(change.outcome, cut),
            escape_for_display(change.action, cut),
            escape_for_display(change.role, cut),
            change.user_id,
            escape_for_display(change.email, cut),
            change.row,
            escape_for_display(", ".join(change.before), cut),
            None if change.after is None else escape_for_display(", ".join(change.after), cut),
            escape_for_display(change.detail, max(cut, SENTENCE_LIMIT)),
        )


def decision_rows(word: str, decisions: Iterable[RunDecision], cut: int = CELL_LIMIT) -> Iterator[OutcomeRow]:
    """Yield a reviewer's decisions, cut likewise; `word` is `excluded` or `released`."""
    for decision in decisions:
        action, role, email = (
            escape_for_display(text, cut) for text in (decision.action, decision.role, decision.email)
        )
        reason = escape_for_display(decision.reason, max(cut, SENTENCE_LIMIT))
        yield OutcomeRow(word, action, role, decision.user_id, email, 0, "", None, reason)


def _frame_rows(outcomes: pd.DataFrame, limit: int | None) -> Iterator[OutcomeRow]:
    listed = outcomes if limit is None else outcomes.head(limit)
    # Texts that many rows share are escaped once.
    names = {role for column in ("before", "after") for role in listed[column].unique()}
    roles = {text: escape_for_display(", ".join(parse_roles(text)), CELL_LIMIT) if text else None for text in names}
    for user_id, email, name, action, role, _, row, before, outcome, after, detail in table_rows(listed, OUTCOMES):
        yield OutcomeRow(
            outcome,
            action,
            escape_for_display(role, CELL_LIMIT),
            user_id,
            escape_for_display(email, CELL_LIMIT),
            row,
            roles[before] or "",
            roles[after],
            escape_for_display(detail, SENTENCE_LIMIT),
            escape_for_display(name, CELL_LIMIT),
        )


def _decision_tables(report: RunReport) -> Iterator[Table]:
    for word, decisions in (("excluded", report.excluded), ("released", report.released)):
        used = {"detail"} if any(decision.reason for decision in decisions) else set()
        rows = partial(_first, partial(decision_rows, word), decisions)
        title = f"{_DECISIONS[word]} ({len(decisions):,})"
        yield _table(word, title, len(decisions), rows, used, "reason")


def _first(
    rows: Callable[[Any], Iterator[OutcomeRow]], values: Sequence[Any], limit: int | None
) -> Iterator[OutcomeRow]:
    return rows(values[:limit])


def _table(  # noqa: PLR0913, PLR0917
    key: str,
    title: str,
    size: int,
    rows: Callable[[int | None], Iterator[OutcomeRow]],
    used: Collection[str],
    detail: str = "what happened",
) -> Table:
    """Make a table of changes, without the columns that are empty."""
    columns = (
        Column("action", "action", Kind.TAG, attrgetter("action")),
        Column("user", "user", Kind.USER, attrgetter("user")),
        Column("role", "role", Kind.TEXT, attrgetter("role")),
        Column("before", "roles before → after", Kind.ROLES, attrgetter("before", "after")),
        Column("detail", detail, Kind.SENTENCE, attrgetter("detail")),
        Column("row", "row", Kind.NUMBER, attrgetter("row")),
    )
    always = {"action", "user", "role"}
    return Table(
        key, title, tuple(column for column in columns if column.key in always | {*used}), size, rows, "change"
    )
