"""A past run in every form: the same facts and tables, and every text from elsewhere stays text."""

import csv
import io
from dataclasses import replace

import openpyxl
import pytest
from markdown_it import MarkdownIt

from rolesync.model.run_report import DriftChange, RunDecision, RunDrift
from rolesync.model.runs import Proof
from rolesync.report.content.run_summary import run_content, run_headline
from rolesync.report.html.page import run_html
from rolesync.report.json import run_report_json
from rolesync.report.markdown import run_markdown
from rolesync.report.spreadsheet.run import run_csv, run_xlsx
from rolesync.report.terminal.run import run_view
from tests.report.run_samples import COMPLETE, FAILED, approved, incomplete
from tests.report.samples import APPROVAL, FORMULA, HOSTILE, MARKUP
from tests.report.terminal.screen import flat, show


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


def test_an_undo_names_its_run_and_an_odd_time_stays_as_it_is() -> None:
    run = replace(COMPLETE, undoes="r0", summary=replace(COMPLETE.summary, started_at="some day"))
    text = flat(run_view(run, limit=None))
    assert "undoes run r0 started some day" in text


def test_every_form_shows_the_approval_and_the_decisions() -> None:
    approval = "by Rita Levi (rita), 2026-11-02 02:30:00 UTC, effect: remove 2, add 1; 1 change excluded"
    text = flat(run_view(approved(), limit=None))
    assert f"approved {approval}, 1 held removal released; reviewed plan 77aa77aa77aa" in text
    assert text.index("Drifted:") < text.index("Excluded by the reviewer (1)") < text.index("Done (2)")
    assert "- remove <kim@example.edu> #77 Admin on leave" in text
    assert "Released by the reviewer (1)" in text
    for form in (run_html, run_markdown):
        assert all(part in form(approved()) for part in (approval, "kim@example.edu", "on leave", "has left"))
    *_, row = csv.DictReader(io.StringIO(run_csv(approved())))
    assert (row["outcome"], row["user_id"], row["detail"]) == ("excluded", "77", "on leave")
    assert (row["approved_by"], row["approved_at"]) == ("Rita Levi", "2026-11-02 02:30:00 UTC")
    book = openpyxl.load_workbook(io.BytesIO(run_xlsx(approved())))
    assert [row[0] for row in book["decisions"].values] == ["decision", "excluded", "released"]
    form = run_report_json(approved())["approval"]
    assert (form["reviewer"], form["excluded"]) == ("Rita Levi", 1)
    assert [change["reason"] for change in form["excluded_changes"]] == ["on leave"]
    assert [removal["user_id"] for removal in form["released"]] == [7]
    assert run_report_json(COMPLETE)["approval"] is None


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


def test_a_record_without_operators_shows_an_unknown_operator() -> None:
    assert ("run by", "unknown") in run_content(replace(COMPLETE, summary=replace(COMPLETE.summary, operator=""))).facts
