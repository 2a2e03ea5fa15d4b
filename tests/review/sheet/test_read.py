"""Filled-in tables: every cell is checked, and all problems are reported together."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action
from rolesync.planner.approval import Decisions, Key, decide, releasable
from rolesync.planner.decode import from_json
from rolesync.report.spreadsheet.decisions import decision_rows
from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx
from rolesync.review.sheet.read import read_decisions
from tests.planner.test_approval import reviewable
from tests.report.samples import ADDED, HELD_ROW, REMOVED, hostile_plan, make_plan
from tests.review.sheet.tools import (
    ACTION,
    AFTER,
    DECISION,
    EMAIL,
    HOLD,
    NAME,
    ROLE,
    ROW,
    USER_ID,
    WHY,
    Book,
    edited,
    problems,
    put,
    swap,
)
from tests.strategies import plans


@settings(max_examples=40, deadline=None)
@given(plans())
def test_an_unchanged_table_has_no_decisions(plan: Plan) -> None:
    assert read_decisions(plan_csv(plan).encode("utf-8-sig"), plan) == Decisions()
    assert read_decisions(plan_xlsx(plan), plan) == Decisions()


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_all_decisions_are_read_back(plan: Plan, data: st.DataObject) -> None:
    rows = list(csv.reader(io.StringIO(plan_csv(plan))))
    excluded: dict[Key, str] = {}
    released: dict[Key, str] = {}
    for cells, row in zip(rows[1:], decision_rows(plan), strict=True):
        if row.word and data.draw(st.booleans()):
            cells[-2:] = [row.word, "why not"]
            (excluded if row.word == "exclude" else released)[row.key] = "why not"
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], *data.draw(st.permutations(rows[1:]))])
    decisions = read_decisions(out.getvalue().encode(), plan)
    assert decisions == Decisions(excluded, released)
    decide(plan, decisions)


REASONS_TYPED = st.sampled_from(["why not", "=on leave, Ünal", "-", "'tis so", 'a "quote"; and\\more', "x" * 1_000])


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_decisions_saved_as_a_table_are_read_back(plan: Plan, data: st.DataObject) -> None:
    chosen = [row for row in decision_rows(plan) if row.word and data.draw(st.booleans())]
    typed = {row.key: data.draw(REASONS_TYPED) for row in chosen}
    excluded = {row.key: typed[row.key] for row in chosen if row.word == "exclude"}
    released = {row.key: typed[row.key] for row in chosen if row.word == "release"}
    kept = Decisions(excluded, released)
    assert read_decisions(plan_csv(plan, kept).encode("utf-8-sig"), plan) == kept


def test_unusual_but_clear_cells_are_read() -> None:
    plan = reviewable(HOLD)

    def edit(book: Book) -> None:
        put(book["changes"], 2, " Exclude ", "  not\nyet ")
        put(book["held"], 3, "RELEASE", None)
        put(book["held"], 2, "  ", " ")
        book["changes"].cell(2, USER_ID).value = 20.0  # an id as a number with a fraction
        book["changes"].cell(2, NAME).value += "  "
        book["held"].cell(2, USER_ID).value = "7"
        book["held"].cell(9, 9).value = " "  # a blank below the table
        book["held"].move_range("A3:K3", rows=3)  # an empty line among the rows
        book["held"].row_dimensions[2].hidden = True

    assert read_decisions(edited(plan, edit), plan) == Decisions({(20, "Admin"): "not yet"}, {(8, "Admin"): ""})


def test_escaped_formulas_are_recognised() -> None:
    for plan in (hostile_plan(), make_plan(changes=[(1, text, text, *ADDED[3:]) for text in ("#N/A", "=1+1", "'a")])):
        assert read_decisions(plan_xlsx(plan), plan) == Decisions()
        assert read_decisions(plan_csv(plan).encode("utf-8-sig"), plan) == Decisions()


def test_large_ids_are_not_rounded() -> None:
    plan = make_plan(changes=[(2**63 - 1, *REMOVED[1:])])
    data = edited(plan, lambda book: put(book["changes"], 2, "exclude", "on leave"))
    assert read_decisions(data, plan) == Decisions({(2**63 - 1, "Admin"): "on leave"})


def test_only_releasable_removals_are_offered() -> None:
    waiting = (0, "p@example.edu", 5, "Admin", Action.REMOVE, HeldReason.GRACE, "absent in run 1 of 3")
    plan = make_plan(held=(HELD_ROW, waiting))
    plan = replace(plan, releasable_removals=make_plan(changes=[(5, "p@example.edu", "P", *REMOVED[3:])]).changes)
    assert releasable(plan) == {(5, "Admin")}
    book = openpyxl.load_workbook(io.BytesIO(plan_xlsx(plan)))
    offers = {
        sheet: [
            (str(validation.sqref), validation.formula1) for validation in book[sheet].data_validations.dataValidation
        ]
        for sheet in ("changes", "held", "findings")
    }
    assert offers == {"changes": [("A2:A4", '"exclude"')], "held": [("A3", '"release"')], "findings": []}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda book: put(book["changes"], 2, "exclude"), "sheet changes, row 2, column decision_reason: is empty"),
        (
            lambda book: put(book["changes"], 2, "release", "x"),
            "row 2, column decision: is 'release', and can only be exc",
        ),
        (lambda book: put(book["changes"], 2, "yes"), "row 2, column decision: is 'yes', and can only be exclude"),
        (lambda book: put(book["changes"], 2, '="exclude"', "x"), "row 2, column decision: "),
        (lambda book: put(book["changes"], 2, None, "why"), "row 2, column decision_reason: has a reason, but the"),
        (
            lambda book: put(book["changes"], 2, "exclude", "x" * 1_001),
            "decision_reason: has more than 1,000 characters",
        ),
        (
            lambda book: put(book["held"], 2, "exclude", "x"),
            "sheet held, row 2, column decision: is 'exclude', and can",
        ),
        (
            swap(2, ACTION, "remove"),
            "sheet changes, row 2, column action: is 'remove', and was 'add': leave it as it was",
        ),
        (swap(2, ROLE, "admin"), "sheet changes, row 2, column role: is 'admin', and was 'Admin'"),
        (swap(2, USER_ID, 21), "sheet changes, row 2, column user id: is '21', and was '20'"),
        (swap(2, USER_ID, 20.5), "sheet changes, row 2, column user id: is '20.5', and was '20'"),
        (swap(2, NAME, "Somebody"), "sheet changes, row 2, column name: is 'Somebody', and was 'New'"),
        (swap(2, EMAIL, "=A1"), "sheet changes, row 2, column email: "),
        (swap(2, ROW, None), "sheet changes, row 2, column row: is '', and was '9'"),
        (swap(3, WHY, "has left", "held"), "sheet held, row 3, column why: is 'has left', and was 'this user is "),
        (swap(2, AFTER, "none"), "sheet changes, row 2, column roles after: is 'none', and was 'Admin, Student'"),
        (swap(1, DECISION, "verdict"), "sheet changes, row 1: the column decision is missing"),
        (swap(1, USER_ID + 1, "notes"), "sheet changes, row 1, column notes: is not a column of this table"),
        (swap(1, USER_ID + 1, "decision"), "sheet changes, row 1: the column decision appears twice"),
        (
            swap(2, USER_ID + 1, "ask Bo"),
            "sheet changes, row 2: 'ask Bo' is outside the columns of this table: delete it",
        ),
        (
            lambda book: book["held"].delete_rows(2),
            "sheet held: the row of <p7@example.edu> #7, remove Admin, is missing",
        ),
        (
            lambda book: book["changes"].append(["exclude", "x"]),
            "sheet changes, row 3: is not a row of this",
        ),
        (
            lambda book: book["changes"].insert_rows(1) or swap(1, 1, "ready!")(book),
            "sheet changes, row 1: 'ready!' is above",
        ),
        (lambda book: book.remove(book["held"]), "sheet held: the workbook has no sheet 'held'"),
        (lambda book: book["changes"].delete_rows(1, 9), "sheet changes: the sheet 'changes' has no rows"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_place(edit: Callable[[Book], None], message: str) -> None:
    plan = reviewable(HOLD)
    reported = problems(edited(plan, edit), plan)
    assert [problem for problem in reported if message in problem], reported


def test_all_problems_are_reported_together() -> None:
    plan = reviewable(HOLD)

    def edit(book: Book) -> None:
        put(book["changes"], 2, "exclude")
        put(book["held"], 2, "maybe")
        book["held"].cell(3, EMAIL).value = "other@example.edu"
        book["held"].append([None, None, "remove", "Admin", *[None] * 6, 99])
        book["summary"].append(["ask Bo"])

    assert problems(edited(plan, edit), plan) == [
        "sheet changes, row 2, column decision_reason: is empty: exclude needs a reason",
        "sheet held, row 2, column decision: is 'maybe', and can only be release, or empty to keep the plan",
        "sheet held, row 3, column email: is 'other@example.edu', and was 'p8@example.edu': leave it as it was",
        "sheet held, row 4: is not a row of this plan: delete it",
        "sheet summary, row 25: 'ask Bo' was added here and is not read: move it to decision_reason, or delete it",
    ]


def test_a_change_held_for_another_reason_cannot_be_released() -> None:
    plan = make_plan()
    (problem,) = problems(edited(plan, lambda book: put(book["held"], 2, "release")), plan)
    assert problem.endswith("but a change held for this reason can't be released: leave it empty")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"email,role\na@b.edu,Admin\n", b"PK\x03\x04 no workbook"])
def test_a_file_that_is_no_such_table_is_refused(data: bytes) -> None:
    assert problems(data, reviewable())


EARLIER = Path(__file__).parent / "earlier"


def test_the_workbook_of_an_earlier_version_is_read() -> None:
    plan = from_json((EARLIER / "plan.json").read_text("ascii"))
    decisions = read_decisions((EARLIER / "decided.xlsx").read_bytes(), plan)
    assert decisions == Decisions({(1052, "Admin"): "on leave"}, {(1011, "Admin"): "has left"})


def test_notes_in_the_workbook_of_an_earlier_version_are_refused() -> None:
    plan = from_json((EARLIER / "plan.json").read_text("ascii"))
    book = openpyxl.load_workbook(EARLIER / "decided.xlsx")
    book["summary"]["D3"] = "Monday!"
    book["summary"].append(["ask Bo"])
    book["changes"]["B2"] = "Owner"
    out = io.BytesIO()
    book.save(out)
    assert problems(out.getvalue(), plan) == [
        "sheet changes, row 2, column role: is 'Owner', and was 'Admin': leave it as it was",
        "sheet summary, row 3: 'Monday!' was added here and is not read: move it to decision_reason, or delete it",
        "sheet summary, row 27: 'ask Bo' was added here and is not read: move it to decision_reason, or delete it",
    ]


def test_csv_is_checked_like_a_workbook() -> None:
    plan = reviewable(HOLD)
    text = plan_csv(plan)
    assert problems(text.replace('"change","add"', '"chnge","add"').encode(), plan) == [
        "row 2, column kind: is 'chnge', and was 'change': leave it as it was"
    ]
    reported = problems(text.replace("p7@", "p\udcff7@").encode("utf-8", "surrogateescape"), plan)
    assert reported[0].startswith("the file is not UTF-8, so that letters may be wrong; save it again as 'CSV UTF-8")
    cut = text.rsplit("\n", 2)[0] + "\n"
    assert problems(cut.encode(), plan) == ["the row of <p8@example.edu> #8, remove Admin, is missing"]


@pytest.mark.parametrize(
    "text", ["email,user_id,role,name\na@x.edu,1,Admin,Ada\n", "name,action,role,row\nAda,add,Admin,2\n"]
)
def test_another_table_is_one_problem(text: str) -> None:
    (problem,) = problems(text.encode(), reviewable(HOLD))
    assert problem.startswith("row 1: this is another table: ")
