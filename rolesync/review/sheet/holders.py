"""A filled-in workbook of holders → who stays, who leaves, and who is undecided.

The marks only take roles away from holders who are marked `no`. Holders without a mark, and users who became holders
after the workbook was made, are undecided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from rolesync.errors import InputRefusedError
from rolesync.model.findings import name_some, printable, quoted
from rolesync.model.live import Live
from rolesync.model.vocabulary import Level
from rolesync.reader.identity import is_address
from rolesync.reader.write import Assignment, list_assignments
from rolesync.report.content.text import escape_for_display
from rolesync.report.spreadsheet.holders import COLUMNS, HOLDERS, NO, STAYS, YES
from rolesync.report.spreadsheet.sheet import MOST_CHARACTERS
from rolesync.review.sheet.problems import Problem, plain, problem_of
from rolesync.tables.file_type import Content, detect_content
from rolesync.tables.table import HeaderRules, Table, open_sheets
from rolesync.tables.write_csv import escape_formula

_TITLES = tuple(column.title for column in COLUMNS)
_ANSWERS = {YES: True, NO: False, "": None}

Key = tuple[int, str]
"""User id and role."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of the workbook: whether the user stays (None for undecided), and the name and address that it shows."""

    row: int
    stays: bool | None
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CleanList:
    """The holders of today, by their marks; `gone` are the rows of users who no longer hold the role."""

    stay: list[Assignment]
    leave: list[Assignment]
    undecided: list[Assignment]
    gone: list[int]


def read_marks(data: bytes) -> dict[Key, Mark]:
    """Read who stays.

    Args:
        data: the whole file, a workbook that `holders_xlsx` made.

    Raises:
        InputRefusedError: it isn't such a workbook, or a row can't be read; names the first problems.
    """
    problems: list[Problem] = []
    content = detect_content(data)
    if isinstance(content, Content) and not content.kind.is_workbook:
        _refuse([Problem("the file is text, and no workbook of holders")])
    tables, _ = open_sheets(
        data, HeaderRules(_score, lambda cells: _score(cells) == len(_TITLES), is_address), [HOLDERS]
    )
    (table,) = tables
    if not isinstance(table, Table):
        _refuse([problem_of(finding, HOLDERS) for finding in table])
    problems += [problem_of(finding, HOLDERS) for finding in table.findings if finding.level is Level.ERROR]
    header = [cell.strip() for cell in table.header]
    problems += [Problem(f"the column {title} is missing", HOLDERS) for title in _TITLES if header.count(title) != 1]
    if problems:
        _refuse(problems)
    marks: dict[Key, Mark] = {}
    for key, mark in _marks(table, header, problems):
        if key in marks:
            problems.append(Problem(f"is the same user and role as row {marks[key].row}", HOLDERS, mark.row))
        marks[key] = mark
    if problems:
        _refuse(problems)
    return marks


def _score(cells: Sequence[str]) -> int:
    return len({cell.strip() for cell in cells} & set(_TITLES))


def _marks(table: Table, header: Sequence[str], problems: list[Problem]) -> Iterator[tuple[Key, Mark]]:
    for number, cells in table.rows:
        if isinstance(cells, tuple):
            problems += [problem_of(finding, HOLDERS) for finding in cells]
            continue
        row = dict(zip(header, [*cells, *[""] * len(header)], strict=False))
        answer, user_id = row[STAYS].strip().casefold(), plain(row["user id"])
        if not any(row.values()):
            continue
        if answer not in _ANSWERS:
            text = f"is {quoted(printable(row[STAYS]))}, and can only be {YES}, {NO} or empty"
            problems.append(Problem(text, HOLDERS, number, STAYS))
        elif not user_id.isascii() or not user_id.isdecimal():
            text = f"is {quoted(printable(row['user id']))}, which is not a user id: leave it as it was"
            problems.append(Problem(text, HOLDERS, number, "user id"))
        else:
            mark = Mark(number, _ANSWERS[answer], plain(row["name"]), plain(row["email"]))
            yield (int(user_id), plain(row["role"])), mark


def clean_list(live: Live, marks: dict[Key, Mark]) -> CleanList:
    """Divide the holders of today by their marks.

    Raises:
        InputRefusedError: a row shows another name or address than its user has: rows were mixed up, or the user has
            changed since.
    """
    result = CleanList([], [], [], [])
    open_marks = dict(marks)
    marks_by_user: dict[int, list[Mark]] = {}
    for assignment in list_assignments(live):
        user_id = assignment["user_id"]
        mark = open_marks.pop((user_id, plain(_displayed(assignment["role"]))), None)
        if mark:
            marks_by_user.setdefault(user_id, []).append(mark)
        stays = mark.stays if mark else None
        target = result.undecided if stays is None else result.stay if stays else result.leave
        target.append(assignment)
    _refuse_other_users(live, marks_by_user)
    result.gone.extend(mark.row for mark in open_marks.values())
    return result


def _refuse_other_users(live: Live, marks: dict[int, list[Mark]]) -> None:
    """Refuse rows that show another user than the user of their id: part of the columns was sorted, for example."""
    problems, moved = {}, False
    for noun, column in (("address", "email"), ("name", "name")):
        texts = [plain(_displayed(text)) for text in live.users[column].tolist()]
        by_user = dict(zip(live.users["user_id"].tolist(), texts, strict=True))
        owners = {text: user_id for user_id, text in by_user.items() if text}
        for user_id, rows in marks.items():
            for mark in rows:
                cell = getattr(mark, column)
                if cell == by_user[user_id] or mark.row in problems:
                    continue
                owner = owners.get(cell)
                moved |= owner is not None
                whose = f" of user {owner}" if owner else ""
                now = f"{quoted(printable(by_user[user_id]))} in Studio" if by_user[user_id] else "none in Studio"
                text = f"has the {noun} {quoted(printable(cell))}{whose}, but the id of user {user_id}, whose {noun} is"
                problems[mark.row] = Problem(f"{text} {now}", HOLDERS, mark.row)
    if moved:
        hint = "undo the sorting, so that each mark is beside its own user, or start again"
        _refuse([problems[row] for row in sorted(problems)], hint)
    if problems:
        hint = "if a user has a new name or address, write it into the row, or start again"
        _refuse([problems[row] for row in sorted(problems)], hint)


def _displayed(text: str) -> str:
    return escape_formula(escape_for_display(text, MOST_CHARACTERS))


def _refuse(problems: Sequence[Problem], step: str = "correct these rows, or start again") -> NoReturn:
    raise InputRefusedError(
        f"the marks can't be used: {name_some(map(str, problems))}; no list was written",
        hint=f"{step}: rolesync export --review FILE",
    )
