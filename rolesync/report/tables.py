"""A plan, or a run, as tables for a spreadsheet: CSV for everybody, a workbook where the extra `excel` is installed.

No cell is ever a formula: a text that a spreadsheet could take for one begins with an apostrophe in both forms.
"""

from __future__ import annotations

import csv
import io
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from rolesync.deciding import releasable
from rolesync.errors import UsageError
from rolesync.model import IMPACT, WAITING, Action, Known, Plan
from rolesync.report.facts import (
    change_rows,
    drift_rows,
    finding_rows,
    guard_rows,
    headline,
    held_rows,
    next_step,
    requests_rows,
    summary,
    table_rows,
)
from rolesync.report.text import defuse, safe
from rolesync.report.told import roles_text, told_facts, told_headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from rolesync.model import Drift
    from rolesync.recorded import Told

Cell = str | int | None
Cells = tuple[Cell, ...]

COLUMNS = (
    "kind",
    "action",
    "role",
    "user_id",
    "name",
    "email",
    "reason",
    "detail",
    "row",
    "before",
    "impact",
    "decision",
    "decision_reason",
)
"""The columns of the CSV form; `kind` is `change` or `held`, and what is not given, or wasn't asked, is empty.

The last two are for the reviewer: see `decision_rows`.
"""

TOLD_COLUMNS = ("outcome", "action", "role", "user_id", "email", "row", "before", "after", "detail")
"""The columns of a run's CSV form; roles are `no role` for none, and `after` is empty where nobody knows."""

CHANGE, HELD_KIND = "change", "held"
EXCLUDE, RELEASE = "exclude", "release"

_EXACT_IDS = 10**15
"""Spreadsheets keep 15 digits of a number, so ids from here on (2^53 and above among them) are written as text."""

_RANGES = 100  # of cells that share a drop-down; spreadsheets don't take any number of them

_SHEET_ROWS = 1_048_576
_CELL_LIMIT = 32_000
"""Characters of a cell, in the CSV form too: spreadsheets take 32,767, and many CSV readers refuse ever longer ones."""

_FILLS = {
    "add": "E2F0D9",
    "remove": "F8CBAD",
    "error": "F8CBAD",
    "block": "F8CBAD",
    "warning": "FFF2CC",
    "warn": "FFF2CC",
}


def plan_csv(plan: Plan) -> str:
    """Render every change and every held row, removals first, as CSV with the header `COLUMNS` and LF line ends."""
    changes = ((CHANGE, *cells, "", "") for cells in _changes(plan))
    return _csv(COLUMNS, chain(changes, ((HELD_KIND, *cells, "", "") for cells in _held(plan))))


def plan_xlsx(plan: Plan) -> bytes:
    """Render a plan as a workbook: the sheets summary, changes, held, drift, findings, and impact if that was asked.

    Raises:
        UsageError: the extra `excel` is not installed, or a list has more rows than a sheet can hold.
    """
    longest = max(len(plan.changes), len(plan.held), len(plan.findings), len(plan.drift.changes))
    return _xlsx("plan", longest, _sheets(plan))


def told_csv(told: Told) -> str:
    """Render every change of a run that the record names, as CSV with the header `TOLD_COLUMNS` and LF line ends."""
    return _csv(TOLD_COLUMNS, _told_changes(told))


def told_xlsx(told: Told) -> bytes:
    """Render a run as a workbook with the sheets summary, changes, and one for each other list that it has.

    Raises:
        UsageError: as for a plan.
    """
    return _xlsx("run", max(len(told.changes), len(told.drift.changes)), _told_sheets(told))


def _told_changes(told: Told) -> Iterator[Cells]:
    for one in told.changes:
        texts = (one.outcome, one.action, one.role)
        after = roles_text(one.after, _CELL_LIMIT)
        yield (
            *(defuse(safe(text, _CELL_LIMIT)) for text in texts),
            one.user_id,
            defuse(safe(one.email, _CELL_LIMIT)),
            one.row or None,
            *map(defuse, (roles_text(one.before, _CELL_LIMIT), after, safe(one.detail, _CELL_LIMIT))),
        )


def _told_sheets(told: Told) -> Iterator[_Sheet]:
    word, sentence = told_headline(told)
    facts = (("status", word, defuse(sentence)), *((label, "", defuse(value)) for label, value in told_facts(told)))
    yield _Sheet("summary", ("what", "which", "says"), (22, 18, 100), facts, "B")
    yield _Sheet("changes", TOLD_COLUMNS, (12, 10, 18, 20, 34, 7, 28, 28, 60), _told_changes(told), "B")
    if told.proof:
        holders = ((defuse(safe(role, _CELL_LIMIT)), number) for role, number in told.proof.holders.items())
        yield _Sheet("proof", ("role", "holders"), (30, 12), holders, "A")
        differences = ((defuse(safe(one, _CELL_LIMIT)),) for one in told.proof.differences)
        yield _Sheet("differences", ("live differs from the plan",), (120,), differences, "A")
    yield _drift_sheet(told.drift)


def _csv(columns: Cells, rows: Iterable[Cells]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _xlsx(what: str, longest: int, sheets: Iterable[_Sheet]) -> bytes:
    try:
        import openpyxl  # noqa: PLC0415  # an extra, and slow to import
    except ModuleNotFoundError as error:
        message = "A workbook can't be written, because openpyxl is not installed."
        raise UsageError(message, hint="pip install 'rolesync[excel]'") from error
    if longest >= _SHEET_ROWS:
        message = f"The {what} has a list of {longest:,} rows, but a workbook's sheet holds {_SHEET_ROWS - 1:,}."
        raise UsageError(message, hint=f"Use the CSV form: rolesync show {what.upper()} --csv FILE")
    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        _write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class DecisionRow(NamedTuple):
    """A row that a reviewer may decide on.

    `cells` are those of `COLUMNS` before the decision, as both forms have them but for what `_cell` does. `word` is the
    only decision that may stand in it, "" where none may; `key` names what it is about.
    """

    cells: Cells
    key: tuple[int, str]
    word: str


def decision_rows(plan: Plan) -> Iterator[DecisionRow]:
    """Yield all rows of a plan's changes and held rows, in their order, with what may be decided of each."""
    table = plan.changes
    removed = (table["action"] == Action.REMOVE.value).to_numpy()
    for key, cells in zip(chain(_keys(table[removed]), _keys(table[~removed])), _changes(plan), strict=True):
        yield DecisionRow((CHANGE, *cells), key, EXCLUDE)
    for key, cells, word in zip(_keys(plan.held), _held(plan), _releases(plan), strict=True):
        yield DecisionRow((HELD_KIND, *cells), key, word)


def _releases(plan: Plan) -> list[str]:
    """Say of each held row whether it may be let through."""
    may = releasable(plan)
    waiting = plan.held["reason"].isin(WAITING).tolist()
    return [RELEASE if key in may and waits else "" for key, waits in zip(_keys(plan.held), waiting, strict=True)]


def _keys(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    return zip(table["user_id"].tolist(), table["role"].tolist(), strict=True)


def _changes(plan: Plan) -> Iterator[Cells]:
    rows = chain(change_rows(plan, Action.REMOVE, cut=_CELL_LIMIT), change_rows(plan, Action.ADD, cut=_CELL_LIMIT))
    for row in rows:
        texts = (row.name, row.email, row.reason, row.sentence)
        yield (
            row.action,
            defuse(row.role),
            row.user_id or None,
            *map(defuse, texts),
            row.row or None,
            defuse(row.before),
            defuse(row.impact),
        )


def _held(plan: Plan) -> Iterator[Cells]:
    for row in held_rows(plan, cut=_CELL_LIMIT):
        texts = ("", row.email, row.reason, row.detail)
        yield (
            defuse(row.action),
            defuse(row.role),
            row.user_id or None,
            *map(defuse, texts),
            row.row or None,
            "",
            defuse(row.impact),
        )


class _Sheet(NamedTuple):
    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Iterable[Cells]
    colour_by: str
    words: tuple[str, ...] = ()  # what may be decided of each row


def _sheets(plan: Plan) -> Iterator[_Sheet]:
    widths = (10, 18, 20, 28, 34, 20, 52, 7, 28, 60, 12, 40)
    yield _Sheet("summary", ("what", "which", "says"), (22, 44, 100), _summary(plan), "B")
    yield _Sheet("changes", COLUMNS[1:], widths, _changes(plan), "A", (EXCLUDE,) * len(plan.changes))
    yield _Sheet("held", COLUMNS[1:], widths, _held(plan), "A", tuple(_releases(plan)))
    findings = (
        (row.level, int(row.row) if row.row else None, *map(defuse, (row.column, row.code, row.message)))
        for row in finding_rows(plan.findings, cut=_CELL_LIMIT)
    )
    yield _drift_sheet(plan.drift)
    yield _Sheet("findings", ("level", "row", "column", "code", "message"), (10, 7, 20, 24, 90), findings, "A")
    if plan.impact is not None:
        yield _Sheet("impact", tuple(IMPACT), (20, 10, 10, 10, 18, 12, 24, 60), _impact(plan.impact), "B")


def _impact(impact: pd.DataFrame) -> Iterator[Cells]:
    """Yield the numbers that the other sheets tell in words, to sort by; empty where nothing is known."""
    for user_id, known, *numbers, newest, note in table_rows(impact, IMPACT):
        told = [None] * len(numbers) if known == Known.NOTHING else numbers
        yield (user_id, known, *told, newest, defuse(safe(note, _CELL_LIMIT)))


def _drift_sheet(drift: Drift) -> _Sheet:
    rows = (
        (row.action, defuse(row.role), row.user_id, defuse(row.email)) for row in drift_rows(drift, cut=_CELL_LIMIT)
    )
    return _Sheet("drift", ("was", "role", "user_id", "email"), (10, 18, 20, 34), rows, "A")


def _summary(plan: Plan) -> Iterator[Cells]:
    word, sentence = headline(plan)
    yield "status", word, defuse(sentence)
    for label, value in [*summary(plan), *requests_rows(plan.requests), ("digest", safe(plan.digest))]:
        yield label, "", defuse(value)
    for role in plan.roles:
        numbers = f"{role.before:,} before, {role.additions:,} added, {role.removals:,} removed, {role.after:,} after"
        yield "managed role", defuse(safe(role.role, _CELL_LIMIT)), numbers
    for guard in guard_rows(plan):
        yield "guard", guard.status, defuse(f"{guard.text}. {guard.message}")
    step, command = next_step(plan)
    yield "next", "", " ".join((step, *command))


def _write(book: Workbook, sheet: _Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.formatting.rule import Rule  # noqa: PLC0415
    from openpyxl.styles import Font, PatternFill  # noqa: PLC0415
    from openpyxl.styles.differential import DifferentialStyle  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    made = book.create_sheet(sheet.title)
    # In a sheet that is written row by row, all that stands above the rows has to be set before the first of them.
    made.freeze_panes = "A2"
    for at, width in enumerate(sheet.widths, start=1):
        made.column_dimensions[get_column_letter(at)].width = width
    head = [WriteOnlyCell(made, value=column) for column in sheet.columns]
    for cell in head:
        cell.font = Font(bold=True)
    made.append(head)
    rows = list(sheet.rows)
    for cells in rows:
        made.append([_cell(cell) for cell in cells])
    everything = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    made.auto_filter.ref = everything
    # A rule and not a fill per cell: it stays right when rows are sorted or edited.
    for name, colour in _FILLS.items():
        style = DifferentialStyle(fill=PatternFill(bgColor=colour, fill_type="solid"))
        rule = Rule(type="expression", formula=[f'${sheet.colour_by}1="{name}"'], dxf=style)
        made.conditional_formatting.add(everything, rule)
    _offer(made, sheet)


def _offer(made: WriteOnlyWorksheet, sheet: _Sheet) -> None:
    """Give each row that may be decided on a drop-down with the word for it."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # as above
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    column = get_column_letter(sheet.columns.index("decision") + 1) if sheet.words else ""
    places = [
        (word, [at for at, _ in rows]) for word, rows in groupby(enumerate(sheet.words, 2), itemgetter(1)) if word
    ]
    for start in range(0, len(places), _RANGES):
        word = places[start][0]
        offer = DataValidation(type="list", formula1=f'"{word}"', allow_blank=True, showErrorMessage=True)
        offer.errorTitle, offer.error = "decision", f"{word}, or nothing: as planned"
        for _, rows in places[start : start + _RANGES]:
            offer.add(f"{column}{rows[0]}:{column}{rows[-1]}")
        made.data_validations.append(offer)  # type: ignore[attr-defined]  # the stubs don't know it


def _cell(value: Cell) -> Cell:
    if isinstance(value, int):
        return value if value < _EXACT_IDS else str(value)
    # openpyxl would store `#N/A` and its like as an error instead of a text.
    return f"'{value}" if value and value.startswith("#") else value
