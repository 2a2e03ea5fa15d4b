"""Notes in a workbook outside the columns of decisions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl.comments import Comment

from rolesync.planner.approval import Decisions
from rolesync.report.spreadsheet.plan import plan_xlsx
from rolesync.review.sheet.read import read_decisions
from tests.report.samples import make_plan
from tests.review.sheet.tools import Book, edited, problems, put, swap


def copied(book: Book) -> None:
    book.copy_worksheet(book["changes"]).title = "changes (2)"
    put(book["changes (2)"], 2, "exclude", "on leave")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (copied, "sheet changes (2), row 1: is not a sheet of this plan: decide in the sheets changes and held"),
        (
            swap(1, 4, "Not before Monday!", "summary"),
            "sheet summary, row 1: 'Not before Monday!' was added here and is not read",
        ),
        (swap(4, 3, "none", "summary"), "sheet summary, row 4: 'none' was added here and is not read"),
        (
            lambda book: book["findings"].append(["no", "exclude"]),
            "sheet findings, row 5: 'no' was added here and is not read",
        ),
        (swap(2, 9, "=1+1", "drift"), "sheet drift, row 2: "),
    ],
)
def test_notes_outside_the_decisions_are_refused(edit: Callable[[Book], None], message: str) -> None:
    plan = make_plan()
    reported = problems(edited(plan, edit), plan)
    assert [problem for problem in reported if message in problem], reported


def test_comments_are_refused() -> None:
    plan = make_plan()

    def edit(book: Book) -> None:
        book["changes"]["A2"].comment = Comment("Not her!", "Rita")

    assert problems(edited(plan, edit), plan) == [
        "the workbook has comments on cells, which are not read: move them to decision_reason, and delete them"
    ]


def test_the_other_sheets_may_be_sorted_cut_and_removed() -> None:
    plan = make_plan()

    def edit(book: Book) -> None:
        book.remove(book["summary"])
        book["findings"].move_range("A2:E2", rows=9)
        book["findings"].delete_rows(3)
        book.create_sheet("Sheet1")

    assert read_decisions(edited(plan, edit), plan) == Decisions()


def test_a_workbook_may_be_read_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan()
    plan = replace(plan, source=replace(plan.source, path=str(tmp_path / "lists" / "list.csv")))
    monkeypatch.chdir(tmp_path)
    data = plan_xlsx(plan)
    monkeypatch.chdir(tmp_path.parent)
    assert read_decisions(data, plan) == Decisions()


def test_the_workbook_of_another_plan_with_the_same_changes_is_refused() -> None:
    other = replace(make_plan(), digest="77aa" * 16)
    (problem,) = problems(plan_xlsx(other), make_plan())
    assert problem == "sheet summary, row 11: is of the plan 77aa77aa77aa, and this plan is 9c1f9c1f9c1f"
