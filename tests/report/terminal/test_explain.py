from dataclasses import replace

import pytest

from rolesync.model.explanation import (
    Explanation,
    ListedRow,
    NextStep,
    PastAbsence,
    PastChange,
    PastDecision,
    PersonNow,
)
from rolesync.report.terminal.explain import explanation_view
from tests.report.samples import EXPLANATION, HOSTILE, SOURCE
from tests.report.terminal.screen import flat, show


def test_everything_known_has_its_place() -> None:
    text = flat(explanation_view(EXPLANATION))
    assert text.startswith("query zoe@example.edu user id #31 address zoe@example.edu")
    assert "Roles today user roles" in text
    assert "Zoë Ångström <zoe@example.edu> #31 Admin, Student" in text
    assert "Changes sent (2)" in text
    assert "2026-11-02 02:30:01 + add Admin row 9" in text
    assert f"r1 done {SOURCE.path} {SOURCE.sha256[:12]}" in text
    assert "2026-11-03 02:30:01 - remove Admin not in the list r2 unknown" in text
    assert "Reviewer's decisions (2)" in text
    assert "2026-11-01 09:00:00 - remove Admin Rita Levi r0 excluded by the reviewer on leave" in text
    assert "2026-11-03 02:00:00 - remove Admin Rita Levi r2 released by the reviewer" in text
    assert "Runs whose list left out a role that the user held (1)" in text
    assert f"In {SOURCE.path} row role named as" in text
    assert "9 Admin <zoe@example.edu>" in text
    assert "The next plan, unless a guard blocks it: 2 changes of this user" in text
    assert "+ add Admin the list gives this role, Studio doesn't yet 9" in text
    assert "- remove Admin held: absent in run 2 of 3" in text


def test_a_change_by_studio_itself_has_no_row_of_the_list() -> None:
    change = replace(EXPLANATION.changes[1], outcome="side_effect")
    text = flat(explanation_view(replace(EXPLANATION, changes=(change,))))
    assert "by Studio itself" in text
    assert "not in the list" not in text


def test_unread_sources_are_named() -> None:
    offline = replace(EXPLANATION, now=None, steps=None, source=None, rows=())
    text = flat(explanation_view(offline))
    assert "Roles today Studio was not read; add `--live`." in text
    assert SOURCE.path in text  # the change's own
    assert f"In {SOURCE.path}" not in text
    assert "The next plan" not in text


def test_sources_without_a_result_are_named() -> None:
    text = flat(
        explanation_view(replace(EXPLANATION, changes=(), decisions=(), absences=(), rows=(), now=(), steps=()))
    )
    assert text == (f"Unknown user zoe@example.edu: no change in the record; no row in {SOURCE.path}; not in Studio.")
    partly = flat(explanation_view(replace(EXPLANATION, changes=(), now=(), rows=())))
    assert "This user is not in Studio." in partly
    assert "Changes sent (0) None in the record." in partly
    assert "No row names this user." in partly


def test_an_unknown_user_is_one_sentence() -> None:
    assert flat(explanation_view(Explanation("x@example.edu"))) == (
        "Unknown user x@example.edu: no change in the record; Studio was not read (add `--live`)."
    )
    assert flat(explanation_view(Explanation("zoe"))).endswith(
        "(add `--live`); name the user by the whole address, or by the user id."
    )


def test_a_list_with_errors_explains_the_missing_plan() -> None:
    text = flat(explanation_view(replace(EXPLANATION, list_status="reject", steps=None)))
    assert "The list has errors, so it makes no plan: `rolesync validate` shows them." in text


@pytest.mark.parametrize("outcome", ["gone", "no_effect", "a later version's"])
def test_every_outcome_has_words(outcome: str) -> None:
    changed = replace(EXPLANATION.changes[0], outcome=outcome)
    words = {"gone": "no longer in Studio", "no_effect": "no effect"}.get(outcome, outcome)
    assert words in flat(explanation_view(replace(EXPLANATION, changes=(changed,))))


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    for text in HOSTILE:
        explanation = Explanation(
            text,
            (1,),
            (text,),
            (PastChange(text, text, 1, text, text, text, 1, text, text, text),),
            (PastAbsence(text, text, 1, text),),
            replace(SOURCE, path=text),
            "warn",
            (ListedRow(1, text, text, 1),),
            (PersonNow(1, text, text, (text,)),),
            (NextStep(1, text, text, 1, text, text), NextStep(1, text, text, 1, text)),
            decisions=(PastDecision(text, text, 1, text, text, text, "excluded", text, text),),
        )
        assert "The next plan" in flat(explanation_view(explanation))
        assert show(explanation_view(explanation), width)
        assert show(explanation_view(Explanation(text)), width)
