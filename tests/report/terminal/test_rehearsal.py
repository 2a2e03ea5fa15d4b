from dataclasses import replace

import pytest

from rolesync.model.live import Requests
from rolesync.model.rehearsal import HolderCount, Latency, Rehearsal, Stage
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.plan_summary import NextCommands
from rolesync.report.json import rehearsal_json
from rolesync.report.terminal.rehearsal import rehearsal_view
from tests.report.samples import ADDED, DIGEST, DRIFTED, HOSTILE, MOVED, empty_plan, failed_run, make_plan, make_run
from tests.report.terminal.screen import flat, show

STAGES = (
    Stage("reading", 40, 16, 0, 0.21, measured=True),
    Stage("changing roles", 1200, 1, 1200, 62.4),
    Stage("reading again for the proof", 2000, 16, 126, 8000.0),
    Stage("work on this machine", 0, 1, 0, 3.25, measured=True),
)
DONE = Rehearsal(
    plan=make_plan(),
    run=make_run(),
    people=12_345,
    read=Requests({"search_role": 39, "user": 1}),
    roles=(HolderCount("Admin", 8, 9),),
    latency=Latency(0.052, 40),
    stages=STAGES,
    unknown=("Whether it rains.",),
)


def view(done: Rehearsal, limit: int | None = None) -> str:
    return flat(rehearsal_view(done, limit=limit, commands=NextCommands(apply="rolesync apply 'a plan.json'")))


def test_a_rehearsal_shows_the_result_the_time_and_the_unknowns() -> None:
    text = view(DONE)
    assert "account https://school.instructuremedia.com, only read" in text
    assert f"plan {DIGEST[:12]}" in text
    assert "copied 12,345 users" in text
    assert "held 1 row: 1 not in Studio" in text
    assert "REHEARSED 2 of 2 changes done in a private copy, which then equals the plan. Nothing was written" in text
    assert "Admin 8 9 Proof: the copy was read again and equals the plan." in text
    assert "Estimated time of an apply: 2.2 h A request took 52 ms, the median of 40 requests to Studio." in text
    assert "reading 40 16 0.2 measured" in text
    assert "changing roles 1,200 1 62.4 1,200 rounds of 52 ms" in text
    assert "reading again for the proof 2,000 16 8,000.0 the setting requests_per_second" in text
    assert "work on this machine 0 1 3.2 measured in the copy, with the record" in text
    assert "requests to Studio 40 (search_role 39, user 1)" in text
    assert "to the copy 3 (put 1, get 2)" in text
    assert "A rehearsal can't predict - Whether it rains." in text
    assert "apply exactly this plan: rolesync apply" in text
    assert "Done, with a note" not in text


@pytest.mark.parametrize(("seconds", "shown"), [(0.9, "900 ms"), (59.0, "59.0 s"), (90.0, "1.5 min"), (5400, "1.5 h")])
def test_times_are_shown_in_a_fitting_unit(seconds: float, shown: str) -> None:
    assert f"Estimated time of an apply: {shown} A request" in view(
        replace(DONE, stages=(replace(STAGES[0], seconds=seconds),))
    )


def test_a_rehearsal_names_every_failure() -> None:
    run = replace(failed_run(), drift=DRIFTED, stopped="no more")
    text = view(replace(DONE, run=run, roles=(HolderCount("Admin", 8, None),), latency=Latency(0.0, 0)))
    assert (
        "REHEARSED, INCOMPLETE 0 of 3 changes done in a private copy; the reasons follow. Nothing was written" in text
    )
    assert "stopped no more" in text
    assert "Ada Lovelace <ada@example.edu> #12 Admin Admin, Teacher → Admin, Teacher the answer was cut off" in text
    assert "Changed outside rolesync" in text
    assert "Admin 8 -" in text
    assert "differs: #31 lacks Admin differs: #7 still has Admin" in text
    assert "No request was measured" in text
    unread = view(replace(DONE, run=make_run(proof=None), unknown=()))
    assert "The copy was not read again, so nothing is proven." in unread
    assert "A rehearsal can't predict" not in unread


def test_other_roles_that_changed_are_noted_and_long_tables_are_cut() -> None:
    noted = [(*ADDED, OutcomeStatus.DONE, "[]", "also lost Subaccount admin")] * 9
    text = view(replace(DONE, run=make_run([*noted, (*MOVED, OutcomeStatus.DONE, "[]", "")])), limit=4)
    assert "Done, with a note (9)" in text
    assert text.count("also lost Subaccount admin") == 4
    assert "… and 5 more changes; `--all` shows all." in text


def test_a_plan_without_changes_has_nothing_to_apply() -> None:
    text = view(replace(DONE, plan=empty_plan(), run=make_run(())))
    assert "REHEARSED 0 of 0 changes" in text
    assert "apply exactly this plan" not in text


@pytest.mark.parametrize("width", [40, 120])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    rows = [(1, text, text, MOVED[3], text, MOVED[5], 0, MOVED[7], OutcomeStatus.DONE, "", text) for text in HOSTILE]
    hostile = replace(
        DONE, run=make_run(rows, Proof({}, HOSTILE)), roles=tuple(HolderCount(text, 1, 1) for text in HOSTILE)
    )
    assert show(rehearsal_view(hostile, limit=None, commands=NextCommands()), width).count("- remove") == len(HOSTILE)


def test_as_json() -> None:
    form = rehearsal_json(DONE)
    assert (form["rehearsed"], form["people"], form["held"], form["unknown"]) == (
        True,
        12_345,
        1,
        ["Whether it rains."],
    )
    assert form["outcome"]["complete"] is True
    assert form["roles"] == [{"role": "Admin", "before": 8, "after": 9}]
    assert form["read"]["total"] == 40
    assert form["latency"] == {"seconds": 0.052, "of": 40}
    assert form["stages"][0] == {
        "name": "reading",
        "requests": 40,
        "at_once": 16,
        "rounds": 0,
        "seconds": 0.21,
        "measured": True,
    }
    assert form["seconds"] == pytest.approx(8065.86)
    assert rehearsal_json(replace(DONE, latency=Latency(0.0, 0)))["latency"] == {"seconds": None, "of": 0}
