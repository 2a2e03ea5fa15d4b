"""A filled-in table of a plan → the reviewer's decisions, or everything that is wrong with it.

The table is what `show PLAN --xlsx` or `--csv` wrote, with words in its columns `decision` and `decision_reason`, saved
by whatever program. Each of its rows must be one of the plan's and each of the plan's must be there once, in any order,
otherwise unchanged: a row that is gone, or that somebody has typed over, could be a decision that nobody would see. The
same holds for what is written into another sheet; those of the plan may be sorted, cut and taken out.
"""

import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from rolesync.deciding import LONGEST_REASON, Decisions
from rolesync.errors import InputRefusedError
from rolesync.model import Finding, Level, ListForm, Plan
from rolesync.reader.file import Kind, content_of
from rolesync.reader.findings import Code, printable, quoted
from rolesync.reader.grid import Grid, only_text
from rolesync.reader.table import Headers, Table, open_sheets, open_table
from rolesync.report.facts import SHORT_DIGEST
from rolesync.report.tables import CHANGE, COLUMNS, EXCLUDE, HELD_KIND, DecisionRow, decision_rows, other_rows
from rolesync.report.text import undefuse

_SHEETS = {"changes": CHANGE, "held": HELD_KIND}
_FIXED = COLUMNS[:-2]
_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: `sheet` is "" in a text file, `row` 0 and `column` "" where it is about several."""

    message: str
    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        places = (("sheet", self.sheet), ("row", self.row), ("column", self.column))
        where = ", ".join(f"{name} {place}" for name, place in places if place)
        return f"{where}: {self.message}" if where else self.message


class DecisionsRefusedError(InputRefusedError):
    """The table of decisions can't be used as it is; `problems` is everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        number = f"{len(problems):,} problem{'s' * (len(problems) != 1)}"
        super().__init__(
            f"the decisions can't be used: {number}; nothing was approved",
            hint="put it right, or begin again with what `rolesync show PLAN --xlsx FILE` writes",
        )
        self.problems = tuple(problems)


class _Row(NamedTuple):
    """A row of the table: the cells that must be as they were, made comparable, and the two that are the reviewer's."""

    sheet: str
    number: int
    fixed: tuple[str, ...]
    shown: tuple[str, ...]
    decision: str
    reason: str


def read_decisions(data: bytes, plan: Plan) -> Decisions:
    """Read the decisions on a plan.

    Args:
        data: the whole file: CSV, or a workbook with the sheets `changes` and `held`.
        plan: the plan that it was made from.

    Raises:
        DecisionsRefusedError: it isn't the table of this plan, or a decision can't be one; tells everything at once.
    """
    problems: list[Problem] = []
    strays: list[Problem] = []
    tables = [table for table in _tables(data, plan, problems, strays) if _complete(table, problems)]
    if problems:
        raise DecisionsRefusedError([*problems, *strays])
    rows = [row for table in tables for row in _rows(table, problems)]
    excluded: dict[tuple[int, str], str] = {}
    released: dict[tuple[int, str], str] = {}
    for row, planned in _matched(rows, list(decision_rows(plan)), problems):
        problem = _problem_of(row, planned)
        if problem:
            problems.append(problem)
        elif row.decision:
            (excluded if planned.word == EXCLUDE else released)[planned.key] = row.reason
    problems += strays
    if problems:
        raise DecisionsRefusedError(sorted(problems, key=lambda one: (one.sheet, one.row)))
    return Decisions(excluded, released)


def _tables(data: bytes, plan: Plan, problems: list[Problem], strays: list[Problem]) -> Iterator[Table]:
    content = content_of(data)
    if isinstance(content, Finding):
        problems.append(Problem(content.message))
        return
    if content.kind is Kind.TEXT:
        yield from _opened(open_table(data, _headers(COLUMNS), ListForm()), "", problems)
        return
    sheets, others = open_sheets(data, _headers(COLUMNS[1:]), tuple(_SHEETS))
    if _has_comments(content.data):
        text = (
            "the workbook has comments on cells, which decide nothing: put them into decision_reason, and delete them"
        )
        strays.append(Problem(text))
    strays.extend(_elsewhere(others, plan))
    for sheet, found in zip(_SHEETS, sheets, strict=False):
        yield from _opened(found, sheet, problems)


def _has_comments(data: bytes) -> bool:
    """Whether an XLSX or ODS holds comments, which no reader of tables gives."""
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        ods = "content.xml" in names and b"<office:annotation" in archive.read("content.xml")
        return ods or any("comments" in name.casefold() for name in names)
    return False


def _elsewhere(others: Sequence[Grid], plan: Plan) -> Iterator[Problem]:
    """Tell what somebody has written where nobody would look for it: it may well be meant as a decision.

    Raises:
        DecisionsRefusedError: the workbook is of another plan; there is nothing else to be said of it.
    """
    known = other_rows(plan)
    for sheet in others:
        if sheet.name not in known:
            number = next((number for number, _ in sheet.rows), 0)
            if number:
                text = f"is no sheet of this plan: decide in the sheets {' and '.join(_SHEETS)}"
                yield Problem(text, printable(sheet.name), number)
            continue
        own = Counter(map(_filled, known[sheet.name]))
        strays = []
        for number, cells in sheet.rows:
            if isinstance(cells, tuple):
                yield from (_of(finding, sheet.name) for finding in cells)
            elif own[filled := _filled(cells)]:
                own[filled] -= 1
            elif filled:
                strays.append((number, filled))
        for number, filled in strays:
            if filled[0] == "digest":
                raise DecisionsRefusedError([Problem(_of_another(filled, own), sheet.name, number)])
        yield from (Problem(_stray(filled, own), sheet.name, number) for number, filled in strays)


def _filled(cells: Sequence[object]) -> tuple[str, ...]:
    """Make a row comparable, whatever blank cells end it."""
    plain = [*map(_plain, cells)]
    while plain and not plain[-1]:
        plain.pop()
    return tuple(plain)


def _of_another(cells: tuple[str, ...], own: Collection[tuple[str, ...]]) -> str:
    this = next((row[-1] for row in own if row[0] == "digest"), "")
    return f"is of the plan {printable(cells[-1][:SHORT_DIGEST])}, and this is {this[:SHORT_DIGEST]}"


def _stray(cells: tuple[str, ...], own: Collection[tuple[str, ...]]) -> str:
    """Say which cell of a row is none of the sheet's."""
    known = {cell for row in own for cell in row}
    cell = next((cell for cell in cells if cell not in known), cells[0])
    return f"{quoted(printable(cell))} decides nothing, and was not there: put it into decision_reason, or delete it"


def _opened(found: Table | tuple[Finding, ...], sheet: str, problems: list[Problem]) -> Iterator[Table]:
    if isinstance(found, Table):
        yield replace(found, sheet=sheet)
    findings = found.notes if isinstance(found, Table) else found
    unread = (one for one in findings if one.level is Level.ERROR or one.code == Code.TITLE_IGNORED)
    problems.extend(_of(finding, sheet) for finding in unread)


def _of(finding: Finding, sheet: str) -> Problem:
    return Problem(finding.message, sheet, finding.row or 0, finding.column or "")


def _headers(columns: Sequence[str]) -> Headers:
    def score(cells: Sequence[str]) -> int:
        return len({cell.strip() for cell in cells} & set(columns))

    return Headers(score, lambda cells: score(cells) == len(columns))


def _columns(table: Table) -> tuple[str, ...]:
    return COLUMNS[1:] if table.sheet else COLUMNS


def _complete(table: Table, problems: list[Problem]) -> bool:
    """Whether each column is there once, and no other."""
    header, columns, before = [cell.strip() for cell in table.header], _columns(table), len(problems)
    for name in columns:
        if header.count(name) != 1:
            many = "is missing" if name not in header else "is there twice"
            problems.append(Problem(f"the column {name} {many}", table.sheet, table.header_row))
    for name in header:
        if name and name not in columns:
            text = "is no column of this table; write notes into decision_reason"
            problems.append(Problem(text, table.sheet, table.header_row, printable(name)))
    return len(problems) == before


def _rows(table: Table, problems: list[Problem]) -> Iterator[_Row]:
    header, columns = [cell.strip() for cell in table.header], _columns(table)
    places = {name: header.index(name) for name in columns}
    for number, cells in table.rows:
        findings = cells if isinstance(cells, tuple) else only_text(number, cells, table.header, places.values())
        problems += [_of(finding, table.sheet) for finding in findings if finding.level is Level.ERROR]
        if isinstance(cells, tuple):
            continue
        strays = [cell for at, cell in enumerate(cells) if at not in places.values() and cell.strip()]
        if strays:
            problems.append(Problem(f"{quoted(strays[0])} stands in no column of this table", table.sheet, number))
        padded = [*cells, *[""] * len(header)]
        own = [padded[places[name]] for name in columns]
        shown = tuple(own[:-2]) if not table.sheet else (_SHEETS[table.sheet], *own[:-2])
        if any(own):
            fixed = tuple(map(_plain, shown))
            yield _Row(
                table.sheet, number, fixed, shown, own[-2].strip().casefold(), undefuse(" ".join(own[-1].split()))
            )


def _plain(cell: object) -> str:
    """Make a cell comparable: programs add or lose blanks, an apostrophe before a text, and `.0` after a number."""
    text = " ".join(("" if cell is None else str(cell)).split()).removeprefix("'")
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text


def _matched(
    rows: Sequence[_Row], planned: Sequence[DecisionRow], problems: list[Problem]
) -> Iterator[tuple[_Row, DecisionRow]]:
    """Find the plan's row of each row of the table, and tell of those that have none."""
    free = dict(enumerate(tuple(map(_plain, row.cells)) for row in planned))
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in reversed(free):
        places[free[at]].append(at)
    known: dict[tuple[str, ...], int] = {}
    strange = []
    for row in rows:
        if places.get(row.fixed):
            at = places[row.fixed].pop()
            known[row.fixed] = row.number
            del free[at]
            yield row, planned[at]
        elif row.fixed in known:
            text = f"is the same as row {known[row.fixed]}; each row of the plan stands there once"
            problems.append(Problem(text, row.sheet, row.number))
        else:
            strange.append(row)
    if strange:
        problems += _strange(strange, free)
    by_kind = {kind: sheet for sheet, kind in _SHEETS.items()}
    workbook = any(row.sheet for row in rows)
    for cells in free.values():
        who = " ".join(part for part in (cells[4], cells[5] and f"<{cells[5]}>", cells[3] and f"#{cells[3]}") if part)
        text = f"the row of {who}, {cells[1]} {cells[2]}, is missing"
        problems.append(Problem(text, by_kind[cells[0]] if workbook else ""))


def _strange(rows: Sequence[_Row], free: dict[int, tuple[str, ...]]) -> Iterator[Problem]:
    """Tell what is wrong with rows that are none of the plan's, as exactly as can be; takes theirs out of `free`."""
    at_user, at_role, at_email = (_FIXED.index(name) for name in ("user_id", "role", "email"))
    ways: tuple[Callable[[tuple[str, ...]], tuple[str, ...]], ...] = (
        lambda cells: (cells[0], cells[at_user], cells[at_role]) if cells[at_user] else (),
        lambda cells: (cells[0], cells[at_email], cells[at_role]) if cells[at_email] else (),
        lambda cells: (cells[at_user],) if cells[at_user] else (),
    )
    left = list(rows)
    for way in ways:
        of = {way(cells): at for at, cells in reversed(free.items()) if way(cells)}
        for row in list(left):
            at = of.pop(way(row.fixed), None) if way(row.fixed) else None
            if at is None:
                continue
            left.remove(row)
            cells = free.pop(at)
            for name, given, was, shown in zip(_FIXED, row.fixed, cells, row.shown, strict=True):
                if given != was:
                    text = f"is {quoted(printable(shown))}, and was {quoted(was)}: leave it as it was"
                    yield Problem(text, row.sheet, row.number, name)
    for row in left:
        yield Problem("is no row of this plan", row.sheet, row.number)


def _problem_of(row: _Row, planned: DecisionRow) -> Problem | None:
    """Say what is wrong with a decision."""
    column = "decision"
    if row.decision and not planned.word:
        text = f"is {quoted(printable(row.decision))}, but nothing can be decided of what is held for this reason"
    elif row.decision and row.decision != planned.word:
        text = f"is {quoted(printable(row.decision))}, and can only be {planned.word}, or empty for what is planned"
    elif row.reason and not row.decision:
        text, column = "has a reason, but nothing is decided", "decision_reason"
    elif planned.word == EXCLUDE and row.decision and not row.reason:
        text, column = f"is empty: {EXCLUDE} needs a reason", "decision_reason"
    elif len(row.reason) > LONGEST_REASON:
        text, column = f"has more than {LONGEST_REASON:,} characters", "decision_reason"
    else:
        return None
    return Problem(text, row.sheet, row.number, column)
