"""A rehearsal in the terminal: what an apply would come to, how long it would take, and what nobody can know before."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.live import Requests
from rolesync.model.rehearsal import Rehearsal, Stage
from rolesync.model.runs import counts
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_summary import SHORT_DIGEST, drift_text, held_text, requests_text
from rolesync.report.content.plan_tables import drift_table
from rolesync.report.content.run_summary import outcome_counts
from rolesync.report.content.run_tables import outcomes_table, undone_tables
from rolesync.report.content.table import Table
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import banner, column, heading, note, pairs, table, table_view

MINUTE, HOUR = 60, 3600


def rehearsal_view(done: Rehearsal, *, limit: int | None, command: str) -> RenderableType:
    """Show a rehearsal.

    Args:
        done: the rehearsal.
        limit: at most so many rows of each list; None for all.
        command: what applies the plan.
    """
    run = done.run
    return Group(
        pairs(
            [
                ("account", f"{escape_for_display(run.account, CELL_LIMIT)}, only read"),
                ("plan", escape_for_display(run.plan_digest[:SHORT_DIGEST])),
                ("copied", plural(done.people, "person", "people")),
                ("held", held_text(done.plan)),
                ("outcomes", outcome_counts(counts(run.outcomes))),
                *([("stopped", escape_for_display(run.stopped, SENTENCE_LIMIT))] if run.stopped else []),
                ("drift", drift_text(run.drift)),
            ]
        ),
        Text(),
        _headline(done),
        *(part for described in _tables(done) for part in table_view(described, limit)),
        *_holders(done),
        *_time(done),
        *_unknown(done),
        *([heading("To apply exactly this plan:"), note(escape_for_display(command))] if len(run.outcomes) else []),
    )


def _headline(done: Rehearsal) -> RenderableType:
    run = done.run
    said = (
        f"{counts(run.outcomes)[OutcomeStatus.DONE]:,} of {plural(len(run.outcomes), 'change')} done in a private copy"
    )
    if run.complete:
        return banner("REHEARSED", f"{said}, which then equals the plan. Nothing was written to Studio.", "green")
    return banner("REHEARSED, INCOMPLETE", f"{said}; see below why. Nothing was written to Studio.", "yellow")


def _tables(done: Rehearsal) -> Iterator[Table]:
    """Yield what was not done, what was done with a note (another role moved, or it was done before), and the drift."""
    outcomes = done.run.outcomes
    yield from undone_tables(outcomes)
    noted = (outcomes["outcome"] == OutcomeStatus.DONE.value) & (outcomes["detail"] != "")
    yield outcomes_table("noted", "Done, with a note", outcomes[noted])
    yield drift_table(done.run.drift)


def _holders(done: Rehearsal) -> Iterator[RenderableType]:
    yield heading("Holders of the managed roles")
    yield table(
        [column("role"), *(column(title, right=True, whole=True) for title in ("before", "after"))],
        (
            (
                escape_for_display(one.role, CELL_LIMIT),
                f"{one.before:,}",
                "-" if one.after is None else f"{one.after:,}",
            )
            for one in done.roles
        ),
    )
    proof = done.run.proof
    if proof is None:
        yield note("The copy was not read again, so that nothing is proven.", "red")
    elif proof.proven:
        yield note("Proof: the copy was read again, and equals the plan.")
    for difference in proof.differences if proof else ():
        yield note(f"differs: {escape_for_display(difference, SENTENCE_LIMIT)}", "red")


def _time(done: Rehearsal) -> Iterator[RenderableType]:
    latency = done.latency
    yield heading(f"Time that an apply would take: about {_seconds(done.seconds)}")
    yield note(
        f"A request took {_seconds(latency.seconds)} (median of {latency.requests:,} to Studio just now)."
        if latency.requests
        else "No request was measured, so that nothing can be said of the changes."
    )
    yield table(
        [
            column("part"),
            *(column(title, right=True, whole=True) for title in ("requests", "at once", "seconds")),
            column("how"),
        ],
        (
            (stage.name, f"{stage.requests:,}", f"{stage.at_once:,}", f"{stage.seconds:,.1f}", _how(stage, done))
            for stage in done.stages
        ),
    )
    yield note(f"Requests to Studio: {requests_text(Requests(done.read.by_kind))}")
    yield note(f"Requests to the copy: {requests_text(done.run.requests)}")


def _how(stage: Stage, done: Rehearsal) -> str:
    if stage.measured:
        return "as it took just now" if stage.requests else "as it took in the copy, the record included"
    reckoned = stage.rounds * done.latency.seconds
    if stage.seconds > reckoned:
        return "as requests_per_second allows"
    return f"{plural(stage.rounds, 'round')} of {_seconds(done.latency.seconds)}"


def _seconds(seconds: float) -> str:
    """Spell a time for people, in the unit that it has."""
    if seconds < 1:
        return f"{seconds * 1000:,.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.1f} min"
    return f"{seconds / HOUR:.1f} h"


def _unknown(done: Rehearsal) -> Iterator[RenderableType]:
    if done.unknown:
        yield heading("What a rehearsal can't know")
        for sentence in done.unknown:
            yield note(f"- {sentence}")
