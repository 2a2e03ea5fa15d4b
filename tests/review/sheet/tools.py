"""Tables of a plan, filled in by tests, and the problems that reading them reports."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from rolesync.model.plans import Plan, Policy
from rolesync.report.spreadsheet.plan import plan_xlsx
from rolesync.review.sheet.problems import DecisionsRefusedError
from rolesync.review.sheet.read import read_decisions

Book = Any  # openpyxl's own type knows charts, too, as sheets
HOLD = Policy(hold_removals=True)
DECISION, REASON = 1, 2
ACTION, ROLE, NAME, EMAIL, BEFORE, AFTER, WHY, ROW, USER_ID = range(3, 12)
"""The columns of the sheets, from 1, of a plan without media."""


def edited(plan: Plan, edit: Callable[[Book], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(plan_xlsx(plan)))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def problems(data: bytes, plan: Plan) -> list[str]:
    with pytest.raises(DecisionsRefusedError) as caught:
        read_decisions(data, plan)
    return list(map(str, caught.value.problems))


def put(sheet: Worksheet, row: int, word: str | None, reason: str | None = None) -> None:
    sheet.cell(row, DECISION).value, sheet.cell(row, REASON).value = word, reason


def swap(row: int, column: int, value: object, sheet: str = "changes") -> Callable[[Book], None]:
    def edit(book: Book) -> None:
        book[sheet].cell(row, column).value = value

    return edit
