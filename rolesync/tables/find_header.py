"""The rows of a grid → the table in them: the header, found by rules, and the rows below it.

Rows above the header are titles and comments, and each is reported. A row above the header that looks like data is an
error.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.tables.grid import BlockSource, Cells, Grid, is_blank
from rolesync.tables.header_text import MOJIBAKE_BOM

HEADER_SEARCH_ROWS = 40  # non-blank rows that are searched for a header; titles above a header take fewer


class HeaderRules(NamedTuple):
    """How to recognise a header.

    Attributes:
        score: how many known columns a row of cells names.
        complete: whether a row names all columns that are needed.
        is_data: whether a cell can only belong to a row below the header.
    """

    score: Callable[[Sequence[str]], int]
    complete: Callable[[Sequence[str]], bool]
    is_data: Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class Table:
    """A header and the rows below it.

    Attributes:
        header: the header's cells.
        header_row: its row number.
        rows: yields (row number, cells), once.
        all_text: whether every cell is known to be valid text, see `find_non_text`.
        last_line_ended: False if the file ends within its last line, which may be cut.
        sheet: the sheet's name; "" for text.
        findings: what was noticed while looking for the table.
        rows_above: the rows above the header, with their numbers.
        blocks: the same rows as blocks, see `Grid`; None for a workbook.
        delimiter: the text's delimiter; "" for a workbook.
        merged: the merged cells, see `Grid`.
        guess: the name of the text's encoding if it is a guess, see `find_non_text`.
    """

    header: tuple[str, ...]
    header_row: int
    rows: Iterator[tuple[int, Cells]]
    all_text: bool
    last_line_ended: bool
    sheet: str = ""
    findings: tuple[Finding, ...] = ()
    rows_above: tuple[tuple[int, list[str]], ...] = ()
    blocks: BlockSource | None = None
    delimiter: str = ""
    merged: tuple[tuple[int, int, int], ...] = ()
    guess: str = ""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A possible table, and how well its header fits the rules."""

    complete: bool
    score: int
    table: Table


def find_header(grid: Grid, rules: HeaderRules, form: ListForm) -> Candidate | tuple[Finding, ...] | None:
    """Find the header of a grid.

    Returns:
        The first complete header, or the named row, or else the first row; findings if it can't be read; None if the
        grid has no such row.
    """
    rows: list[tuple[int, list[str]]] = []
    for number, cells in grid.rows:
        if isinstance(cells, tuple):
            if number < form.header_row:
                continue
            return cells if form.header_row or not rows else make_candidate(grid, rules, rows, findings=cells)
        if is_blank(cells) and number != form.header_row:
            continue
        wrapped = _split_wrapped(cells, grid)
        if wrapped and rules.complete(wrapped):
            cells = wrapped  # noqa: PLW2901  # the row as it was before it was quoted as a whole
        rows.append((number, cells))
        if form.no_header:  # the columns are numbered; the row is the first of the list
            numbers = [str(at) for at in range(1, len(cells) + 1)]
            candidate = make_candidate(grid, rules, [(0, numbers), *rows])
            return replace(candidate, score=candidate.score + any(map(rules.is_data, cells)))
        if number >= form.header_row and (form.header_row or rules.complete(cells)):
            findings = [_finding_above(*row, rules, named=bool(form.header_row)) for row in rows[:-1]]
            return make_candidate(grid, rules, rows[-1:], findings=findings, rows_above=rows[:-1])
        if len(rows) == HEADER_SEARCH_ROWS and not form.header_row:
            break
    if not rows or form.header_row:
        return None
    (number, cells), *later_rows = rows
    wrapped = _split_wrapped(cells, grid)
    header = wrapped if rules.score(wrapped) > rules.score(cells) else cells
    return make_candidate(grid, rules, [(number, header), *later_rows])


def make_candidate(
    grid: Grid,
    rules: HeaderRules,
    rows: Sequence[tuple[int, list[str]]],
    *,
    findings: Sequence[Finding] = (),
    rows_above: Sequence[tuple[int, list[str]]] = (),
) -> Candidate:
    """Make a table of the rows that were already read, header first, followed by the grid's remaining rows."""
    (number, header), *already_read = rows
    first_rows: list[tuple[int, Cells]] = [*already_read]
    if any(cell.startswith(MOJIBAKE_BOM) for cell in header):
        text = "a program read this UTF-8 list as Windows-1252, so letters outside ASCII are now wrong"
        advice = "open the original as UTF-8 and save it again"
        findings = [*findings, Finding(Level.WARNING, Code.NOT_UTF8.value, f"{text}; {advice}", number)]
    table = Table(
        tuple(header),
        number,
        _unwrapped(chain(first_rows, grid.rows), grid, len(header))
        if grid.may_be_wrapped
        else chain(first_rows, grid.rows),
        all_text=grid.all_text,
        last_line_ended=grid.last_line_ended,
        findings=(*(finding for finding in grid.findings if not grid.name), *findings),
        rows_above=(*grid.rows_above, *rows_above),
        blocks=None if first_rows else grid.blocks,
        delimiter=grid.delimiter,
        merged=grid.merged,
        guess=grid.guess,
    )
    return Candidate(rules.complete(header), rules.score(header), table)


def _unwrapped(rows: Iterator[tuple[int, Cells]], grid: Grid, width: int) -> Iterator[tuple[int, Cells]]:
    """Yield rows; a line that was quoted as a whole is split if it then has as many cells as the header."""
    for number, cells in rows:
        wrapped = _split_wrapped(cells, grid) if len(cells) == 1 < width and isinstance(cells, list) else []
        yield number, wrapped if len(wrapped) == width else cells


def _split_wrapped(cells: list[str], grid: Grid) -> list[str]:
    """Split the only cell of a row: unless it was quoted, it can't hold the delimiter. Empty if that can't be."""
    if len(cells) != 1 or not grid.may_be_wrapped or grid.delimiter not in cells[0]:
        return []
    try:
        return next(csv.reader(cells, delimiter=grid.delimiter, strict=True), [])
    except csv.Error:
        return []


def _finding_above(number: int, cells: Sequence[str], rules: HeaderRules, *, named: bool) -> Finding:
    """Report a row above the header: an error if it looks like data, unless the settings name the header row."""
    quoted_row = quoted(printable(" ".join(filter(None, map(str.strip, cells)))))
    if not named and sum(bool(cell.strip()) for cell in cells) > 1 and any(map(rules.is_data, cells)):
        text = f"{quoted_row} is above the header but looks like a row of the list"
        advice = "move it below the header, delete it, or name the header's row with --header-row"
        return error(Code.ROW_ABOVE_HEADER, f"{text}; {advice}", row=number)
    text = f"{quoted_row} is above the header and is not read"
    return Finding(Level.WARNING, Code.TITLE_IGNORED.value, text, number)


def no_rows(source: str) -> Finding:
    """The finding that refuses a file or sheet, named by `source`, without rows."""
    text = f"{source} has no rows, and an empty list would remove everybody; put back the header and the rows"
    return error(Code.NO_ROWS, text)
