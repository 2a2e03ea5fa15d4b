"""An apply in the terminal: what became of each change, and whether Studio now is as planned."""

from collections.abc import Iterator

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.frames import OUTCOMES
from rolesync.model.keys import parse_roles
from rolesync.model.runs import Run, counts
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_rows import SIGNS, table_rows
from rolesync.report.content.plan_summary import SHORT_DIGEST, approval_text, drift_text, format_time, requests_text
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, person, plural, row_text
from rolesync.report.terminal.drift import drift_view
from rolesync.report.terminal.widgets import banner, column, heading, note, pairs, table, word

_MEANINGS = {
    OutcomeStatus.FAILED: "Failed: Studio refused these",
    OutcomeStatus.DRIFTED: "Drifted: these people have changed since the plan was made, so they are left as they are",
    OutcomeStatus.UNKNOWN: "Unknown: whether Studio did these could not be seen",
    OutcomeStatus.NOT_SENT: "Not sent: Studio was never asked for these",
}


def run_view(run: Run, *, limit: int | None = None, command: str = "rolesync plan FILE") -> RenderableType:
    """Show a run.

    Args:
        run: the run, complete or not.
        limit: at most so many rows of each list; None for all.
        command: what makes a new plan.
    """
    numbers = counts(run.outcomes)
    return Group(
        pairs(
            [
                ("run", escape_for_display(run.run_id, CELL_LIMIT)),
                ("account", escape_for_display(run.account, CELL_LIMIT)),
                ("plan", escape_for_display(run.plan_digest[:SHORT_DIGEST])),
                *([("approved", approval_text(run.approval))] if run.approval else []),
                ("time", f"{format_time(run.started_at)} to {format_time(run.finished_at)}"),
                ("drift", drift_text(run.drift)),
                ("requests", requests_text(run.requests)),
            ],
        ),
        Text(),
        _headline(run, numbers, command),
        heading("Outcomes"),
        table(
            [column("outcome", whole=True), column("changes", right=True, whole=True)],
            ((word(status), f"{number:,}") for status, number in numbers.items()),
        ),
        *(
            [note(f"Stopped before the end: {escape_for_display(run.stopped, SENTENCE_LIMIT)}", "red")]
            if run.stopped
            else []
        ),
        *undone(run, limit),
        *drift_view(run.drift, limit),
        *_proof(run),
    )


def _headline(run: Run, numbers: dict[str, int], command: str) -> RenderableType:
    done = f"{numbers[OutcomeStatus.DONE]:,} of {plural(len(run.outcomes), 'change')} done"
    if run.complete:
        return banner("COMPLETE", f"{done}; live equals the plan.", "green")
    if run.proof is None:
        proof = "Studio was not read again, so nothing is proven"
    else:
        proof = "live equals the plan" if run.proof.proven else "live differs from the plan"
    advice = f"What is left to do is in a new plan: {escape_for_display(command)}"
    return banner("INCOMPLETE", f"{done}; {proof}. {advice}", "red")


def undone(run: Run, limit: int | None) -> Iterator[RenderableType]:
    """Show whatever isn't done, with the reason, by what became of it; at most `limit` rows each."""
    numbers = counts(run.outcomes)
    for status, meaning in _MEANINGS.items():
        number = numbers[status]
        if not number:
            continue
        yield heading(f"{meaning} ({number:,})")
        chosen = run.outcomes[run.outcomes["outcome"] == status.value].head(number if limit is None else limit)
        yield outcomes_table(chosen)
        if limit is not None and number > limit:
            yield note(f"… and {number - limit:,} more; add `--all` to see all of them.")


def outcomes_table(outcomes: pd.DataFrame) -> RenderableType:
    """Show what became of some changes (OUTCOMES), a row each."""
    return table(
        [
            column("action", whole=True),
            column("person"),
            column("role"),
            column("what happened"),
            column("row", right=True, whole=True),
        ],
        (
            (
                f"{SIGNS.get(action, '?')} {action}",
                person(name, email, user_id),
                escape_for_display(role, CELL_LIMIT),
                _detail(detail, after),
                row_text(row),
            )
            for user_id, email, name, action, role, _, row, _, _, after, detail in table_rows(outcomes, OUTCOMES)
        ),
    )


def _detail(detail: str, after: str) -> str:
    seen = (
        f"last seen with: {escape_for_display(', '.join(parse_roles(after)), CELL_LIMIT) or 'no role'}" if after else ""
    )
    return "; ".join(part for part in (escape_for_display(detail, SENTENCE_LIMIT), seen) if part)


def _proof(run: Run) -> Iterator[RenderableType]:
    yield heading("Proof by reading Studio again")
    if run.proof is None:
        yield note("Studio was not read again.")
        return
    yield table(
        [column("role"), column("holders", right=True, whole=True)],
        ((escape_for_display(role, CELL_LIMIT), f"{number:,}") for role, number in run.proof.holders.items()),
    )
    if run.proof.proven:
        yield note("Live equals the plan.")
    for difference in run.proof.differences:
        yield note(f"differs: {escape_for_display(difference, SENTENCE_LIMIT)}", "red")
