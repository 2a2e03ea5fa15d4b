"""The history in the terminal: all plans and runs of the record."""

from collections.abc import Iterable, Mapping

from rich.console import RenderableType

from rolesync.model.run_report import RunSummary
from rolesync.report.content.plan_summary import SHORT_DIGEST
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, list_text
from rolesync.report.terminal.widgets import column, lines, note, table, word, words


def runs_view(runs: Iterable[RunSummary]) -> RenderableType:
    """Show the history, one run a row, in the order of `runs`."""
    listed = list(runs)
    if not listed:
        return note("The record has no run yet.")
    return table(
        [column("run, list, operator"), column("started (UTC), plan"), column("result"), column("changes")],
        (
            (
                lines(
                    escape_for_display(run.run_id, CELL_LIMIT),
                    list_text(run.source),
                    escape_for_display(run.operator, CELL_LIMIT),
                ),
                (
                    f"{escape_for_display(run.started_at[:16].replace('T', ' '))}\n"
                    f"{escape_for_display(run.plan_digest[:SHORT_DIGEST])}"
                ),
                words(f"{run.kind}\n").append_text(word(escape_for_display(run.status, CELL_LIMIT))),
                _counts_text(run.counts, sent=run.sent),
            )
            for run in listed
        ),
    )


def _counts_text(numbers: Mapping[str, int], *, sent: bool) -> str:
    planned = f"+{numbers.get('additions', 0):,} -{numbers.get('removals', 0):,}"
    outcomes = [
        f"{escape_for_display(name, CELL_LIMIT).replace('_', ' ')} {number:,}"
        for name, number in numbers.items()
        if number and name not in {"additions", "removals"}
    ]
    outcomes += [] if sent else ["sent 0"]
    return f"{planned}\n{', '.join(outcomes)}" if outcomes else planned
