"""A run in the terminal, just ended or from the record: what happened to each change, and whether it is proven."""

from rich.console import Group, RenderableType

from rolesync.model.run_report import RunReport
from rolesync.model.runs import Run
from rolesync.report.content.run_summary import run_content
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import banner, heading, pairs, table_view

_STYLES = {"complete": "green", "planned": "blue", "empty": "blue"}


def run_view(run: Run | RunReport, *, limit: int | None = None, command: str = "") -> RenderableType:
    """Show a run.

    Args:
        run: a run that has just ended, or a past one.
        limit: at most this many rows of each table; None for all.
        command: plans what the run has left undone; "" for no such advice.
    """
    content = run_content(run, command)
    word, sentence = content.headline
    return Group(
        banner(word, escape_for_display(sentence, SENTENCE_LIMIT), _STYLES.get(content.status, "red")),
        *(part for table in content.tables for part in table_view(table, limit)),
        heading("About this run"),
        pairs(content.facts),
    )
