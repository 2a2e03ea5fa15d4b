"""A past run in every form: the same facts and lists, and nothing in them that is more than text."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from markdown_it import MarkdownIt

from rolesync.errors import UsageError
from rolesync.history.events import PlanMade
from rolesync.history.run_report import build_run_report
from rolesync.model.frames import DRIFT
from rolesync.model.run_report import DriftChange, RunChange, RunDecision, RunDrift, RunReport
from rolesync.model.runs import Proof
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.run_summary import run_content, run_headline
from rolesync.report.html.page import run_html
from rolesync.report.json import run_report_json
from rolesync.report.markdown import LIMIT, run_markdown
from rolesync.report.spreadsheet import workbook
from rolesync.report.spreadsheet.run import RUN_COLUMNS, RUN_CSV_COLUMNS, run_csv, run_xlsx
from rolesync.report.terminal.run import run_view
from tests.history.tools import events_of
from tests.report.samples import APPROVAL, DIGEST, DRIFTED, FORMULA, HOSTILE, MARKUP, RECORDS
from tests.report.terminal.screen import flat, show

COMPLETE = replace(build_run_report(events_of(RECORDS), PlanMade(run="p1", status="planned", held=2)), planned_by="mia")
FAILED = RunChange("add", "Admin", 8, "bo@example.edu", 4, "failed", ("Student",), ("Student",), "404: not found")
UNKNOWN = RunChange("remove", "Admin", 9, "", 0, "unknown", ("Admin",), None, "nobody has found out yet")
LEFT = RunChange("add", "Admin", 11, "di@example.edu", 6, "drifted", (), ("Admin",), "not sent: was …, is …")


def incomplete(**more: Any) -> RunReport:
    """A run in which everything happened that can."""
    summary = replace(COMPLETE.summary, status="incomplete", counts={"additions": 4, "removals": 3})
    parts: dict[str, Any] = {
        "changes": (*COMPLETE.changes, UNKNOWN, FAILED, LEFT),
        "counts": {"done": 2, "failed": 1, "drifted": 1, "unknown": 1, "not_sent": 2},
        "proof": Proof({"Admin": 10}, ("Admin: 1 should hold it and don't: bo@example.edu (#8)",)),
        "drift": RunDrift(DRIFTED.since, tuple(map(DriftChange._make, table_rows(DRIFTED.changes, DRIFT)))),
        "overridden": ("max_removals",),
        "warned": ("repeat_runs",),
        "stopped": "503 from PUT /users/roles",
        **more,
    }
    return replace(COMPLETE, summary=summary, **parts)


def test_a_complete_run_is_told_from_what_was_asked_to_the_proof() -> None:
    text = flat(run_view(COMPLETE, limit=None))
    assert "run r1" in text
    assert f"plan {DIGEST}, created by mia in run p1" in text
    assert "planned 1 removal, 1 addition held 2 rows outcomes done 2" in text
    assert "COMPLETE 2 of 2 changes done; live equals the plan." in text
    assert "Done (2)" in text
    assert "+ add <zoe@example.edu> #31 Admin Student → Admin, Student 9" in text
    assert "- remove <grace@example.edu> #7 Admin Admin → no role" in text
    assert "what happened" not in text  # nothing has
    assert "Holders after the run role holders" in text
    assert text.endswith("Admin 10")
    assert not any(word in text for word in ("not listed", "stopped", "Failed", "Changed outside"))


def test_an_incomplete_run_names_what_to_look_at_first() -> None:
    text = flat(run_view(incomplete(), limit=None))
    assert "INCOMPLETE 2 of 7 changes done; live differs from the plan." in text
    places = [
        text.index(part)
        for part in (
            "outcomes done 2, failed 1, drifted 1, unknown 1, not sent 2",
            "not listed 2 changes that this run did not send; the plan lists them",
            "guards overridden max_removals",
            "guards that warned repeat_runs",
            "stopped 503 from PUT /users/roles",
            "Live differs from the plan",
            "bo@example.edu (#8)",
            "Failed: Studio did not do these (1)",
            "+ add <bo@example.edu> #8 Admin Student → Student 404: not found 4",
            "Unknown: whether Studio did these could not be determined (1)",
            "Drifted: these users changed after the plan was made, so they were left alone (1)",
            "Done (2)",
            "Changed outside rolesync: 2 changes",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("status", "word", "sentence"),
    [
        ("open", "NOT ENDED", "0 of 7 changes done; Studio was not read again, so nothing is proven."),
        ("interrupted", "INTERRUPTED", "0 of 7 changes done; Studio was not read again, so nothing is proven."),
        ("planned", "PLANNED", "3 removals, 4 additions planned; nothing was written."),
        ("blocked", "BLOCKED", "3 removals, 4 additions planned; nothing was written."),
        ("later\n", r"LATER\N", "3 removals, 4 additions planned; nothing was written."),
    ],
)
def test_runs_that_came_to_nothing(status: str, word: str, sentence: str) -> None:
    run = incomplete(proof=None, counts={}, changes=())
    run = replace(run, summary=replace(run.summary, status=status, finished_at=""))
    assert run_headline(run) == (word, sentence)
    text = flat(run_view(run, limit=None))
    assert ("outcomes none yet" in text) == ("ended not recorded" in text) == ("0 of 7" in sentence)


def test_an_undo_says_what_it_took_back_and_an_odd_time_stays_as_it_is() -> None:
    run = replace(COMPLETE, undoes="r0", summary=replace(COMPLETE.summary, started_at="some day"))
    text = flat(run_view(run, limit=None))
    assert "undoes run r0 started some day" in text


def test_long_lists_are_cut_on_the_terminal() -> None:
    run = replace(COMPLETE, changes=(FAILED,) * 30)
    text = flat(run_view(run, limit=4))
    assert text.count("bo@example.edu") == 4
    assert "… and 26 more changes; `--all` shows all." in text
    assert flat(run_view(run, limit=None)).count("bo@example.edu") == 30


def test_markdown_has_the_facts_and_a_section_for_each_list() -> None:
    text = run_markdown(incomplete())
    assert text.startswith("## rolesync run: INCOMPLETE\n\n`2 of 7 changes done; live differs from the plan.`\n")
    assert "| **stopped** | `503 from PUT /users/roles` |" in text
    assert text.count("<details>") == text.count("</details>") == 7
    row = "| **+ add** | `<bo@example.edu> #8` | `Admin` | `Student → Student` | `404: not found` | 4 |"
    assert row in text
    long = run_markdown(replace(COMPLETE, changes=(FAILED,) * 5_000))
    assert 0.9 * LIMIT < len(long) < LIMIT
    assert "`rolesync show RUN --csv FILE` writes all" in long


def test_a_status_of_a_later_version_is_no_markup() -> None:
    run = replace(COMPLETE, summary=replace(COMPLETE.summary, status=MARKUP))
    tokens = MarkdownIt("commonmark").enable("table").parse(run_markdown(run))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}


@pytest.mark.parametrize("text", [*HOSTILE, "山" * 900])
def test_a_run_that_is_hostile_and_huge_stays_below_the_limit(text: str) -> None:
    numbers = {f"{number}{text}": 1 for number in range(900)}
    run = incomplete(
        changes=tuple(
            replace(FAILED, action=text, role=text, email=text, detail=text, before=(text,), outcome=outcome)
            for outcome in ("failed", "unknown", "drifted", "done")
            for _ in range(900)
        ),
        proof=Proof(numbers, (text,) * 900),
        counts=numbers,
        approval=replace(APPROVAL, reviewer=text, operator=text, confirmed_effect=text),
        excluded=(RunDecision(text, text, 1, text, text),) * 900,
        released=(RunDecision(text, text, 1, text, text),) * 900,
        overridden=(text,) * 900,
        stopped=text,
    )
    shown = run_markdown(run)
    assert len(shown) < LIMIT
    assert shown.count("<details>") == shown.count("</details>") == 9


def approved() -> RunReport:
    excluded = RunDecision("remove", "Admin", 77, "kim@example.edu", "on leave")
    return incomplete(
        approval=APPROVAL, excluded=(excluded,), released=(replace(excluded, user_id=7, email="", reason="has left"),)
    )


def test_every_form_says_who_approved_and_what_they_decided() -> None:
    said = "by Rita Levi (rita), 2026-11-02 02:30:00 UTC, effect: remove 2, add 1; 1 change excluded, 1 held removal"
    text = flat(run_view(approved(), limit=None))
    assert f"approved {said} released; reviewed plan 77aa77aa77aa" in text
    assert text.index("Drifted:") < text.index("Excluded by the reviewer (1)") < text.index("Done (2)")
    assert "- remove <kim@example.edu> #77 Admin on leave" in text
    assert "Released by the reviewer (1)" in text
    for form in (run_html, run_markdown):
        assert all(part in form(approved()) for part in (said, "kim@example.edu", "on leave", "has left"))
    *_, row = csv.DictReader(io.StringIO(run_csv(approved())))
    assert (row["outcome"], row["user_id"], row["detail"]) == ("excluded", "77", "on leave")
    assert (row["approved_by"], row["approved_at"]) == ("Rita Levi", "2026-11-02 02:30:00 UTC")
    book = openpyxl.load_workbook(io.BytesIO(run_xlsx(approved())))
    assert [row[0] for row in book["decisions"].values] == ["decision", "excluded", "released"]
    form = run_report_json(approved())["approval"]
    assert (form["reviewer"], form["excluded"]) == ("Rita Levi", 1)
    assert [one["reason"] for one in form["excluded_changes"]] == ["on leave"]
    assert [one["user_id"] for one in form["released"]] == [7]
    assert run_report_json(COMPLETE)["approval"] is None


def test_csv_has_a_row_per_change() -> None:
    assert run_csv(COMPLETE).splitlines()[0] == ",".join(RUN_CSV_COLUMNS)
    rows = list(csv.DictReader(io.StringIO(run_csv(incomplete()))))
    assert [row["outcome"] for row in rows] == ["done", "done", "unknown", "failed", "drifted"]
    assert rows[1]["after"] == "no role"
    assert (rows[2]["row"], rows[2]["after"]) == ("", "")


def test_a_workbook_has_a_sheet_for_each_list() -> None:
    book = openpyxl.load_workbook(io.BytesIO(run_xlsx(incomplete())))
    assert book.sheetnames == ["summary", "changes", "proof", "differences", "drift"]
    assert [cell.value for cell in book["changes"][1]] == list(RUN_COLUMNS)
    assert [cell.value for cell in book["changes"]["A"]] == ["outcome", "done", "done", "unknown", "failed", "drifted"]
    assert all(sheet.freeze_panes == "A2" and sheet.auto_filter.ref for sheet in book)
    assert [cell.value for cell in book["summary"][2]][:2] == ["status", "INCOMPLETE"]
    small = openpyxl.load_workbook(io.BytesIO(run_xlsx(replace(COMPLETE, proof=None))))
    assert small.sheetnames == ["summary", "changes", "drift"]


def test_a_workbook_that_is_too_long_says_which_command_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    with pytest.raises(UsageError, match="The run has a list of 5 rows") as refused:
        run_xlsx(incomplete())
    assert "rolesync show RUN --csv FILE" in refused.value.hint


def test_json_has_everything_and_null_for_what_is_not_known() -> None:
    said = json.loads(json.dumps(run_report_json(incomplete())))
    assert (said["run"], said["result"], said["complete"], said["held"]) == ("r1", "incomplete", False, 2)
    assert said["asked"] == {"additions": 4, "removals": 3}
    assert said["outcomes"][2] == {
        "action": "remove",
        "role": "Admin",
        "user_id": 9,
        "email": None,
        "row": None,
        "outcome": "unknown",
        "before": ["Admin"],
        "after": None,
        "detail": "nobody has found out yet",
    }
    assert said["proof"]["proven"] is False
    assert [one["user_id"] for one in said["drift"]["changes"]] == [44, 7]
    assert run_report_json(replace(COMPLETE, proof=None))["proof"] is None


def test_the_page_needs_nothing_but_itself() -> None:
    page = run_html(incomplete())
    assert page.count("<table>") == page.count("</table>") == 7
    assert 'class="banner bad"' in page
    assert 'class="banner good"' in run_html(COMPLETE)
    assert "404: not found" in page
    assert not any(word in page for word in ("<script", "src=", "href=", "url(", "@import"))


def test_hostile_text_stays_text_everywhere() -> None:
    drift = RunDrift(MARKUP, tuple(DriftChange(1, text, text, "add") for text in HOSTILE))
    run = incomplete(
        changes=tuple(replace(FAILED, action=text, role=text, email=text, detail=text) for text in HOSTILE),
        proof=Proof(dict.fromkeys(HOSTILE, 1), HOSTILE),
        stopped=MARKUP,
        overridden=HOSTILE,
        account=MARKUP,
        counts=dict.fromkeys(HOSTILE, 1),
        drift=drift,
        approval=replace(APPROVAL, reviewer=FORMULA, operator=MARKUP),
        excluded=tuple(RunDecision(text, text, 1, text, text) for text in HOSTILE),
    )
    for width in (40, 120):
        assert show(run_view(run, limit=None), width)
    page = run_html(run)
    assert "<script" not in page
    assert not any(char in page for char in "\x1b\x07\r\u202e\u2066\u200b")
    tokens = MarkdownIt("commonmark").enable("table").parse(run_markdown(run))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    values = [value for row in csv.reader(io.StringIO(run_csv(run))) for value in row]
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in values)
    assert f"'{FORMULA}" in values
    book = openpyxl.load_workbook(io.BytesIO(run_xlsx(run)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert not any(isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_record_from_before_operators_were_kept_says_that_nobody_knows() -> None:
    assert ("run by", "not known") in run_content(
        replace(COMPLETE, summary=replace(COMPLETE.summary, operator=""))
    ).facts
