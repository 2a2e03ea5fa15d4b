"""Bytes → the one table in them: a header, and what follows it.

Nothing is guessed: the delimiter, the sheet and the header's row are those under which a header makes sense, and where
two do, the file is refused. Rows above the header are titles and comments, and said; one that looks like a person's
refuses the file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.tables.encoding import text_grids
from rolesync.tables.file_type import Kind, content_of
from rolesync.tables.grid import Blocks, Cells, Grid, is_blank
from rolesync.tables.header_text import MANGLED_MARK

LOOKED_AT = 40  # rows with text in which a header is looked for: titles and notes above it are shorter


class Headers(NamedTuple):
    """What makes a row a header.

    `score` tells how many of the columns that are used it names; `complete`, whether those that are needed are there;
    `is_data`, whether a cell can only belong to a row below the header.
    """

    score: Callable[[Sequence[str]], int]
    complete: Callable[[Sequence[str]], bool]
    is_data: Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a sheet: the header, and what follows it.

    `rows` can be read once and gives (row number, cells). `clean` tells that all cells are text, see `only_text`,
    `whole` that the last row ends as a line does. `notes` is what was noticed in finding the table,
    `above` the rows above the header. `blocks` gives many rows at once, `delimiter` is the text's, see `Grid`.
    """

    header: tuple[str, ...]
    header_row: int
    rows: Iterator[tuple[int, Cells]]
    clean: bool
    whole: bool
    sheet: str = ""
    notes: tuple[Finding, ...] = ()
    above: tuple[tuple[int, list[str]], ...] = ()
    blocks: Blocks | None = None
    delimiter: str = ""


@dataclass(frozen=True, eq=False)
class _Start:
    """A table, and how much sense its header makes."""

    complete: bool
    score: int
    table: Table


def open_table(data: bytes, headers: Headers, form: ListForm) -> Table | tuple[Finding, ...]:
    """Find the table in a file's bytes.

    Args:
        data: the whole file.
        headers: tells which row is the header, and so which delimiter and sheet are meant.
        form: the sheet and the header's row, as far as somebody has said them.

    Returns:
        The table, or the findings that say why there is none.
    """
    content = content_of(data)
    if isinstance(content, Finding):
        return (content,)
    if content.kind is not Kind.TEXT:
        from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # an extra, and slow to import

        sheets = workbook_grids(content)
        return (sheets,) if isinstance(sheets, Finding) else _sheet(sheets, headers, form)
    if form.sheet:
        return (error(Code.SHEET_UNCLEAR, f"the file is text and has no sheet {quoted(form.sheet)}; leave it out"),)
    grids = text_grids(content.data)
    return (grids,) if isinstance(grids, Finding) else _delimiter(grids, headers, form)


def open_sheets(
    data: bytes, headers: Headers, names: Sequence[str]
) -> tuple[list[Table | tuple[Finding, ...]], list[Grid]]:
    """Find the tables in the sheets of these names, or why there is none, and the other sheets as they are.

    The workbook is read once.

    Args:
        data: the whole file, a workbook.
        headers: tells which row of each is the header.
        names: the sheets.
    """
    content = content_of(data)
    if isinstance(content, Finding) or content.kind is Kind.TEXT:
        return [open_table(data, headers, ListForm(sheet=name)) for name in names], []
    from rolesync.tables.workbook import workbook_grids  # noqa: PLC0415  # as above

    sheets = workbook_grids(content)
    if isinstance(sheets, Finding):
        return [(sheets,)], []
    found = [_sheet(sheets, headers, ListForm(sheet=name)) for name in names]
    return found, [sheet for sheet in sheets if sheet.name not in names]


def _delimiter(grids: Sequence[Grid], headers: Headers, form: ListForm) -> Table | tuple[Finding, ...]:
    found = [_start(grid, headers, form) for grid in grids]
    starts = [start for start in found if isinstance(start, _Start)]
    best = max(((start.complete, start.score) for start in starts), default=(False, 0))
    if not best[1] and None in found:
        return (_nothing("the file"),)
    if not starts:
        return next(start for start in found if isinstance(start, tuple))
    tables = [start.table for start in starts if (start.complete, start.score) == best]
    rivals = {table.header for table in tables}
    if best[1] and len(rivals) > 1:
        seen = " or ".join(quoted(", ".join(header)) for header in sorted(rivals))
        message = f"the header can be read as {seen}; use one delimiter, `,` for choice, and quote cells that hold it"
        return (error(Code.DELIMITER_UNCLEAR, message, row=tables[0].header_row),)
    return tables[0]


def _sheet(grids: Sequence[Grid], headers: Headers, form: ListForm) -> Table | tuple[Finding, ...]:
    """The sheet that was named, or the only one that is shown and can be meant."""
    names = ", ".join(map(_name, grids))
    named = _named(grids, form.sheet)
    if form.sheet and not named:
        return (_unclear(f"the workbook has no sheet {quoted(form.sheet)}, but {names}; name one of them"),)
    filled = [(grid, start) for grid in named or grids if (start := _start(grid, headers, form)) is not None]
    shown = [(grid, start) for grid, start in filled if named or not grid.hidden]
    complete = [(grid, start) for grid, start in shown if isinstance(start, _Start) and start.complete]
    if not filled:
        return (_nothing(f"the sheet {quoted(named[0].name)}" if named else "the workbook"),)
    if not shown:
        return (_unclear(f"only hidden sheets have rows, of {names}; name the one that is meant"),)
    if len(complete or shown) > 1:
        several = ", ".join(quoted(grid.name) for grid, _ in complete or shown)
        text = f"{'each' if complete else 'none'} of the sheets {several} has a header as a list has it"
        return (_unclear(f"{text}; name the one that is meant"),)
    grid, start = (complete or shown)[0]
    if isinstance(start, tuple):
        return start
    return _of_sheet(start, grid, [other for other, _ in filled if other is not grid])


def _named(grids: Sequence[Grid], sheet: str) -> list[Grid]:
    """The sheet of this name, or else of this number."""
    return [grid for grid in grids if sheet and grid.name == sheet] or [
        grid for number, grid in enumerate(grids, 1) if str(number) == sheet
    ]


def _name(grid: Grid) -> str:
    return quoted(grid.name) + (" (hidden)" if grid.hidden else "")


def _of_sheet(start: _Start, grid: Grid, others: Sequence[Grid]) -> Table:
    """The table, with what is to be said of the sheets."""
    table = start.table
    notes = [note for note in grid.notes if note.row is None or note.row > table.header_row]
    if others:
        text = f"only the sheet {quoted(grid.name)} is read, not {', '.join(map(_name, others))}"
        notes.append(Finding(Level.WARNING, Code.SHEETS_IGNORED.value, text))
    if grid.hidden:
        text = f"the sheet {quoted(grid.name)} is hidden in the workbook, and counts because it is named"
        notes.append(Finding(Level.WARNING, Code.HIDDEN.value, text))
    return replace(table, sheet=grid.name, notes=(*table.notes, *notes))


def _unclear(text: str) -> Finding:
    return error(Code.SHEET_UNCLEAR, f"{text} with --sheet")


def _nothing(what: str) -> Finding:
    text = f"{what} has no rows, and an empty list would remove everybody; put back the header and the rows"
    return error(Code.NO_ROWS, text)


def _start(grid: Grid, headers: Headers, form: ListForm) -> _Start | tuple[Finding, ...] | None:
    """The first complete header, or else the first row; findings where it can't be read, None where there is no row."""
    seen: list[tuple[int, list[str]]] = []
    for number, cells in grid.rows:
        if isinstance(cells, tuple):
            if number < form.header_row:
                continue
            return cells if form.header_row or not seen else _begin(grid, headers, seen, notes=cells)
        if is_blank(cells) and number != form.header_row:
            continue
        seen.append((number, cells))
        if number >= form.header_row and (form.header_row or headers.complete(cells)):
            above = [_above(*row, headers, meant=bool(form.header_row)) for row in seen[:-1]]
            return _begin(grid, headers, seen[-1:], notes=above, above=seen[:-1])
        if len(seen) == LOOKED_AT and not form.header_row:
            break
    return _begin(grid, headers, seen) if seen and not form.header_row else None


def _begin(
    grid: Grid,
    headers: Headers,
    rows: Sequence[tuple[int, list[str]]],
    *,
    notes: Sequence[Finding] = (),
    above: Sequence[tuple[int, list[str]]] = (),
) -> _Start:
    """Make a table of rows that were already read, the header first, and of those still to be read."""
    (number, header), *rest = rows
    read: list[tuple[int, Cells]] = [*rest]
    if any(cell.startswith(MANGLED_MARK) for cell in header):
        text = "a program has read this list's UTF-8 as Windows-1252, so that letters outside ASCII are others now"
        notes = [*notes, Finding(Level.WARNING, Code.NOT_UTF8.value, f"{text}; open the original as UTF-8", number)]
    table = Table(
        tuple(header),
        number,
        chain(read, grid.rows),
        clean=grid.clean,
        whole=grid.whole,
        notes=tuple(notes),
        above=tuple(above),
        blocks=None if read else grid.blocks,
        delimiter=grid.delimiter,
    )
    return _Start(headers.complete(header), headers.score(header), table)


def _above(number: int, cells: Sequence[str], headers: Headers, *, meant: bool) -> Finding:
    shown = quoted(printable(" ".join(filter(None, map(str.strip, cells)))))
    if not meant and sum(bool(cell.strip()) for cell in cells) > 1 and any(map(headers.is_data, cells)):
        text = f"{shown} stands above the header and looks like a row of the list; put it below, delete it"
        return error(Code.ROW_ABOVE_HEADER, f"{text}, or say --header-row", row=number)
    text = f"{shown} stands above the header and is not read"
    return Finding(Level.WARNING, Code.TITLE_IGNORED.value, text, number)
