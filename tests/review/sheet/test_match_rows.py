"""The rows of a table and those of its plan."""

from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx
from rolesync.review.sheet.match_rows import Form
from tests.planner.test_approval import reviewable
from tests.review.sheet.tools import HOLD, Book, edited, problems, put


def test_a_row_that_appears_twice_is_refused() -> None:
    plan = reviewable(HOLD)

    def twice(book: Book) -> None:
        put(book["changes"], 2, "exclude", "x")
        first = [cell.value for cell in book["changes"][2]]
        book["changes"].append([None, None, *first[2:]])

    reported = problems(edited(plan, twice), plan)
    assert reported == [
        "sheet changes, row 3: is the same as row 2; each row of the plan must appear once: delete one of them"
    ]


def test_a_role_that_an_earlier_version_did_not_mark_as_probably_lost_is_the_same() -> None:
    form = Form(("kind", "roles after"), ())
    marked, unmarked = ("change", "Admin, Subaccount admin (probably lost)"), ("change", "Admin, Subaccount admin")
    assert form.comparable(marked) == form.comparable(unmarked) == unmarked


def test_the_table_of_another_plan_is_refused() -> None:
    (summary,) = problems(plan_xlsx(reviewable(HOLD, stay=5)), reviewable(HOLD))
    assert "sheet summary, row 10: is of the plan " in summary
    assert problems(plan_csv(reviewable(HOLD, stay=5)).encode(), reviewable(HOLD)) == [
        "row 3: is not a row of this plan: delete it"
    ]
