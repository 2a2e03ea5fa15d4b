"""The bytes of a filled-in table → decisions, or all problems of the table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rolesync.model.findings import Code, Finding, printable, quoted
from rolesync.model.lists import ListForm
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Level
from rolesync.planner.approval import LONGEST_REASON, Decisions
from rolesync.reader.identity import is_address
from rolesync.report.spreadsheet.decisions import (
    COLUMNS,
    DECISION,
    EXCLUDE,
    DecisionRow,
    book_columns,
    book_rows,
    decision_rows,
)
from rolesync.review.sheet.match_rows import Form, Row, match_rows
from rolesync.review.sheet.problems import SHEETS, DecisionsRefusedError, Problem, problem_of
from rolesync.review.sheet.stray_notes import find_stray_notes, has_comments
from rolesync.tables.file_type import detect_content
from rolesync.tables.grid import find_non_text
from rolesync.tables.table import HeaderRules, Table, open_sheets, open_table
from rolesync.tables.write_csv import unescape_formula


def read_decisions(data: bytes, plan: Plan) -> Decisions:
    """Read the decisions on a plan.

    Args:
        data: the whole file: CSV, or a workbook with the sheets `changes` and `held`, also of an earlier version.
        plan: the plan that it was made from.

    Raises:
        DecisionsRefusedError: it isn't the table of this plan, or some decisions are wrong; lists all problems.
    """
    problems: list[Problem] = []
    strays: list[Problem] = []
    tables = list(_tables(data, plan, problems, strays))
    form = _form_of(tables, plan)
    tables = [table for table in tables if _check_header(table, form, problems)]
    if problems:
        raise DecisionsRefusedError([*problems, *strays])
    rows = [row for table in tables for row in _rows(table, form, problems)]
    excluded: dict[tuple[int, str], str] = {}
    released: dict[tuple[int, str], str] = {}
    for row, planned in match_rows(rows, form, problems):
        problem = _decision_problem(row, planned)
        if problem:
            problems.append(problem)
        elif row.decision:
            (excluded if planned.word == EXCLUDE else released)[planned.key] = row.reason
    problems += strays
    if problems:
        raise DecisionsRefusedError(sorted(problems, key=lambda problem: (problem.sheet, problem.row)))
    return Decisions(excluded, released)


def has_decisions(data: bytes) -> bool:
    """Whether a file is the table of a plan, whichever that is, and a reviewer has filled in a decision or a reason."""
    content = detect_content(data)
    if isinstance(content, Finding):
        return False
    rules = _headers([DECISION])
    tables = (
        open_sheets(data, rules, tuple(SHEETS))[0]
        if content.kind.is_workbook
        else [open_table(data, rules, ListForm())]
    )
    return any(_is_filled_in(table) for table in tables if isinstance(table, Table))


def _is_filled_in(table: Table) -> bool:
    places = [at for at, cell in enumerate(table.header) if cell.strip() in DECISION]
    return len(places) == len(DECISION) and any(
        cell.strip()
        for _number, cells in table.rows
        if not isinstance(cells, tuple)
        for cell in (cells[at] for at in places if at < len(cells))
    )


def _tables(data: bytes, plan: Plan, problems: list[Problem], strays: list[Problem]) -> Iterator[Table]:
    content = detect_content(data)
    if isinstance(content, Finding):
        problems.append(Problem(content.message))
        return
    if not content.kind.is_workbook:
        yield from _opened(open_table(data, _headers([COLUMNS]), ListForm()), "", problems)
        return
    sheets, other_sheets = open_sheets(data, _headers([_book_titles(plan), COLUMNS[1:]]), tuple(SHEETS))
    if has_comments(content.data):
        text = "the workbook has comments on cells, which are not read: move them to decision_reason, and delete them"
        strays.append(Problem(text))
    strays.extend(find_stray_notes(other_sheets, plan))
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


def _headers(forms: Sequence[Sequence[str]]) -> HeaderRules:
    def score(cells: Sequence[str]) -> int:
        return max(len({cell.strip() for cell in cells} & set(columns)) for columns in forms)

    def is_complete(cells: Sequence[str]) -> bool:
        return any(set(columns) <= {cell.strip() for cell in cells} for columns in forms)

    return HeaderRules(score, is_complete, is_address)


def _book_titles(plan: Plan) -> tuple[str, ...]:
    return tuple(column.title for column in book_columns(plan))


def _form_of(tables: Sequence[Table], plan: Plan) -> Form:
    """Find out which form the tables have: CSV, the workbook of this version, or that of earlier versions."""
    titles = _book_titles(plan)
    names = {cell.strip() for table in tables for cell in table.header}
    if not any(table.sheet for table in tables):
        return Form(COLUMNS[: -len(DECISION)], list(decision_rows(plan)))
    if len(names.intersection(titles)) >= len(names.intersection(COLUMNS)):
        return Form(("kind", *titles[len(DECISION) :]), list(book_rows(plan)))
    return Form(COLUMNS[: -len(DECISION)], list(decision_rows(plan)), frozenset({"name", "detail", "impact"}))


def _columns(table: Table, form: Form) -> tuple[str, ...]:
    """The columns of a table, the decision last; a sheet shows the kind of its rows by its name."""
    return (*form.columns[1 if table.sheet else 0 :], *DECISION)


def _check_header(table: Table, form: Form, problems: list[Problem]) -> bool:
    """Return whether the table has each column once, and no other column; append the problems."""
    header, columns, before = [cell.strip() for cell in table.header], _columns(table, form), len(problems)
    missing = set(columns) - set(header)
    if 2 * len(missing) > len(columns):
        text = f"this is another table: {len(missing)} of the {len(columns)} columns of a plan's table are missing"
        problems.append(Problem(text, table.sheet, table.header_row))
        return False
    for name in columns:
        if header.count(name) != 1:
            fault = "is missing" if name not in header else "appears twice"
            problems.append(Problem(f"the column {name} {fault}", table.sheet, table.header_row))
    for name in header:
        if name and name not in columns:
            text = "is not a column of this table; write notes into decision_reason"
            problems.append(Problem(text, table.sheet, table.header_row, printable(name)))
    return len(problems) == before


def _rows(table: Table, form: Form, problems: list[Problem]) -> Iterator[Row]:
    header, columns = [cell.strip() for cell in table.header], _columns(table, form)
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
        original = tuple(ordered[:-2]) if not table.sheet else (SHEETS[table.sheet], *ordered[:-2])
        if any(ordered):
            fixed = form.comparable(original)
            yield Row(
                table.sheet,
                number,
                fixed,
                original,
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
