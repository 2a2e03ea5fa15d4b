"""The history in the terminal: the plans and runs of the record, one a line."""

from collections.abc import Sequence
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.run_report import RunSummary
from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import column, note, table, word, words

_NAME_LIMIT = 24  # of a list's name, so that a line holds at 80 columns; `rolesync show RUN` has the path


def runs_view(runs: Sequence[RunSummary], *, earlier: int = 0) -> RenderableType:
    """Show runs, one a line, in their order; `earlier` is how many runs before them are not shown."""
    if not runs:
        return note("The record has no run yet.")
    listing = table(
        [*(column(title, whole=True) for title in ("run", "by", "result", "changes")), column("list")],
        (
            (
                escape_for_display(run.run_id, CELL_LIMIT),
                escape_for_display(run.command or run.kind, CELL_LIMIT),
                word(escape_for_display(run.status, CELL_LIMIT)),
                _changes(run),
                escape_for_display(PurePath(run.source).name, _NAME_LIMIT),
            )
            for run in runs
        ),
    )
    if not earlier:
        return listing
    return Group(listing, note(f"{earlier:,} earlier; `rolesync runs` shows all."))


def _changes(run: RunSummary) -> Text:
    """Show what was planned, and the outcomes other than done."""
    numbers = run.counts
    planned = f"+{numbers.get('additions', 0):,} -{numbers.get('removals', 0):,}"
    outcomes = [
        f"{escape_for_display(name, CELL_LIMIT).replace('_', ' ')} {number:,}"
        for name, number in numbers.items()
        if number and name not in {"additions", "removals"} and (name != "done" or run.status != "complete")
    ]
    return words(", ".join([planned, *outcomes, *([] if run.sent else ["sent 0"])]))
