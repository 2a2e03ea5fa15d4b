"""The media of users who lose a role, in every form of a plan."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from markdown_it import MarkdownIt

from rolesync.model.frames import IMPACT, frame
from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action, Completeness
from rolesync.report.content.impact import impact_texts, impact_total
from rolesync.report.html.page import plan_html
from rolesync.report.markdown import plan_markdown
from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx
from rolesync.report.terminal.plan import plan_view
from tests.report.samples import HELD_ROW, HOSTILE, MARKUP, MOVED, REMOVED, columns, make_plan
from tests.report.terminal.screen import flat, show

GIGA = 10**9
ADA = (12, Completeness.ALL, 412, 430, 310 * GIGA, 316_800, "2024-05-03T18:30:00Z", "2025-02-01T08:00:00Z", "")
GRACE = (7, Completeness.NOTHING, 0, 0, 0, 0, "", "", "GET /users/7/media: Studio answered 403")
OWNS = "owns 412 media, 310 GB, 88 h, the newest of 2024-05-03, last viewed on 2025-02-01; can open 430"
TRANSFER = "; Studio can transfer a leaver's unshared media to another user (POST /transfer_media)"
UNKNOWN = "media unknown: GET /users/7/media: Studio answered 403"
WAITS = (0, "kim@example.edu", 44, "Admin", Action.REMOVE, HeldReason.REMOVALS_HELD, "keeps the role")


def impact_plan(*rows: Sequence[object], **parts: Any) -> Plan:
    return replace(make_plan(**parts), impact=frame(IMPACT, columns(IMPACT, rows)))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (ADA, OWNS),
        (GRACE, UNKNOWN),
        ((1, Completeness.ALL, 0, 0, 0, 0, "", "", ""), "no media"),
        ((1, Completeness.ALL, 0, 3, 0, 0, "", "", ""), "owns no media; can open 3"),
        ((1, Completeness.ALL, 1, 1, 999, 59, "", "", ""), "owns 1 medium, 999 bytes, 59 s; can open 1"),
        (
            (
                1,
                Completeness.AT_LEAST,
                10_000,
                25_000,
                2 * GIGA,
                60,
                "2024-01-01T00:00:00Z",
                "",
                "only the first 10,000",
            ),
            "owns at least 10,000 media, 2 GB, 1 min, the newest of 2024-01-01; can open 25,000; only the first 10,000",
        ),
        (
            (1, Completeness.AT_LEAST, 0, 2, 0, 0, "", "", "no owner of 2"),
            "owns at least 0 media, 0 bytes, 0 s; can open 2; no owner of 2",
        ),
        (
            (1, Completeness.AT_LEAST, 3, 3, 0, 60, "", "", "no size of 3"),
            "owns at least 3 media, size unknown, 1 min; can open 3; no size of 3",
        ),
    ],
)
def test_the_media_of_a_user(row: tuple[object, ...], text: str) -> None:
    assert impact_texts(impact_plan(row).impact) == {row[0]: text}


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], "no user loses a role"),
        ([ADA], "1 user with a removal owns 412 media, 310 GB, 88 h" + TRANSFER),
        (
            [ADA, (1, Completeness.AT_LEAST, 2, 2, GIGA, 0, "", "", ""), GRACE],
            "2 users with a removal own at least 414 media, 311 GB, 88 h; media of 1 user unknown" + TRANSFER,
        ),
        ([(1, Completeness.ALL, 0, 3, 0, 0, "", "", "")], "1 user with a removal owns 0 media, 0 bytes, 0 s"),
        ([GRACE], "media of 1 user unknown"),
    ],
)
def test_the_media_of_all_users(rows: list[tuple[object, ...]], text: str) -> None:
    impact = impact_plan(*rows).impact
    assert impact is not None
    assert impact_total(impact) == text


def test_every_form_shows_the_media_with_the_user() -> None:
    plan = impact_plan(ADA, GRACE, (44, *ADA[1:]), held=(HELD_ROW, WAITS))
    text = flat(plan_view(plan, limit=None))
    assert "impact 2 users with a removal own 824 media" in text
    assert all(part in text for part in (OWNS, UNKNOWN, "remove <kim@example.edu> #44"))
    output = plan_markdown(plan)
    assert f"| `Ada Lovelace <ada@example.edu> #12`<br>`{OWNS}` |" in output
    assert f"| **- remove** | `<kim@example.edu> #44`<br>`{OWNS}` | `Admin` |" in output
    listed = {row["user_id"]: row["impact"] for row in csv.DictReader(io.StringIO(plan_csv(plan)))}
    assert listed == {"12": OWNS, "7": UNKNOWN, "31": "", "": "", "44": OWNS}
    page = plan_html(plan)
    assert page.count("<b>412 media, 310 GB</b> <small>last viewed 2025-02-01</small>") == 2
    assert page.count(f'["412 media, 310 GB","last viewed 2025-02-01","{OWNS}",310000000000,"2025-02-01"]') == 2
    assert "<b>412 media, 310 GB</b><p class=" in page  # of those who lose a role now


def test_a_workbook_has_the_numbers_to_sort_by() -> None:
    book = openpyxl.load_workbook(io.BytesIO(plan_xlsx(impact_plan(ADA, GRACE))))
    head, *rest = book["impact"].iter_rows(values_only=True)
    assert head == tuple(IMPACT)
    days = [datetime.fromisoformat(day) for day in ("2024-05-03", "2025-02-01")]
    assert rest[0] == (12, "all", 412, 430, 310 * GIGA, 316_800, *days, None)
    assert rest[1] == (7, "nothing", None, None, None, None, None, None, GRACE[-1])


def test_media_that_were_not_looked_up_are_not_mentioned() -> None:
    plan = make_plan()
    assert "impact" not in flat(plan_view(plan, limit=None))
    assert "<br>" not in plan_markdown(plan)
    without_script = plan_html(plan).partition("<script")[0].rpartition("</style>")[2]
    assert "media" not in without_script.replace("instructuremedia.com", "")


def test_hostile_notes_stay_in_their_place() -> None:
    removed = [(number, *REMOVED[1:]) for number in range(1, len(HOSTILE) + 1)]
    notes = [(number, *GRACE[1:-1], text) for number, text in enumerate(HOSTILE, 1)]
    plan = impact_plan(*notes, changes=(*removed, MOVED))
    assert len(show(plan_view(plan, limit=None), 40)) < 100_000
    tokens = MarkdownIt("commonmark").enable("table").parse(plan_markdown(plan))
    inline = [child for token in tokens for child in token.children or []]
    assert {child.content for child in inline if child.type == "html_inline"} == {"<br>"}
    page = plan_html(plan)
    assert MARKUP not in page
    assert page.count("<script") == plan_html(make_plan()).count("<script")
    book = openpyxl.load_workbook(io.BytesIO(plan_xlsx(plan)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)
