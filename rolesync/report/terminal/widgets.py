"""The pieces that all terminal views are put together from.

Every text becomes a `Text` here, because rich reads markup in plain strings but not in those.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Column as GridColumn, Table
from rich.text import Text

from rolesync.report.content.table import SIGNS, Kind, Table as ReportTable, cell_text
from rolesync.report.content.text import plural
from rolesync.report.terminal.table import Cell, Column, Listing

STYLES = {
    "add": "green",
    "remove": "red",
    "block": "bold red",
    "error": "bold red",
    "failed": "bold red",
    "unknown": "bold yellow",
    "drifted": "yellow",
    "not_sent": "yellow",
    "warn": "yellow",
    "warning": "yellow",
    "pass": "green",
    "done": "green",
}
"""The colour of each word of our own that has one."""


def words(text: str, style: str = "") -> Text:
    """Make a text that is never markup and breaks wherever it must, so that nothing of it is lost."""
    return Text(text, style=style, overflow="fold")


def word(text: str) -> Text:
    """Make a status or action word in its own colour."""
    return words(text.replace("_", " "), STYLES.get(text, ""))


def banner(title: str, sentence: str, style: str) -> RenderableType:
    """Make the one line that must not be missed."""
    return Panel(words(title, "bold").append(f"  {sentence}", style="not bold"), box=box.HEAVY, border_style=style)


def heading(text: str) -> Text:
    """Make a section's title, set apart from what is above."""
    return words(f"\n{text}", "bold")


def note(text: str | Text, style: str = "", *, indent: int = 2) -> RenderableType:
    """Make a line that belongs under a heading."""
    return Padding(text if isinstance(text, Text) else words(text, style), (0, 0, 0, indent), expand=False)


def column(title: str, *, right: bool = False, whole: bool = False) -> Column:
    """Make a column; `whole` is for short words of our own that must not be broken when space is short."""
    return Column(title, right, whole)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> RenderableType:
    """Make a table whose cells break instead of being cut off."""
    return Listing(columns, rows, indent=2)


def lines(*texts: str) -> str:
    """Set texts below each other in one cell; an empty one takes no line."""
    return "\n".join(text for text in texts if text)


def pairs(facts: Iterable[tuple[str, str]]) -> RenderableType:
    """Set labels and values beside each other."""
    made = Table.grid(GridColumn(no_wrap=True), GridColumn(overflow="fold"), padding=(0, 2, 0, 0))
    for label, value in facts:
        made.add_row(words(label, "dim"), words(value))
    return Padding(made, (0, 0, 0, 2), expand=False)


def table_view(described: ReportTable, limit: int | None = None) -> Iterator[RenderableType]:
    """Show a table under its title, at most `limit` rows and how many more there are; nothing for one without rows."""
    if not described.size:
        return
    yield heading(described.title)
    right, whole = {Kind.NUMBER, Kind.COUNT}, {Kind.NUMBER, Kind.COUNT, Kind.TAG}
    columns = [Column(one.title, one.kind in right, one.kind in whole) for one in described.narrow_columns]
    yield table(columns, described.narrow_rows(_cell, _below, limit))
    yield from rest(described.size, limit, described.noun)


def rest(size: int, limit: int | None, noun: str) -> Iterator[RenderableType]:
    """Say how many rows the limit leaves out, if it does."""
    if limit is not None and size > limit:
        yield note(f"… and {plural(size - limit, f'more {noun}')}; add `--all` to see all of them.")


_COUNTED = {sign: action for action, sign in SIGNS.items()}


def _cell(kind: Kind, value: Any) -> Cell:  # noqa: ANN401  # by kind
    text = cell_text(kind, value)
    if kind is Kind.TAG:
        return words(text, STYLES.get(value, ""))
    if kind is Kind.COUNT and text[0] in _COUNTED and text[1:] != "0":
        return words(text, STYLES[_COUNTED[text[0]]])
    return text


def _below(cell: Cell, note_cell: Cell) -> Cell:
    return lines(str(cell), str(note_cell))
