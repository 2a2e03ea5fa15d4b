"""What is known of one person, in the terminal: who they are, what happened to their roles, and what comes next."""

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
    outcome_text,
    person,
    plural,
    reason_sentence,
    row_text,
)
from rolesync.report.terminal.widgets import column, heading, lines, note, pairs, table, words

_STYLES = {"done": "green", "no_effect": "yellow", "gone": "yellow", "unknown": "bold yellow"}
_DECIDED = {"excluded": "taken out of the plan, so not done", "released": "held, and let through"}
_UNLISTED = "not in the list"


def explanation_view(found: Explanation) -> RenderableType:
    """Show what is known of one person; in which places nothing was looked for is said, too."""
    if not found.known:
        return Group(
            note(f"Nothing is known of {escape_for_display(found.asked, CELL_LIMIT)}: {_looked(found)}.", indent=0)
        )
    return Group(
        pairs(_identity(found)),
        *_now(found.now),
        *_changes(found.changes),
        *_decisions(found.decisions),
        *_absences(found.absences),
        *_listed(found),
        *_steps(found.steps),
    )


def _looked(found: Explanation) -> str:
    places = ["the record has no change of theirs"]
    places += [f"{escape_for_display(found.source.path, CELL_LIMIT)} doesn't name them"] if found.source else []
    places += ["Studio doesn't know them"] if found.now is not None else ["Studio was not asked (`--live` does)"]
    return "; ".join(places)


def _identity(found: Explanation) -> Iterator[tuple[str, str]]:
    yield "asked", escape_for_display(found.asked, CELL_LIMIT)
    yield "user id", ", ".join(f"#{one}" for one in found.user_ids) or "not known"
    yield "address", ", ".join(escape_for_display(one, CELL_LIMIT) for one in found.emails) or "not known"


def _now(people: Sequence[PersonNow] | None) -> Iterator[RenderableType]:
    yield heading("Roles today")
    if people is None:
        yield note("Studio was not asked; `--live` does.")
    elif not people:
        yield note("Studio doesn't know this person.")
    else:
        yield table(
            [column("person"), column("roles")],
            (
                (
                    person(one.name, one.email, one.user_id),
                    ", ".join(escape_for_display(role, CELL_LIMIT) for role in one.roles),
                )
                for one in people
            ),
        )


def _changes(changes: Sequence[PastChange]) -> Iterator[RenderableType]:
    yield heading(f"Changes sent ({len(changes):,})")
    if not changes:
        yield note("The record has none.")
        return
    yield table(
        [
            column("when (UTC), and run"),
            column("change, and what came of it"),
            column("because of"),
        ],
        (
            (
                f"{_when(one.time)}\n{escape_for_display(one.run, CELL_LIMIT)}",
                words(f"{_change(one.action, one.role)}\n").append_text(_outcome(one.outcome)),
                lines(
                    _row(one.row),
                    _source(one),
                    f"approved by {escape_for_display(one.approved_by, CELL_LIMIT)}" if one.approved_by else "",
                ),
            )
            for one in changes
        ),
    )


def _decisions(decisions: Sequence[PastDecision]) -> Iterator[RenderableType]:
    if not decisions:
        return
    yield heading(f"Decided by a reviewer ({len(decisions):,})")
    yield table(
        [column("when (UTC), and run"), column("change, and what was decided"), column("by whom, and why")],
        (
            (
                f"{_when(one.time)}\n{escape_for_display(one.run, CELL_LIMIT)}",
                f"{_change(one.action, one.role)}\n{_DECIDED[one.decision]}",
                lines(escape_for_display(one.reviewer, CELL_LIMIT), escape_for_display(one.reason, SENTENCE_LIMIT)),
            )
            for one in decisions
        ),
    )


def _absences(absences: Sequence[PastAbsence]) -> Iterator[RenderableType]:
    if not absences:
        return
    yield heading(f"Runs whose list didn't give a role that they held ({len(absences):,})")
    yield table(
        [column("when (UTC)", whole=True), column("run"), column("role")],
        (
            (_when(one.time), escape_for_display(one.run, CELL_LIMIT), escape_for_display(one.role, CELL_LIMIT))
            for one in absences
        ),
    )


def _listed(found: Explanation) -> Iterator[RenderableType]:
    if found.source is None:
        return
    yield heading(f"In {escape_for_display(found.source.path, CELL_LIMIT)}")
    if not found.rows:
        yield note("No row names them.")
    else:
        yield table(
            [column("row", right=True, whole=True), column("role"), column("named as")],
            ((row_text(one.row), escape_for_display(one.role, CELL_LIMIT), _named(one)) for one in found.rows),
        )
    if found.list_status == "reject":
        yield note("The list has errors, so that no plan is made from it: `rolesync validate` shows them.", "red")


def _steps(steps: Sequence[NextStep] | None) -> Iterator[RenderableType]:
    if steps is None:
        return
    yield heading(f"The next plan, if no guard stops it: {plural(len(steps), 'change')} of theirs")
    if steps:
        yield table(
            [column("change"), column("why"), column("row", right=True, whole=True)],
            ((_change(one.action, one.role), _why(one), row_text(one.row)) for one in steps),
        )


def _why(step: NextStep) -> str:
    if step.held:
        return f"held: {escape_for_display(step.held, SENTENCE_LIMIT)}"
    return reason_sentence(step.reason)


def _named(row: ListedRow) -> str:
    return person("", row.email, row.user_id)


def _row(row: int) -> str:
    return f"row {row}" if row else _UNLISTED


def _change(action: str, role: str) -> str:
    return f"{SIGNS.get(action, '?')} {escape_for_display(action, CELL_LIMIT)} {escape_for_display(role, CELL_LIMIT)}"


def _outcome(outcome: str) -> Text:
    return words(outcome_text(outcome), _STYLES.get(outcome, ""))


def _source(change: PastChange) -> str:
    """Name the list of a change, and its content."""
    path, digest = escape_for_display(change.source, CELL_LIMIT), escape_for_display(change.sha256[:SHORT_DIGEST])
    return f"{path} {digest}".strip()


def _when(time: str) -> str:
    return escape_for_display(time[:19].replace("T", " "))
