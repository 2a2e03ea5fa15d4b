"""What a reviewer fills in: every cell is checked, nothing is dropped, and all that is wrong is told at once."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings, strategies as st
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from rolesync.model.plans import Plan, Policy
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action
from rolesync.planner.approval import Decisions, Key, decide, releasable
from rolesync.report.spreadsheet.plan import COLUMNS, decision_rows, plan_csv, plan_xlsx
from rolesync.review.sheet.problems import DecisionsRefusedError
from rolesync.review.sheet.read import read_decisions
from tests.planner.test_approval import reviewable
from tests.report.samples import ADDED, HELD_ROW, REMOVED, hostile_plan, make_plan
from tests.strategies import plans

Book = Any  # openpyxl's own type knows charts, too, as sheets
HOLD = Policy(hold_removals=True)
DECISION, REASON = COLUMNS.index("decision"), COLUMNS.index("decision_reason")  # from 1, in sheets without `kind`


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


# What is read


@settings(max_examples=40, deadline=None)
@given(plans())
def test_what_nobody_has_touched_decides_nothing(plan: Plan) -> None:
    assert read_decisions(plan_csv(plan).encode("utf-8-sig"), plan) == Decisions()
    assert read_decisions(plan_xlsx(plan), plan) == Decisions()


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_whatever_is_decided_comes_back(plan: Plan, data: st.DataObject) -> None:
    rows = list(csv.reader(io.StringIO(plan_csv(plan))))
    excluded: dict[Key, str] = {}
    released: dict[Key, str] = {}
    for cells, row in zip(rows[1:], decision_rows(plan), strict=True):
        if row.word and data.draw(st.booleans()):
            cells[-2:] = [row.word, "why not"]
            (excluded if row.word == "exclude" else released)[row.key] = "why not"
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], *data.draw(st.permutations(rows[1:]))])
    found = read_decisions(out.getvalue().encode(), plan)
    assert found == Decisions(excluded, released)
    decide(plan, found)


REASONS_TYPED = st.sampled_from(["why not", "=on leave, Ünal", "-", "'tis so", 'a "quote"; and\\more', "x" * 1_000])


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_decisions_that_are_kept_as_a_table_come_back(plan: Plan, data: st.DataObject) -> None:
    chosen = [row for row in decision_rows(plan) if row.word and data.draw(st.booleans())]
    typed = {row.key: data.draw(REASONS_TYPED) for row in chosen}
    excluded = {row.key: typed[row.key] for row in chosen if row.word == "exclude"}
    released = {row.key: typed[row.key] for row in chosen if row.word == "release"}
    kept = Decisions(excluded, released)
    assert read_decisions(plan_csv(plan, kept).encode("utf-8-sig"), plan) == kept


def test_odd_but_plain_ways_of_filling_it_in_are_read() -> None:
    plan = reviewable(HOLD)

    def edit(book: Book) -> None:
        put(book["changes"], 2, " Exclude ", "  not\nyet ")
        put(book["held"], 3, "RELEASE", None)
        put(book["held"], 2, "  ", " ")
        book["changes"].cell(2, 3).value = 20.0  # an id as a number with a fraction
        book["changes"].cell(2, 4).value += "  "
        book["held"].cell(2, 3).value = "7"
        book["held"].cell(9, 9).value = " "  # a blank below the table
        book["held"].move_range("A3:L3", rows=3)  # an empty line among the rows
        book["held"].row_dimensions[2].hidden = True

    assert read_decisions(edited(plan, edit), plan) == Decisions({(20, "Admin"): "not yet"}, {(8, "Admin"): ""})


def test_texts_that_were_made_harmless_are_known_again() -> None:
    for plan in (hostile_plan(), make_plan(changes=[(1, text, text, *ADDED[3:]) for text in ("#N/A", "=1+1", "'a")])):
        assert read_decisions(plan_xlsx(plan), plan) == Decisions()
        assert read_decisions(plan_csv(plan).encode("utf-8-sig"), plan) == Decisions()


def test_ids_that_a_spreadsheet_would_round_come_back() -> None:
    plan = make_plan(changes=[(2**63 - 1, *REMOVED[1:])])
    data = edited(plan, lambda book: put(book["changes"], 2, "exclude", "on leave"))
    assert read_decisions(data, plan) == Decisions({(2**63 - 1, "Admin"): "on leave"})


def test_only_held_removals_that_wait_are_offered() -> None:
    waiting = (0, "p@example.edu", 5, "Admin", Action.REMOVE, HeldReason.GRACE, "absent in run 1 of 3")
    plan = make_plan(held=(HELD_ROW, waiting))
    plan = replace(plan, releasable_removals=make_plan(changes=[(5, "p@example.edu", "P", *REMOVED[3:])]).changes)
    assert releasable(plan) == {(5, "Admin")}
    book = openpyxl.load_workbook(io.BytesIO(plan_xlsx(plan)))
    offers = {
        sheet: [(str(one.sqref), one.formula1) for one in book[sheet].data_validations.dataValidation]
        for sheet in ("changes", "held", "findings")
    }
    assert offers == {"changes": [("K2:K4", '"exclude"')], "held": [("K3", '"release"')], "findings": []}


# What is refused


def swap(row: int, column: int, value: object, sheet: str = "changes") -> Callable[[Book], None]:
    def edit(book: Book) -> None:
        book[sheet].cell(row, column).value = value

    return edit


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
        (swap(2, 1, "remove"), "sheet changes, row 2, column action: is 'remove', and was 'add': leave it as it was"),
        (swap(2, 2, "admin"), "sheet changes, row 2, column role: is 'admin', and was 'Admin'"),
        (swap(2, 3, 21), "sheet changes, row 2, column user_id: is '21', and was '20'"),
        (swap(2, 3, 20.5), "sheet changes, row 2, column user_id: is '20.5', and was '20'"),
        (swap(2, 4, "Somebody"), "sheet changes, row 2, column name: is 'Somebody', and was 'New'"),
        (swap(2, 5, "=A1"), "sheet changes, row 2, column email: "),
        (swap(2, 8, None), "sheet changes, row 2, column row: is '', and was '9'"),
        (swap(3, 6, "grace", "held"), "sheet held, row 3, column reason: is 'grace', and was 'removals_held'"),
        (swap(1, DECISION, "verdict"), "sheet changes, row 1: the column decision is missing"),
        (swap(1, REASON + 1, "notes"), "sheet changes, row 1, column notes: is not a column of this table"),
        (swap(1, REASON + 1, "decision"), "sheet changes, row 1: the column decision appears twice"),
        (
            swap(2, REASON + 1, "ask Bo"),
            "sheet changes, row 2: 'ask Bo' is outside the columns of this table: delete it",
        ),
        (
            lambda book: book["held"].delete_rows(2),
            "sheet held: the row of <p7@example.edu> #7, remove Admin, is missing",
        ),
        (
            lambda book: book["changes"].append([None] * (DECISION - 1) + ["exclude", "x"]),
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


def test_a_row_that_stands_there_twice_is_refused() -> None:
    plan = reviewable(HOLD)

    def twice(book: Book) -> None:
        put(book["changes"], 2, "exclude", "x")
        first = [cell.value for cell in book["changes"][2]]
        book["changes"].append([*first[:9], None, None])

    reported = problems(edited(plan, twice), plan)
    assert reported == [
        "sheet changes, row 3: is the same as row 2; each row of the plan must appear once: delete one of them"
    ]


def test_all_problems_are_reported_together() -> None:
    plan = reviewable(HOLD)

    def edit(book: Book) -> None:
        put(book["changes"], 2, "exclude")
        put(book["held"], 2, "maybe")
        book["held"].cell(3, 5).value = "other@example.edu"
        book["held"].append(["remove", "Admin", 99])
        book["summary"].append(["ask Bo"])

    assert problems(edited(plan, edit), plan) == [
        "sheet changes, row 2, column decision_reason: is empty: exclude needs a reason",
        "sheet held, row 2, column decision: is 'maybe', and can only be release, or empty to keep the plan",
        "sheet held, row 3, column email: is 'other@example.edu', and was 'p8@example.edu': leave it as it was",
        "sheet held, row 4: is not a row of this plan: delete it",
        "sheet summary, row 22: 'ask Bo' was added here and is not read: move it to decision_reason, or delete it",
    ]


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
def test_what_stands_where_nothing_is_decided_is_refused(edit: Callable[[Book], None], message: str) -> None:
    plan = make_plan()
    reported = problems(edited(plan, edit), plan)
    assert [problem for problem in reported if message in problem], reported


def test_comments_are_refused_since_nobody_would_read_them() -> None:
    plan = make_plan()

    def edit(book: Book) -> None:
        book["changes"]["A2"].comment = Comment("Not her!", "Rita")

    assert problems(edited(plan, edit), plan) == [
        "the workbook has comments on cells, which are not read: move them to decision_reason, and delete them"
    ]


def test_sheets_that_are_only_for_reading_may_be_sorted_cut_and_taken_out() -> None:
    plan = make_plan()

    def edit(book: Book) -> None:
        book.remove(book["summary"])
        book["findings"].move_range("A2:E2", rows=9)
        book["findings"].delete_rows(3)
        book.create_sheet("Sheet1")

    assert read_decisions(edited(plan, edit), plan) == Decisions()


def test_the_workbook_of_a_plan_with_the_same_changes_is_another_plan_s() -> None:
    other = replace(make_plan(), digest="77aa" * 16)
    (said,) = problems(plan_xlsx(other), make_plan())
    assert said == "sheet summary, row 11: is of the plan 77aa77aa77aa, and this plan is 9c1f9c1f9c1f"


def test_nothing_can_be_decided_of_what_is_held_for_other_reasons() -> None:
    plan = make_plan()
    (said,) = problems(edited(plan, lambda book: put(book["held"], 2, "release")), plan)
    assert said.endswith("but a change held for this reason can't be released: leave it empty")


def test_the_table_of_another_plan_is_refused() -> None:
    (summary,) = problems(plan_xlsx(reviewable(HOLD, stay=5)), reviewable(HOLD))
    assert "sheet summary, row 10: is of the plan " in summary
    assert problems(plan_csv(reviewable(HOLD, stay=5)).encode(), reviewable(HOLD)) == [
        "row 3: is not a row of this plan: delete it"
    ]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"email,role\na@b.edu,Admin\n", b"PK\x03\x04 no workbook"])
def test_what_is_no_such_table_is_refused(data: bytes) -> None:
    assert problems(data, reviewable())


def test_csv_is_checked_like_a_workbook() -> None:
    plan = reviewable(HOLD)
    text = plan_csv(plan)
    assert problems(text.replace("change,add", "chnge,add").encode(), plan) == [
        "row 2, column kind: is 'chnge', and was 'change': leave it as it was"
    ]
    reported = problems(text.replace("p7@", "p\udcff7@").encode("utf-8", "surrogateescape"), plan)
    assert reported[0].startswith("row 3, column email: byte 0xFF in ")
    cut = text.rsplit("\n", 2)[0] + "\n"
    assert problems(cut.encode(), plan) == ["the row of <p8@example.edu> #8, remove Admin, is missing"]
