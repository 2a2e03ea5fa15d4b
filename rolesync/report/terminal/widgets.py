"""The pieces that all terminal views are put together from.

Every text becomes a `Text` here, because rich reads markup in plain strings but not in those.
"""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Column as GridColumn, Table
from rich.text import Text

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
