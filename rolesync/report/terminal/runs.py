"""The history in the terminal: the plans and runs of the record, one a line."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from rolesync.model.run_report import RunSummary
from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import column, note, table, word, words

_NAME_LIMIT = 24  # of a list's or a user's name, so that a line holds them; `rolesync show RUN` has the whole
_WORDS = {"empty": "no changes"}
"""What people read for a status."""

_GAP = 3
_INDENT = 2


def runs_view(runs: Sequence[RunSummary], *, earlier: int = 0) -> RenderableType:
    """Show runs, one a line, in their order; `earlier` is how many runs before them are not shown."""
    if not runs:
        return note("The record has no run yet.")
    listing = _History(runs)
    if not earlier:
        return listing
    return Group(listing, note(f"{earlier:,} earlier; `rolesync runs` shows all."))


class _History:
    """A table of runs. Where the line is too short, it leaves out who ran them, the list, then the time."""

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        self._columns = {
            "run": [words(escape_for_display(run.run_id, CELL_LIMIT)) for run in runs],
            "began (UTC)": [words(escape_for_display(_minute(run.started_at), CELL_LIMIT)) for run in runs],
            "command": [words(escape_for_display(run.command or run.kind, CELL_LIMIT)) for run in runs],
            "result": [word(escape_for_display(_WORDS.get(run.status, run.status), CELL_LIMIT)) for run in runs],
            "changes": [_changes(run) for run in runs],
            "list": [words(escape_for_display(PurePath(run.source).name, _NAME_LIMIT)) for run in runs],
            "by": [words(escape_for_display(run.operator, _NAME_LIMIT)) for run in runs],
        }

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit in one line."""
        fitting = dict(self._columns)
        for optional in ("by", "list", "began (UTC)"):
            if _width(fitting) > options.max_width:
                del fitting[optional]
        columns = [column(title, whole=title != "changes") for title in fitting]
        yield table(columns, zip(*fitting.values(), strict=True))


def _width(columns: Mapping[str, Sequence[Text]]) -> int:
    """Return the width of a table whose cells don't wrap, with its indent and gaps."""
    widths = [max(len(title), *(cell.cell_len for cell in cells)) for title, cells in columns.items()]
    return sum(widths) + _GAP * (len(widths) - 1) + _INDENT


def _minute(time: str) -> str:
    """Shorten a time of the record, in UTC, to the minute."""
    return time[:16].replace("T", " ")


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
