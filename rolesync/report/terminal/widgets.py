"""The parts of all terminal views.

Every text becomes a rich `Text`, since rich reads markup in plain strings.
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
from rolesync.report.content.text import format_user, plural, user_parts
from rolesync.report.terminal.table import Cell, Column, Listing, Whole, Words

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
"""The colours of actions, levels, verdicts and outcomes."""


def words(text: str, style: str = "") -> Text:
    """Return a text without markup that wraps anywhere but in a command, so that nothing is cut off."""
    return Words(text, style=style, overflow="fold")


def word(text: str) -> Text:
    """Return a status or action in its colour."""
    return words(text.replace("_", " "), STYLES.get(text, ""))


def banner(title: str, sentence: str, style: str) -> RenderableType:
    """Return a boxed line, for the one that must not be missed."""
    return Panel(words(title, "bold").append(f"  {sentence}", style="not bold"), box=box.HEAVY, border_style=style)


def heading(text: str) -> Text:
    """Return the title of a section, after an empty line."""
    return words(f"\n{text}", "bold")


def note(text: str | Text, style: str = "", *, indent: int = 2) -> RenderableType:
    """Return an indented line."""
    return Padding(text if isinstance(text, Text) else words(text, style), (0, 0, 0, indent), expand=False)


def command_line(command: str, *, indent: int = 4) -> RenderableType:
    """Return a command in a line of its own, which is never broken, so that it can be copied."""
    return Text(f"{' ' * indent}{command}", no_wrap=True, overflow="ignore")


def column(title: str, *, right: bool = False, whole: bool = False) -> Column:
    """Return a column; one that is `whole` holds short known words, which break last when space is short."""
    return Column(title, right, whole)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> RenderableType:
    """Return a table whose cells wrap instead of being cut off."""
    return Listing(columns, rows, indent=2)


def lines(*texts: str) -> str:
    """Join texts line by line in one cell, without the empty ones."""
    return "\n".join(text for text in texts if text)


def pairs(facts: Iterable[tuple[str, str]]) -> RenderableType:
    """Return labels with their values in two columns."""
    grid = Table.grid(GridColumn(no_wrap=True), GridColumn(overflow="fold"), padding=(0, 2, 0, 0))
    for label, value in facts:
        grid.add_row(words(label, "dim"), words(value))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def table_view(described: ReportTable, limit: int | None = None) -> Iterator[RenderableType]:
    """Show a table under its title, at most `limit` rows and how many more there are; nothing if it has no rows."""
    if not described.size:
        return
    yield heading(described.title)
    right, whole = {Kind.NUMBER, Kind.COUNT}, {Kind.NUMBER, Kind.COUNT, Kind.TAG}
    columns = [Column(head.title, head.kind in right, head.kind in whole) for head in described.narrow_columns]
    yield table(columns, described.narrow_rows(_cell, _below, limit))
    if limit is not None and described.size > limit:
        yield note(f"… and {plural(described.size - limit, f'more {described.noun}')}; `--all` shows all.")


_COUNTED = {sign: action for action, sign in SIGNS.items()}


def user_cell(name: str, email: str, user_id: int) -> Cell:
    """Return a cell with name, address and id of a user, none of which is ever broken."""
    return Whole(user_parts(name, email, user_id) or (format_user("", "", 0),))


def _cell(kind: Kind, value: Any) -> Cell:  # noqa: ANN401  # by kind
    if kind is Kind.USER:
        return Whole(user_parts(value[0], value[1], value[2], None) or (format_user("", "", 0),))
    text = cell_text(kind, value)
    if kind is Kind.TAG:
        return words(text, STYLES.get(value, ""))
    if kind is Kind.COUNT and text[0] in _COUNTED and text[1:] != "0":
        return words(text, STYLES[_COUNTED[text[0]]])
    return text


def _below(cell: Cell, note_cell: Cell) -> Cell:
    if isinstance(cell, Whole):
        return cell._replace(note=str(note_cell))
    return lines(str(cell), str(note_cell))
