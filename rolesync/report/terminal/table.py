"""A table that is drawn line by line, hundreds of times faster than rich's own for many rows.

It looks like rich's: columns are as wide as their content. If the columns don't fit, the widest shrink first. Their
cells wrap between words, or inside a word that is too long, so that nothing is cut off. Names, addresses and ids are
never broken: if one is wider than its column, it gets a separate line above the other cells of the row.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.segment import Segment
from rich.text import Span, Text

from rolesync.report.content.text import COMMAND

_GAP = 3  # blanks between two columns
_RULE = "─"
_LEGIBLE = 14  # cells; a column of sentences that is narrower is hard to read
_ADDRESS = re.compile(r"\S+@\S+")


_GLUE = "\ue000"  # a private character, which `escape_for_display` lets into no text


class Words(Text):
    """A text in which a command that fits a line isn't broken, so that it can be copied."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:  # noqa: ANN401  # as rich has them
        """Break the text into lines."""
        glued = self.copy()
        glued.plain = _glue_commands(self.plain, width)
        lines = glued.wrap(console, width, **options)
        for line in lines:
            line.plain = line.plain.replace(_GLUE, " ")
        return lines


def _glue_commands(text: str, width: int) -> str:
    """Join the words of each command that fits a line."""
    if "rolesync " not in text:  # as almost all cells
        return text
    return COMMAND.sub(lambda command: command[0].replace(" ", _GLUE) if len(command[0]) <= width else command[0], text)


class Whole(NamedTuple):
    """A cell of parts that are never broken, such as name, address and id; a note may wrap, below the whole row."""

    parts: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        """The parts in one line."""
        return " ".join(self.parts)


Cell = str | Text | Whole


class Column(NamedTuple):
    """A column; one that is `whole` holds short known words, which break last when space is short."""

    title: str
    right: bool = False
    whole: bool = False


class _Line(NamedTuple):
    """One line of a cell: plain text, or styled parts."""

    text: str
    width: int
    parts: Sequence[Segment] = ()


_NO_LINE = _Line("", 0)


class Listing:
    """Rows under a head; a string is never markup, a `Text` keeps its colours."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, indent: int) -> None:
        self._columns = columns
        self._rows = list(rows)
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table into the available width."""
        widths = self._widths(self._columns, self._rows, options.max_width)
        apart = None if widths else self._unbroken_column()
        if apart is None:
            widths = widths or self._widths(self._columns, self._rows, options.max_width, last_resort=True)
            notes = self._notes(widths, options.max_width, console)
            yield from self._table(self._columns, self._rows, widths, console, lambda row: ((), notes(row)))
            return
        columns, rows = _without_place(self._columns, apart), [_without_place(row, apart) for row in self._rows]
        widths = self._widths(columns, rows, options.max_width, last_resort=True)
        lines = [self._line_of(row[apart], options.max_width, console) for row in self._rows]
        yield from self._table(columns, rows, widths, console, lambda row: (lines[row], ()))

    def _table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[int],
        console: Console,
        around: Callable[[int], tuple[Iterable[Segment], Iterable[Segment]]],
    ) -> Iterator[Segment]:
        """Draw the head and the rows; `around` gives what comes before and after a row."""
        breakers = [_breaker(width, console) for width in widths]
        head = [breaker(Text(column.title, style="bold")) for breaker, column in zip(breakers, columns, strict=True)]
        height = max(map(len, head))
        yield from self._drawn([[_NO_LINE] * (height - len(lines)) + lines for lines in head], columns, widths)
        rule = _RULE * (sum(widths) + _GAP * (len(widths) - 1))
        yield Segment(f"{' ' * self._indent}{rule}\n")
        for number, row in enumerate(rows):
            above, below = around(number)
            yield from above
            cells = [breaker(cell) for breaker, cell in zip(breakers, row, strict=True)]
            yield from self._drawn(cells, columns, widths)
            yield from below

    def _line_of(self, cell: Cell, room: int, console: Console) -> list[Segment]:
        breaker = _breaker(room - self._indent, console)
        lines = [*breaker(cell), *(breaker(cell.note) if isinstance(cell, Whole) and cell.note else ())]
        return [Segment(f"{' ' * self._indent}{line.text}\n") for line in lines]

    def _notes(self, widths: Sequence[int], room: int, console: Console) -> Callable[[int], Iterator[Segment]]:
        """Return what draws the notes of a row: from their column to the right edge, so that they take few lines."""
        starts = [self._indent + sum(widths[:place]) + _GAP * place for place in range(len(widths))]
        breakers = [_breaker(max(1, room - start), console) for start in starts]

        def draw(number: int) -> Iterator[Segment]:
            for cell, start, breaker in zip(self._rows[number], starts, breakers, strict=True):
                if isinstance(cell, Whole) and cell.note:
                    yield from (Segment(f"{' ' * start}{line.text}\n") for line in breaker(cell.note))

        return draw

    def _unbroken_column(self) -> int | None:
        """Find the column of cells that are never broken; None if there is none, or no other column."""
        wholes = [
            place for place in range(len(self._columns)) if any(isinstance(row[place], Whole) for row in self._rows)
        ]
        return wholes[0] if wholes and len(self._columns) > 1 else None

    def _widths(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int, *, last_resort: bool = False
    ) -> list[int]:
        """Choose the widths; none if something would be broken that must not be, except as the last resort."""
        cells_of = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        widths = [
            max(1, cell_len(column.title), *map(_natural, set(map(str, cells))))
            for column, cells in zip(columns, cells_of, strict=True)
        ]
        most = room - self._indent  # what is longer than a line is broken anyway
        least = [min(most, max([0, *map(_least, {str(cell): cell for cell in cells}.values())])) for cells in cells_of]
        space = room - self._indent - _GAP * (len(widths) - 1)
        flexible = [not column.whole for column in columns]
        narrow = _narrowed(widths, flexible, space)
        while short := [place for place, width in enumerate(narrow) if width < least[place] and flexible[place]]:
            for place in short:
                widths[place], flexible[place] = least[place], False
            narrow = _narrowed(widths, flexible, space)
        legible = all(width >= min(natural, _LEGIBLE) for width, natural in zip(narrow, widths, strict=True))
        if legible and sum(narrow) <= space:
            return narrow
        return _narrowed(narrow, [True] * len(narrow), space) if last_resort else []

    def _drawn(
        self, cells: Iterable[Sequence[_Line]], columns: Sequence[Column], widths: Sequence[int]
    ) -> Iterator[Segment]:
        """Draw the lines of one row, without trailing blanks."""
        for lines in zip_longest(*cells, fillvalue=_NO_LINE):
            text, blanks = "", self._indent
            for line, width, column in zip(lines, widths, columns, strict=True):
                padding = width - line.width
                if line.width:
                    text += " " * (blanks + padding if column.right else blanks)
                    blanks = _GAP if column.right else _GAP + padding
                    if not line.parts:
                        text += line.text
                        continue
                    yield Segment(text)
                    yield from line.parts
                    text = ""
                else:
                    blanks += width + _GAP
            yield Segment(f"{text}\n")


def _without_place(cells: Sequence[Any], place: int) -> list[Any]:
    return [*cells[:place], *cells[place + 1 :]]


def _least(cell: Cell) -> int:
    """Measure the longest text of a cell that must not be broken: a part, or an address in a sentence."""
    parts = cell.parts if isinstance(cell, Whole) else _ADDRESS.findall(str(cell)) if "@" in str(cell) else ()
    return max(map(_cells, parts), default=0)


def _natural(text: str) -> int:
    return max(map(_cells, text.split("\n"))) if "\n" in text else _cells(text)


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _narrowed(widths: Sequence[int], flexible: Sequence[bool], room: int) -> list[int]:
    """Shrink the widest of the flexible columns until all fit, or each flexible column is one cell wide."""
    fixed = sum(width for width, shrinks in zip(widths, flexible, strict=True) if not shrinks)
    ascending = sorted(width for width, shrinks in zip(widths, flexible, strict=True) if shrinks)
    space = room - fixed
    if not ascending or sum(ascending) <= space:
        return list(widths)
    for at, width in enumerate(ascending):
        share, remainder = divmod(max(space, 0), len(ascending) - at)
        if width > share:
            break
        space -= width
    level = max(1, share)
    narrow = []
    for width, shrinks in zip(widths, flexible, strict=True):
        cut = shrinks and width > level
        extra = 1 if cut and share >= 1 and remainder > 0 else 0
        remainder -= extra
        narrow.append(level + extra if cut else width)
    return narrow


def _breaker(width: int, console: Console) -> Callable[[Cell], list[_Line]]:
    """Return a function that wraps the cells of one column to this width."""
    cache: dict[tuple[str, str, tuple[Span, ...]], list[_Line]] = {}  # the few styled texts

    def styled(cell: Text) -> list[_Line]:
        key = cell.plain, str(cell.style), tuple(cell.spans)
        if key not in cache:
            lines = cell.wrap(console, width, overflow="fold")
            style = console.get_style(cell.style)
            parts = ([*Segment.apply_style(line.render(console), style)] for line in lines)
            cache[key] = [_Line(line.plain, line.cell_len, part) for line, part in zip(lines, parts, strict=True)]
        return cache[key]

    @lru_cache(maxsize=1_000)  # sentences that many rows share
    def broken(cell: str) -> list[_Line]:
        if _cells(cell) == len(cell):
            glued = _glue_commands(cell, width)
            lines = (line for part in glued.split("\n") for line in _broken(part, width))
            return [_Line(line.replace(_GLUE, " "), len(line)) for line in lines]
        return [_Line(line.plain, line.cell_len) for line in Words(cell).wrap(console, width, overflow="fold")]

    def lines_of(cell: Cell) -> list[_Line]:
        if isinstance(cell, Whole):
            return [line for text in _joined(cell.parts, width) for line in broken(text)]
        if isinstance(cell, Text):
            return styled(cell)
        if len(cell) <= width and cell.isascii() and "\n" not in cell:
            return [_Line(cell, len(cell))]
        return broken(cell)

    return lines_of


def _joined(parts: Sequence[str], width: int) -> Iterator[str]:
    """Put parts on as few lines as fit; one that is longer than a line gets its own."""
    line = ""
    for part in parts:
        if line and _cells(line) + 1 + _cells(part) > width:
            yield line
            line = part
        else:
            line = f"{line} {part}" if line else part
    yield line


def _broken(text: str, width: int) -> Iterator[str]:
    """Wrap a text of characters that are one cell wide: between words, and inside words wider than a line."""
    start, end = 0, len(text)
    while end - start > width:
        at = text.rfind(" ", start, start + width + 1)
        if at <= start:
            at = start + width
        yield text[start:at].rstrip()
        start = at
        while start < end and text[start] == " ":
            start += 1
    yield text[start:]
