"""A table of a plan or a run, described once: title, columns, and rows that are computed only when a form needs them.

A form decides how a cell of each kind looks, and nothing else. All texts are already escaped by `escape_for_display`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from rolesync.model.vocabulary import Action, Level, VerdictStatus
from rolesync.report.content.text import format_user, row_text

NO_ROLE = "no role"

SIGNS = {Action.ADD.value: "+", Action.REMOVE.value: "-"}
TAGS = {
    **{action: f"{sign} {action}" for action, sign in SIGNS.items()},
    **{status.value: status.value.upper() for status in VerdictStatus},
    **{level.value: level.value for level in Level},
}
"""How the known words of a TAG cell are shown; `tag_text` shows words of later versions, too."""

Cell = TypeVar("Cell")


class Kind(StrEnum):
    """What a cell holds. A new kind also needs support in the page's template and script."""

    TAG = "tag"  # an action, a level or a verdict, in its colour
    NAME = "name"  # what the row is about
    USER = "user"  # (name, e-mail address, user id)
    NOTE = "note"  # more about the user; narrow forms put it below the user
    TEXT = "text"
    SENTENCE = "sentence"  # up to `SENTENCE_LIMIT` characters
    ROLES = "roles"  # (before, after), each as in `Admin, Teacher`, "" for no role; after is None if unknown
    MEDIA = "media"  # a `MediaGlance`; only on the page
    NUMBER = "number"  # a row number; 0 if there is no row
    COUNT = "count"  # a number as text, as in `+1,200`


class Column(NamedTuple):
    """One column: `value` takes the cell's value from a row.

    `all_label` is the menu entry of the page that shows all rows; "" for a column without a menu. `wide` columns are
    for wide forms (the page), those with `wide=False` for narrow ones (terminal, Markdown), the others for both.
    """

    key: str
    title: str
    kind: Kind
    value: Callable[[Any], Any]
    all_label: str = ""
    wide: bool | None = None


@dataclass(frozen=True)
class Table:
    """A table of `size` rows; `rows` yields the first of them, or all for None. `noun` names a row, in the singular."""

    key: str
    title: str
    columns: tuple[Column, ...]
    size: int
    rows: Callable[[int | None], Iterable[Any]]
    noun: str = "row"

    @property
    def wide_columns(self) -> tuple[Column, ...]:
        """The columns of a wide form."""
        return tuple(column for column in self.columns if column.wide is not False)

    @property
    def narrow_columns(self) -> tuple[Column, ...]:
        """The columns of a narrow form."""
        return tuple(column for column in self.columns if not column.wide and column.kind is not Kind.NOTE)

    def narrow_rows(
        self, cell: Callable[[Kind, Any], Cell], below: Callable[[Cell, Cell], Cell], limit: int | None = None
    ) -> Iterator[list[Cell]]:
        """Yield the cells of each row for `narrow_columns`.

        Args:
            cell: makes a cell of a kind and a value.
            below: puts a note's cell below the user's.
            limit: at most this many rows; None for all.
        """
        columns = [(column.kind, column.value) for column in self.columns if not column.wide]
        for row in self.rows(limit):
            cells: list[Cell] = []
            for kind, value in columns:
                if kind is Kind.NOTE:
                    cells[-1] = below(cells[-1], cell(kind, value(row)))
                else:
                    cells.append(cell(kind, value(row)))
            yield cells


def tag_text(tag: str) -> str:
    """Show an action with its sign, a verdict in capitals, and any other word with blanks for underscores."""
    return TAGS.get(tag) or tag.replace("_", " ")


def roles_change_text(roles: tuple[str, str | None]) -> str:
    """Show roles before and after, as in `Admin, Teacher → Teacher`; only those before if the others are unknown."""
    before, after = roles
    return before or NO_ROLE if after is None else f"{before or NO_ROLE} → {after or NO_ROLE}"


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    Kind.TAG: tag_text,
    Kind.USER: lambda value: format_user(value[0], value[1], value[2], None),
    Kind.ROLES: roles_change_text,
    Kind.NUMBER: row_text,
}


def cell_text(kind: Kind, value: Any) -> str:  # noqa: ANN401  # by kind
    """Return a cell's value as one text."""
    text = _TEXTS.get(kind)
    return text(value) if text else str(value)
