from dataclasses import replace

import pytest

from rolesync.report.terminal.runs import runs_view
from tests.report.samples import HOSTILE, SUMMARIES
from tests.report.terminal.screen import flat, show


def test_history_has_a_line_for_each_run() -> None:
    summaries = [replace(SUMMARIES[0], operator="night-job"), SUMMARIES[1]]
    header, _, first, second = show(runs_view(summaries), 140).splitlines()
    assert header.split() == ["run", "began", "(UTC)", "command", "result", "changes", "list", "by"]
    assert " ".join(first.split()) == (
        "20261102T023000Z-4f2a 2026-11-02 02:30 apply incomplete +1 -2, done 2, failed 1 desired_roles.csv night-job"
    )
    assert " ".join(second.split()) == "20261101T023000Z-77c0 2026-11-01 02:30 plan planned +1 -2 desired_roles.csv"


def test_a_narrower_line_leaves_out_who_ran_it_then_the_list() -> None:
    run = replace(SUMMARIES[1], operator="night-job")
    for width, end in ((120, ["list", "by"]), (95, ["changes", "list"]), (80, ["result", "changes"])):
        assert show(runs_view([run]), width).splitlines()[0].split()[-2:] == end


def test_a_sync_and_an_undo_are_called_so_and_a_line_holds_at_80_columns() -> None:
    counts = {"additions": 3000, "removals": 1200, "done": 4200}
    sync = replace(SUMMARIES[0], status="complete", counts=counts, command="sync", source="/lists/roles of staff.csv")
    _, _, *lines, end = show(runs_view([sync, replace(sync, command="undo")], earlier=1204), 80).splitlines()
    assert [" ".join(line.split()[1:]) for line in lines] == [
        "2026-11-02 02:30 sync complete +3,000 -1,200",
        "2026-11-02 02:30 undo complete +3,000 -1,200",
    ]
    assert end.strip() == "1,204 earlier; `rolesync runs` shows all."


def test_a_line_that_is_too_long_leaves_out_the_time_which_the_id_has() -> None:
    counts = {"additions": 40, "removals": 12, "done": 51, "drifted": 1}
    drifted = replace(SUMMARIES[0], run_id="20261102T023000-4f2a0b", command="apply", counts=counts)
    _, _, line = show(runs_view([drifted]), 80).splitlines()
    assert " ".join(line.split()) == "20261102T023000-4f2a0b apply incomplete +40 -12, done 51, drifted 1"


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
