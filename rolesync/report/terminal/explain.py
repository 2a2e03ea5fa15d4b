"""`explain` in the terminal: a user's identity, roles, past changes and decisions, and the next plan."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.explanation import (
    Explanation,
    ListedRow,
    NextStep,
    PastAbsence,
    PastChange,
    PastDecision,
    PersonNow,
)
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.content.table import SIGNS
from rolesync.report.content.text import (
    CELL_LIMIT,
    SENTENCE_LIMIT,
    escape_for_display,
    list_text,
    outcome_text,
    plural,
    reason_sentence,
    row_text,
)
from rolesync.report.terminal.table import Cell
from rolesync.report.terminal.widgets import column, heading, lines, note, pairs, table, user_cell, words

_STYLES = {"done": "green", "no_effect": "yellow", "gone": "yellow", "unknown": "bold yellow", "side_effect": "yellow"}
_DECIDED = {"excluded": "excluded by the reviewer", "released": "released by the reviewer"}
_UNLISTED = "not in the list"


def explanation_view(explanation: Explanation) -> RenderableType:
    """Show the explanation of one user, and the sources that were not read."""
    if not explanation.known:
        return Group(
            note(
                f"Unknown user {escape_for_display(explanation.query, CELL_LIMIT)}: {_sources(explanation)}.", indent=0
            )
        )
    return Group(
        pairs(_identity(explanation)),
        *_now(explanation.now),
        *_changes(explanation.changes),
        *_decisions(explanation.decisions),
        *_absences(explanation.absences),
        *_listed(explanation),
        *_steps(explanation.steps),
    )


def _sources(explanation: Explanation) -> str:
    sources = ["no change in the record"]
    sources += [f"no row in {list_text(explanation.source.path)}"] if explanation.source else []
    sources += ["not in Studio"] if explanation.now is not None else ["Studio was not read (add `--live`)"]
    if "@" not in explanation.query and not explanation.query.isdecimal():
        sources.append("name the user by the whole address, or by the user id")
    return "; ".join(sources)


def _identity(explanation: Explanation) -> Iterator[tuple[str, str]]:
    yield "query", escape_for_display(explanation.query, CELL_LIMIT)
    yield "user id", ", ".join(f"#{user_id}" for user_id in explanation.user_ids) or "unknown"
    yield "address", ", ".join(escape_for_display(email, CELL_LIMIT) for email in explanation.emails) or "unknown"


def _now(users: Sequence[PersonNow] | None) -> Iterator[RenderableType]:
    yield heading("Roles today")
    if users is None:
        yield note("Studio was not read; add `--live`.")
    elif not users:
        yield note("This user is not in Studio.")
    else:
        yield table(
            [column("user"), column("roles")],
            (
                (
                    user_cell(user.name, user.email, user.user_id),
                    ", ".join(escape_for_display(role, CELL_LIMIT) for role in user.roles),
                )
                for user in users
            ),
        )


def _changes(changes: Sequence[PastChange]) -> Iterator[RenderableType]:
    yield heading(f"Changes sent ({len(changes):,})")
    if not changes:
        yield note("None in the record.")
        return
    yield table(
        [
            column("when (UTC), and run"),
            column("change, and outcome"),
            column("because of"),
        ],
        (
            (
                f"{_when(change.time)}\n{escape_for_display(change.run, CELL_LIMIT)}",
                words(f"{_change(change.action, change.role)}\n").append_text(_outcome(change.outcome)),
                lines(
                    *_causes(change),
                    f"approved by {escape_for_display(change.approved_by, CELL_LIMIT)}" if change.approved_by else "",
                ),
            )
            for change in changes
        ),
    )


def _decisions(decisions: Sequence[PastDecision]) -> Iterator[RenderableType]:
    if not decisions:
        return
    yield heading(f"Reviewer's decisions ({len(decisions):,})")
    yield table(
        [column("when (UTC), and run"), column("change, and decision"), column("reviewer, and reason")],
        (
            (
                f"{_when(decision.time)}\n{escape_for_display(decision.run, CELL_LIMIT)}",
                f"{_change(decision.action, decision.role)}\n{_DECIDED[decision.decision]}",
                lines(
                    escape_for_display(decision.reviewer, CELL_LIMIT),
                    escape_for_display(decision.reason, SENTENCE_LIMIT),
                ),
            )
            for decision in decisions
        ),
    )


def _absences(absences: Sequence[PastAbsence]) -> Iterator[RenderableType]:
    if not absences:
        return
    yield heading(f"Runs whose list left out a role that the user held ({len(absences):,})")
    yield table(
        [column("when (UTC)", whole=True), column("run"), column("role")],
        (
            (
                _when(absence.time),
                escape_for_display(absence.run, CELL_LIMIT),
                escape_for_display(absence.role, CELL_LIMIT),
            )
            for absence in absences
        ),
    )


def _listed(explanation: Explanation) -> Iterator[RenderableType]:
    if explanation.source is None:
        return
    yield heading(f"In {list_text(explanation.source.path)}")
    if not explanation.rows:
        yield note("No row names this user.")
    else:
        yield table(
            [column("row", right=True, whole=True), column("role"), column("named as")],
            ((row_text(row.row), escape_for_display(row.role, CELL_LIMIT), _user(row)) for row in explanation.rows),
        )
    if explanation.list_status == "reject":
        yield note("The list has errors, so it makes no plan: `rolesync validate` shows them.", "red")


def _steps(steps: Sequence[NextStep] | None) -> Iterator[RenderableType]:
    if steps is None:
        return
    yield heading(f"The next plan, unless a guard blocks it: {plural(len(steps), 'change')} of this user")
    if steps:
        yield table(
            [column("change"), column("why"), column("row", right=True, whole=True)],
            ((_change(step.action, step.role), _why(step), row_text(step.row)) for step in steps),
        )


def _why(step: NextStep) -> str:
    if step.held:
        return f"held: {escape_for_display(step.held, SENTENCE_LIMIT)}"
    return reason_sentence(step.reason, step.days)


def _user(row: ListedRow) -> Cell:
    return user_cell("", row.email, row.user_id)


def _change(action: str, role: str) -> str:
    return f"{SIGNS.get(action, '?')} {escape_for_display(action, CELL_LIMIT)} {escape_for_display(role, CELL_LIMIT)}"


def _outcome(outcome: str) -> Text:
    return words(outcome_text(outcome), _STYLES.get(outcome, ""))


def _causes(change: PastChange) -> tuple[str, ...]:
    """Name what a change came from: the run that it undoes; or the row, and the list with the beginning of its hash."""
    if change.undoes:
        return (f"undo of run {escape_for_display(change.undoes, CELL_LIMIT)}",)
    path, digest = list_text(change.source), escape_for_display(change.sha256[:SHORT_DIGEST])
    unlisted = "" if change.outcome == "side_effect" else _UNLISTED
    return (f"row {change.row}" if change.row else unlisted, f"{path} {digest}".strip())


def _when(time: str) -> str:
    return escape_for_display(time[:19].replace("T", " "))
