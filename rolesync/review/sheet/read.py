"""The bytes of a filled-in table → decisions, or all problems of the table."""

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
from rolesync.review.sheet.problems import SHEETS, DecisionsRefusedError, Problem, plain, problem_of
from rolesync.review.sheet.stray_notes import find_stray_notes, has_comments
from rolesync.tables.file_type import detect_content
from rolesync.tables.grid import find_non_text
from rolesync.tables.table import HeaderRules, Table, open_sheets, open_table
from rolesync.tables.write_csv import unescape_formula


def read_decisions(data: bytes, plan: Plan) -> Decisions:
    """Read the decisions on a plan.

    Args:
        data: the whole file: CSV, or a workbook with the sheets `changes` and `held`.
        plan: the plan that it was made from.

    Raises:
        DecisionsRefusedError: it isn't the table of this plan, or some decisions are wrong; lists all problems.
    """
    problems: list[Problem] = []
    strays: list[Problem] = []
    tables = [table for table in _tables(data, plan, problems, strays) if _check_header(table, problems)]
    if problems:
        raise DecisionsRefusedError([*problems, *strays])
    rows = [row for table in tables for row in _rows(table, problems)]
    excluded: dict[tuple[int, str], str] = {}
    released: dict[tuple[int, str], str] = {}
    for row, planned in match_rows(rows, list(decision_rows(plan)), problems):
        problem = _decision_problem(row, planned)
        if problem:
            problems.append(problem)
        elif row.decision:
            (excluded if planned.word == EXCLUDE else released)[planned.key] = row.reason
    problems += strays
    if problems:
        raise DecisionsRefusedError(sorted(problems, key=lambda problem: (problem.sheet, problem.row)))
    return Decisions(excluded, released)


def _tables(data: bytes, plan: Plan, problems: list[Problem], strays: list[Problem]) -> Iterator[Table]:
    content = detect_content(data)
    if isinstance(content, Finding):
        problems.append(Problem(content.message))
        return
    if not content.kind.is_workbook:
        yield from _opened(open_table(data, _headers(COLUMNS), ListForm()), "", problems)
        return
    sheets, others = open_sheets(data, _headers(COLUMNS[1:]), tuple(SHEETS))
    if has_comments(content.data):
        text = "the workbook has comments on cells, which are not read: move them to decision_reason, and delete them"
        strays.append(Problem(text))
    strays.extend(find_stray_notes(others, plan))
    for sheet, table in zip(SHEETS, sheets, strict=False):
        yield from _opened(table, sheet, problems)


def _opened(table: Table | tuple[Finding, ...], sheet: str, problems: list[Problem]) -> Iterator[Table]:
    """Yield the table unless only findings were returned; append a problem for everything that was not read."""
    if isinstance(table, Table):
        if table.guess:
            text = "the file is not UTF-8, so that letters may be wrong; save it again as 'CSV UTF-8 (comma delimited)'"
            problems.append(Problem(text))
        yield replace(table, sheet=sheet)
    findings = table.findings if isinstance(table, Table) else table
    unread = (finding for finding in findings if finding.level is Level.ERROR or finding.code == Code.TITLE_IGNORED)
    problems.extend(problem_of(finding, sheet) for finding in unread)


def _headers(columns: Sequence[str]) -> HeaderRules:
    def score(cells: Sequence[str]) -> int:
        return len({cell.strip() for cell in cells} & set(columns))

    return HeaderRules(score, lambda cells: score(cells) == len(columns), is_address)


def _columns(table: Table) -> tuple[str, ...]:
    return COLUMNS[1:] if table.sheet else COLUMNS


def _check_header(table: Table, problems: list[Problem]) -> bool:
    """Return whether the table has each column once, and no other column; append the problems."""
    header, columns, before = [cell.strip() for cell in table.header], _columns(table), len(problems)
    for name in columns:
        if header.count(name) != 1:
            fault = "is missing" if name not in header else "appears twice"
            problems.append(Problem(f"the column {name} {fault}", table.sheet, table.header_row))
    for name in header:
        if name and name not in columns:
            text = "is not a column of this table; write notes into decision_reason"
            problems.append(Problem(text, table.sheet, table.header_row, printable(name)))
    return len(problems) == before


def _rows(table: Table, problems: list[Problem]) -> Iterator[Row]:
    header, columns = [cell.strip() for cell in table.header], _columns(table)
    places = {name: header.index(name) for name in columns}
    for number, cells in table.rows:
        findings = cells if isinstance(cells, tuple) else find_non_text(number, cells, table.header, places.values())
        problems += [problem_of(finding, table.sheet) for finding in findings if finding.level is Level.ERROR]
        if isinstance(cells, tuple):
            continue
        strays = [cell for at, cell in enumerate(cells) if at not in places.values() and cell.strip()]
        if strays:
            problems.append(
                Problem(f"{quoted(strays[0])} is outside the columns of this table: delete it", table.sheet, number)
            )
        padded = [*cells, *[""] * len(header)]
        ordered = [padded[places[name]] for name in columns]
        shown = tuple(ordered[:-2]) if not table.sheet else (SHEETS[table.sheet], *ordered[:-2])
        if any(ordered):
            fixed = tuple(map(plain, shown))
            yield Row(
                table.sheet,
                number,
                fixed,
                shown,
                ordered[-2].strip().casefold(),
                unescape_formula(" ".join(ordered[-1].split())),
            )


def _decision_problem(row: Row, planned: DecisionRow) -> Problem | None:
    """Find the problem of a decision, if there is one."""
    column = "decision"
    if row.decision and not planned.word:
        text = (
            f"is {quoted(printable(row.decision))}, but a change held for this reason can't be released: leave it empty"
        )
    elif row.decision and row.decision != planned.word:
        text = f"is {quoted(printable(row.decision))}, and can only be {planned.word}, or empty to keep the plan"
    elif row.reason and not row.decision:
        text, column = "has a reason, but the decision is empty", "decision_reason"
    elif planned.word == EXCLUDE and row.decision and not row.reason:
        text, column = f"is empty: {EXCLUDE} needs a reason", "decision_reason"
    elif len(row.reason) > LONGEST_REASON:
        text, column = f"has more than {LONGEST_REASON:,} characters", "decision_reason"
    else:
        return None
    return Problem(text, row.sheet, row.number, column)
