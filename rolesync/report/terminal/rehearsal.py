"""A rehearsal in the terminal: the expected result and duration of an apply, and what a rehearsal can't predict."""

from collections.abc import Iterator

from rich.console import Group, RenderableType

from rolesync.model.live import Requests
from rolesync.model.rehearsal import Rehearsal, Stage
from rolesync.model.runs import counts
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_summary import (
    SHORT_DIGEST,
    NextCommands,
    drift_text,
    held_text,
    next_step,
    requests_text,
)
from rolesync.report.content.plan_tables import drift_table
from rolesync.report.content.run_summary import outcome_counts
from rolesync.report.content.run_tables import outcomes_table, undone_tables
from rolesync.report.content.table import Table
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import banner, column, command_line, heading, note, pairs, table, table_view

_MINUTE, _HOUR = 60, 3600


def rehearsal_view(rehearsal: Rehearsal, *, limit: int | None, commands: NextCommands) -> RenderableType:
    """Show a rehearsal.

    Args:
        rehearsal: the rehearsal.
        limit: at most this many rows of each table; None for all.
        commands: what may come after it.
    """
    return Group(
        _headline(rehearsal),
        *(view for content in _tables(rehearsal) for view in table_view(content, limit)),
        *_holders(rehearsal),
        *_unknown(rehearsal),
        *_time(rehearsal),
        heading("About this rehearsal"),
        pairs(_facts(rehearsal)),
        *_next(rehearsal, commands),
    )


def _facts(rehearsal: Rehearsal) -> Iterator[tuple[str, str]]:
    run = rehearsal.run
    yield "account", f"{escape_for_display(run.account, CELL_LIMIT)}, only read"
    yield "plan", escape_for_display(run.plan_digest[:SHORT_DIGEST])
    yield "copied", plural(rehearsal.people, "user")
    yield "held", held_text(rehearsal.plan)
    yield "outcomes", outcome_counts(counts(run.outcomes))
    if run.stopped:
        yield "stopped", escape_for_display(run.stopped, SENTENCE_LIMIT)
    yield "drift", drift_text(run.drift)
    yield "requests", f"to Studio {requests_text(Requests(rehearsal.read.by_kind))}"
    yield "", f"to the copy {requests_text(run.requests)}"


def _next(rehearsal: Rehearsal, commands: NextCommands) -> Iterator[RenderableType]:
    """Describe what to do next: a plan that didn't work as a whole is not to be applied as it is."""
    if rehearsal.run.complete:
        sentence, command = next_step(rehearsal.plan, commands)
        yield heading(sentence)
        yield from (command_line(line, indent=2) for line in command)
    else:
        yield heading("An apply would end in the same way. Look at the reasons above, then make a new plan.")


def _headline(rehearsal: Rehearsal) -> RenderableType:
    run = rehearsal.run
    sentence = (
        f"{counts(run.outcomes)[OutcomeStatus.DONE]:,} of {plural(len(run.outcomes), 'change')} done in a private copy"
    )
    if run.complete:
        return banner("REHEARSED", f"{sentence}, which then equals the plan. Nothing was written to Studio.", "green")
    return banner("REHEARSED, INCOMPLETE", f"{sentence}; the reasons follow. Nothing was written to Studio.", "yellow")


def _tables(rehearsal: Rehearsal) -> Iterator[Table]:
    """Yield tables: changes not done, changes done with a note (side effect, or already done), and the drift."""
    outcomes = rehearsal.run.outcomes
    yield from undone_tables(outcomes)
    noted = (outcomes["outcome"] == OutcomeStatus.DONE.value) & (outcomes["detail"] != "")
    yield outcomes_table("noted", "Done, with a note", outcomes[noted])
    yield drift_table(rehearsal.run.drift)


def _holders(rehearsal: Rehearsal) -> Iterator[RenderableType]:
    yield heading("Holders of the managed roles")
    yield table(
        [column("role"), *(column(title, right=True, whole=True) for title in ("before", "after"))],
        (
            (
                escape_for_display(role.role, CELL_LIMIT),
                f"{role.before:,}",
                "-" if role.after is None else f"{role.after:,}",
            )
            for role in rehearsal.roles
        ),
    )
    proof = rehearsal.run.proof
    if proof is None:
        yield note("The copy was not read again, so nothing is proven.", "red")
    elif proof.proven:
        yield note("Proof: the copy was read again and equals the plan.")
    for difference in proof.differences if proof else ():
        yield note(f"differs: {escape_for_display(difference, SENTENCE_LIMIT)}", "red")


def _time(rehearsal: Rehearsal) -> Iterator[RenderableType]:
    latency = rehearsal.latency
    yield heading(f"Estimated time of an apply: {_format_duration(rehearsal.seconds)}")
    requests = plural(latency.requests, "request")
    yield note(
        f"A request took {_format_duration(latency.seconds)}, the median of {requests} to Studio."
        if latency.requests
        else "No request was measured, so the changes have no estimate."
    )
    yield table(
        [
            column("part"),
            *(column(title, right=True, whole=True) for title in ("requests", "parallel", "seconds")),
            column("based on"),
        ],
        (
            (stage.name, f"{stage.requests:,}", f"{stage.at_once:,}", f"{stage.seconds:,.1f}", _basis(stage, rehearsal))
            for stage in rehearsal.stages
        ),
    )


def _basis(stage: Stage, rehearsal: Rehearsal) -> str:
    if stage.measured:
        return "measured" if stage.requests else "measured in the copy, with the record"
    estimate = stage.rounds * rehearsal.latency.seconds
    if stage.seconds > estimate:
        return "the setting requests_per_second"
    return f"{plural(stage.rounds, 'round')} of {_format_duration(rehearsal.latency.seconds)}"


def _format_duration(seconds: float) -> str:
    """Format a duration in ms, s, min or h."""
    if seconds < 1:
        return f"{seconds * 1000:,.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.1f} min"
    return f"{seconds / _HOUR:.1f} h"


def _unknown(rehearsal: Rehearsal) -> Iterator[RenderableType]:
    if rehearsal.unknown:
        yield heading("A rehearsal can't predict")
        for sentence in rehearsal.unknown:
            yield note(f"- {sentence}")
