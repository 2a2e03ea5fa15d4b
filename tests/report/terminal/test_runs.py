from dataclasses import replace

import pytest

from rolesync.report.terminal.runs import runs_view
from tests.report.samples import DIGEST, HOSTILE, SUMMARIES
from tests.report.terminal.screen import flat, show


def test_history_has_a_line_for_each_run() -> None:
    text = flat(runs_view(SUMMARIES))
    assert "20261102T023000Z-4f2a 2026-11-02 02:30 apply +1 -2" in text
    assert f"lists/desired_roles.csv {DIGEST[:12]} incomplete done 2, failed 1" in text
    assert "20261101T023000Z-77c0 2026-11-01 02:30 plan +1 -2" in text
    assert "planned" in text


def test_a_run_that_sent_nothing_says_so() -> None:
    assert "done 2, failed 1, sent 0" in flat(runs_view([replace(SUMMARIES[0], sent=False)]))


def test_run_ids_are_whole_at_80_columns() -> None:
    assert "20261102T023000Z-4f2a" in show(runs_view(SUMMARIES), 80)


def test_an_empty_history_is_one_sentence() -> None:
    assert flat(runs_view([])) == "The record has no run yet."


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    runs = [
        replace(
            SUMMARIES[0], run_id=text, started_at=text, status=text, plan_digest=text, source=text, counts={text: 1}
        )
        for text in HOSTILE
    ]
    assert show(runs_view(runs), width).count("apply") == len(HOSTILE)
