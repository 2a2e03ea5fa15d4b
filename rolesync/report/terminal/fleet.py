"""A run over a fleet in the terminal: the verdict, the guards that block, and the accounts that need a look."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType

from rolesync.model.fleet import FleetVerdict, Night
from rolesync.report.content.fleet import changes_sentence, night_sentence, night_tables, night_title
from rolesync.report.content.text import SENTENCE_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import banner, column, command_line, heading, note, table, table_view, words

_STYLES = {"COMPLETE": "green", "BLOCKED": "bold red", "STOPPED": "bold red", "INCOMPLETE": "yellow"}


def night_view(night: Night, limit: int | None = None, command: str = "") -> RenderableType:
    """Show a run over a fleet.

    Args:
        night: the run.
        limit: the number of accounts to show in each table; None for all.
        command: the next command; "" for none.
    """
    return Group(*_parts(night, limit, command))


def _parts(night: Night, limit: int | None, command: str) -> Iterator[RenderableType]:
    title = night_title(night)
    yield banner(title, night_sentence(night), _STYLES[title])
    yield note(" · ".join(filter(None, [changes_sentence(night), f"run {night.run}"])))
    if night.stopped:
        yield note(f"The fleet stopped: {escape_for_display(night.stopped, SENTENCE_LIMIT)}.", "bold red")
    if night.unrecorded:
        yield note(f"This run is not recorded to its end: {escape_for_display(night.unrecorded)}", "bold red")
    yield from _verdicts(night.verdicts)
    for described in night_tables(night):
        yield from table_view(described, limit)
    if command:
        yield heading("Next")
        yield command_line(command, indent=2)


def _verdicts(verdicts: Iterable[FleetVerdict]) -> Iterator[RenderableType]:
    for verdict in verdicts:
        yield note(escape_for_display(verdict.message, SENTENCE_LIMIT) + f" ({verdict.rule})", "bold red")
        yield note(f"> {escape_for_display(verdict.hint, SENTENCE_LIMIT)}", indent=4)


def origins_view(rows: Iterable[tuple[str, str, str]]) -> RenderableType:
    """Show the settings of an account: name, value and origin."""
    cells = ((words(name, "bold"), escape_for_display(value, SENTENCE_LIMIT), origin) for name, value, origin in rows)
    return table([column("setting", whole=True), column("value"), column("from")], cells)
