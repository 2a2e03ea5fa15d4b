from dataclasses import replace

import pytest

from rolesync.model.runs import Proof
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.terminal.run import run_view
from tests.report.run_samples import COMPLETE, FAILED as FAILED_CHANGE, incomplete
from tests.report.samples import DIGEST, DRIFTED, HOSTILE, MOVED, failed_run, make_run
from tests.report.terminal.screen import flat, show


def test_a_complete_run_counts_and_proves() -> None:
    text = flat(run_view(make_run()))
    assert "run 20261102T023000Z-4f2a" in text
    assert f"plan {DIGEST[:12]}" in text
    assert "COMPLETE 2 of 2 changes done; live equals the plan." in text
    assert "outcomes done 2 proof live equals the plan" in text
    assert "Holders after the run role holders ─────────────── Admin 9" in text
    assert "3 (put 1, get 2)" in text
    assert "Failed" not in text


def test_an_incomplete_run_names_each_change_that_is_not_done() -> None:
    text = flat(run_view(failed_run()))
    assert "INCOMPLETE 0 of 3 changes done; live differs from the plan." in text
    assert (
        "+ add Zoë Ångström <zoe@example.edu> #31 Admin Student 404 from PUT /users/roles: The user(s) was not found 9"
        in text
    )
    assert (
        "- remove Ada Lovelace <ada@example.edu> #12 Admin Admin, Teacher → Admin, Teacher the answer was cut off 5"
        in text
    )
    assert "- remove Grace Hopper <grace@example.edu> #7 Admin Admin the run was interrupted" in text
    assert "─ #31 lacks Admin #7 still has Admin Failed" in text
    assert "live equals the plan" not in text


def test_a_run_that_was_not_read_back_proves_nothing() -> None:
    text = flat(run_view(make_run(proof=None)))
    assert "INCOMPLETE 2 of 2 changes done; Studio was not read again, so nothing is proven." in text


def test_an_undone_change_whose_live_state_fits_is_still_incomplete() -> None:
    run = make_run([(*MOVED, OutcomeStatus.UNKNOWN, "[]", "")], Proof({"Admin": 9}, ()))
    text = flat(run_view(run))
    assert "INCOMPLETE 0 of 1 change done; live shows what was done." in text
    assert "Admin, Teacher → no role" in text


def test_long_lists_are_cut() -> None:
    run = make_run([(*MOVED, OutcomeStatus.FAILED, "", "no")] * 30)
    text = flat(run_view(run, limit=4))
    assert text.count("Ada Lovelace") == 4
    assert "… and 26 more changes; `--all` shows all." in text
    assert flat(run_view(run)).count("Ada Lovelace") == 30


def test_a_stopped_run_shows_the_reason() -> None:
    run = replace(failed_run(), stopped="503 from\nPUT /users/roles")
    assert r"stopped 503 from\nPUT /users/roles" in flat(run_view(run))
    assert "stopped" not in flat(run_view(make_run()))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    outcomes = [
        (1, text, text, MOVED[3], text, MOVED[5], 0, MOVED[7], OutcomeStatus.FAILED, "", text) for text in HOSTILE
    ]
    proof = Proof(dict.fromkeys(HOSTILE, 1), HOSTILE)
    assert show(run_view(make_run(outcomes, proof)), width).count("- remove") == len(HOSTILE)


def test_drift_before_the_run_is_shown() -> None:
    text = flat(run_view(replace(make_run(), drift=DRIFTED)))
    assert "drift before 2 changes since run 20261101T023000-77aa01" in text
    assert "Changed outside rolesync: 2 changes was" in text
    assert "+ add <kim@example.edu> #44 Admin - remove #7 Admin" in text


def test_drifted_users_are_left_alone() -> None:
    run = make_run([(*MOVED, OutcomeStatus.DRIFTED, "[]", "not sent: was a: Admin, is a: no managed role")])
    text = flat(run_view(run, command="rolesync plan 'a list.csv'"))
    assert "Drifted: these users changed after the plan was made" in text
    assert "not sent: was a: Admin, is a: no managed role" in text
    assert "Plan the remaining changes: rolesync plan 'a list.csv'" in text


def test_a_complete_run_is_shown_from_plan_to_proof() -> None:
    text = flat(run_view(COMPLETE, limit=None))
    assert "run r1" in text
    assert f"plan {DIGEST}, created by mia in run p1" in text
    assert "planned 1 removal, 1 addition held 2 rows outcomes done 2" in text
    assert "COMPLETE 2 of 2 changes done; live equals the plan; 2 rows held." in text
    assert "Done (2)" in text
    assert "+ add <zoe@example.edu> #31 Admin Student → Admin, Student 9" in text
    assert "- remove <grace@example.edu> #7 Admin Admin → no role" in text
    assert "what happened" not in text  # nothing has
    assert "Holders after the run role holders" in text
    assert text.index("Holders after the run") < text.index("Admin 10") < text.index("About this run")
    assert not any(word in text for word in ("not listed", "stopped", "Failed", "Changed outside"))


def test_an_incomplete_run_shows_failures_first() -> None:
    text = flat(run_view(incomplete(), limit=None))
    assert "INCOMPLETE 2 of 7 changes done; live differs from the plan." in text
    places = [
        text.index(part)
        for part in (
            "Live differs from the plan",
            "bo@example.edu (#8)",
            "Failed: Studio did not do these (1)",
            "+ add <bo@example.edu> #8 Admin Student → Student 404: not found 4",
            "Unknown: whether Studio did these could not be determined (1)",
            "Drifted: these users changed after the plan was made, so they were left alone (1)",
            "Done (2)",
            "Changed outside rolesync: 2 changes",
            "outcomes done 2, failed 1, drifted 1, unknown 1, not sent 2",
            "not listed 2 changes that this run did not send; the plan lists them",
            "guards overridden max_removals",
            "guards that warned repeat_runs",
            "stopped 503 from PUT /users/roles",
        )
    ]
    assert places == sorted(places)


def test_long_lists_are_cut_on_the_terminal() -> None:
    run = replace(COMPLETE, changes=(FAILED_CHANGE,) * 30)
    text = flat(run_view(run, limit=4))
    assert text.count("bo@example.edu") == 4
    assert "… and 26 more changes; `--all` shows all." in text
    assert flat(run_view(run, limit=None)).count("bo@example.edu") == 30
