import csv
import io
import sys

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.model.plans import Plan
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.decisions import COLUMNS
from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx
from tests.report.samples import (
    ADDED,
    DIGEST,
    HOSTILE,
    approved_plan,
    big_plan,
    blocked_plan,
    drifted_plan,
    empty_plan,
    hostile_plan,
    make_plan,
)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def read_csv(plan: Plan) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(plan_csv(plan), newline=""), strict=True))


def open_xlsx(plan: Plan) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(plan_xlsx(plan)))


def rows(book: Workbook, sheet: str) -> list[tuple[object, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_csv_has_a_row_per_change_and_per_held() -> None:
    assert plan_csv(make_plan()).splitlines()[0] == ",".join(COLUMNS)
    first, second, third, held = read_csv(make_plan())
    assert first == {
        "kind": "change",
        "action": "remove",
        "role": "Admin",
        "user_id": "12",
        "name": "Ada Lovelace",
        "email": "ada@example.edu",
        "reason": "listed_without_role",
        "detail": "this user is in the list, but not for this role",
        "row": "5",
        "before": "Admin, Teacher",
        "impact": "",
        "decision": "",
        "decision_reason": "",
    }
    assert (second["action"], second["row"]) == ("remove", "")
    assert third["action"] == "add"
    assert (held["kind"], held["user_id"], held["reason"], held["row"]) == ("held", "", "not_in_studio", "14")


def test_an_empty_plan_is_a_header() -> None:
    assert plan_csv(empty_plan()) == ",".join(COLUMNS) + "\n"


def test_csv_of_a_big_plan_is_whole() -> None:
    listed = read_csv(big_plan(700, 300))
    assert len(listed) == 1_001
    assert [row["action"] for row in listed[:1_000]] == ["remove"] * 700 + ["add"] * 300


def test_csv_escapes_formulas_and_keeps_each_row_on_one_readable_line() -> None:
    text = plan_csv(hostile_plan())
    listed = read_csv(hostile_plan())
    assert len(text.splitlines()) == len(listed) + 1 == 3 * len(HOSTILE) + 1
    values = [value for row in listed for value in row.values()]
    assert not any(value.startswith(FORMULA_STARTS) for value in values)
    assert all(value.isprintable() for value in values)
    assert max(map(len, values)) == len("x" * 32_000 + "… (1,000,000 characters)")
    assert "'=cmd|' /C calc'!A0" in values


def test_sentences_of_the_summary_have_the_lines_that_they_need() -> None:
    summary = open_xlsx(blocked_plan())["summary"]
    heights = {str(row[2]): summary.row_dimensions[at].height for at, row in enumerate(summary.values, 1) if at > 1}
    assert all(cell.alignment.wrap_text for cell in summary["C"][1:])
    assert all((height or 15) == 15 * -(-len(text) // 100) for text, height in heights.items())
    assert any(height for height in heights.values())


def test_xlsx_says_first_how_to_decide_then_shows_the_changes() -> None:
    book = open_xlsx(drifted_plan())
    assert book.sheetnames == ["how to decide", "changes", "held", "findings", "drift", "summary"]
    assert book["how to decide"]["A1"].value == "Please decide: 2 removals, 1 addition"
    assert rows(book, "changes") == [
        (
            *("decision", "decision_reason", "action", "role", "name", "email", "roles before", "roles after", "why"),
            *("row", "user id"),
        ),
        (
            *(None, None, "remove", "Admin", "Ada Lovelace", "ada@example.edu", "Admin, Teacher", "Teacher"),
            *("this user is in the list, but not for this role", 5, 12),
        ),
        (
            *(None, None, "remove", "Admin", "Grace Hopper", "grace@example.edu", "Admin", "no role"),
            *("this user is not in the list", None, 7),
        ),
        (
            *(None, None, "add", "Admin", "Zoë Ångström", "zoe@example.edu", "Student", "Admin, Student"),
            *("the list gives this role, Studio doesn't yet", 9, 31),
        ),
    ]
    assert rows(book, "drift")[1:] == [("add", "Admin", 44, "kim@example.edu"), ("remove", "Admin", 7, None)]
    assert rows(book, "held")[1][8:10] == ("Studio doesn't know this address yet; tried again on the next run.", 14)
    assert rows(book, "findings")[1][:2] == ("warning", 4)
    assert rows(book, "findings")[3][1] is None


def test_the_sheets_of_a_workbook_have_filters_and_fit_a_page() -> None:
    _, *sheets = open_xlsx(drifted_plan())
    for sheet in sheets:
        assert sheet.freeze_panes in {"A2", "B2"}
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet["A1"].font.bold
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.print_area == f"'{sheet.title}'!$A$1:${sheet.dimensions.split(':')[1][0]}${sheet.max_row}"
        assert sheet.page_setup.orientation == "landscape"


def test_an_approved_plan_offers_no_decisions() -> None:
    book = open_xlsx(approved_plan())
    assert book["how to decide"]["A1"].value == "Approved: 2 removals, 1 addition"
    assert not any(book[sheet].data_validations.dataValidation for sheet in ("changes", "held"))


def test_xlsx_summary_identifies_the_plan() -> None:
    listed = rows(open_xlsx(blocked_plan()), "summary")
    assert listed[1][:2] == ("status", "BLOCKED")
    assert ("digest", None, DIGEST) in listed
    assert ("managed role", "Admin", "10 before, 1 added, 2 removed, 9 after") in listed
    assert any(row[:2] == ("guard", "block") for row in listed)
    assert f"--override {DIGEST}" in str(listed[-1][2])


@pytest.mark.parametrize(
    ("user_id", "cell"),
    [(12, 12), (10**15 - 1, 10**15 - 1), (2**53 + 1, "9007199254740993"), (2**63 - 1, "9223372036854775807")],
)
def test_ids_that_a_spreadsheet_would_round_are_text(user_id: int, cell: object) -> None:
    book = open_xlsx(make_plan(changes=[(user_id, *ADDED[1:])]))
    assert rows(book, "changes")[1][-1] == cell


def test_xlsx_holds_no_formula_and_no_error_value_whatever_the_texts() -> None:
    changes = [(1, text, text, *ADDED[3:]) for text in ("#N/A", "#REF!", "=1+1")]
    for plan in (hostile_plan(), make_plan(changes=changes)):
        book = open_xlsx(plan)
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
        texts = [cell.value for cell in cells if isinstance(cell.value, str)]
        assert not any(text.startswith(FORMULA_STARTS) for text in texts)
        assert all(len(text) <= 32_767 for text in texts)


def test_xlsx_refuses_more_rows_than_a_sheet_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    assert len(rows(open_xlsx(make_plan()), "changes")) == 4
    with pytest.raises(UsageError, match="needs a sheet of 4 rows, but a sheet holds 3") as refused:
        plan_xlsx(big_plan(2, 2))
    assert "rolesync show PLAN --csv FILE" in refused.value.hint


def test_without_the_extra_the_hint_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match="openpyxl is not installed") as refused:
        plan_xlsx(make_plan())
    assert refused.value.hint == install_command("excel")
