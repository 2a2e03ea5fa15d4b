"""The bytes of a filled-in table → decisions, with everything that is wrong told at once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rolesync.model.findings import Code, Finding, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Level
from rolesync.planner.approval import LONGEST_REASON, Decisions
from rolesync.reader.identity import is_address
from rolesync.report.spreadsheet.plan import COLUMNS, EXCLUDE, DecisionRow, decision_rows
from rolesync.review.sheet.match_rows import Row, match_rows
from rolesync.review.sheet.problems import SHEETS, DecisionsRefusedError, Problem, of_finding, plain
from rolesync.review.sheet.stray_notes import find_stray_notes, has_comments
from rolesync.tables.file_type import FileKind, detect_content
from rolesync.tables.grid import find_non_text
from rolesync.tables.table import HeaderRules, Table, open_sheets, open_table
from rolesync.tables.write_csv import unescape_formula


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
    for row, planned in match_rows(rows, list(decision_rows(plan)), problems):
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
    content = detect_content(data)
    if isinstance(content, Finding):
        problems.append(Problem(content.message))
        return
    if content.kind is FileKind.TEXT:
        yield from _opened(open_table(data, _headers(COLUMNS), ListForm()), "", problems)
        return
    sheets, others = open_sheets(data, _headers(COLUMNS[1:]), tuple(SHEETS))
    if has_comments(content.data):
        text = (
            "the workbook has comments on cells, which decide nothing: put them into decision_reason, and delete them"
        )
        strays.append(Problem(text))
    strays.extend(find_stray_notes(others, plan))
    for sheet, found in zip(SHEETS, sheets, strict=False):
        yield from _opened(found, sheet, problems)


def _opened(found: Table | tuple[Finding, ...], sheet: str, problems: list[Problem]) -> Iterator[Table]:
    if isinstance(found, Table):
        yield replace(found, sheet=sheet)
    findings = found.findings if isinstance(found, Table) else found
    unread = (one for one in findings if one.level is Level.ERROR or one.code == Code.TITLE_IGNORED)
    problems.extend(of_finding(finding, sheet) for finding in unread)


def _headers(columns: Sequence[str]) -> HeaderRules:
    def score(cells: Sequence[str]) -> int:
        return len({cell.strip() for cell in cells} & set(columns))

    return HeaderRules(score, lambda cells: score(cells) == len(columns), is_address)


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


def _rows(table: Table, problems: list[Problem]) -> Iterator[Row]:
    header, columns = [cell.strip() for cell in table.header], _columns(table)
    places = {name: header.index(name) for name in columns}
    for number, cells in table.rows:
        findings = cells if isinstance(cells, tuple) else find_non_text(number, cells, table.header, places.values())
        problems += [of_finding(finding, table.sheet) for finding in findings if finding.level is Level.ERROR]
        if isinstance(cells, tuple):
            continue
        strays = [cell for at, cell in enumerate(cells) if at not in places.values() and cell.strip()]
        if strays:
            problems.append(Problem(f"{quoted(strays[0])} stands in no column of this table", table.sheet, number))
        padded = [*cells, *[""] * len(header)]
        own = [padded[places[name]] for name in columns]
        shown = tuple(own[:-2]) if not table.sheet else (SHEETS[table.sheet], *own[:-2])
        if any(own):
            fixed = tuple(map(plain, shown))
            yield Row(
                table.sheet,
                number,
                fixed,
                shown,
                own[-2].strip().casefold(),
                unescape_formula(" ".join(own[-1].split())),
            )


def _problem_of(row: Row, planned: DecisionRow) -> Problem | None:
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
