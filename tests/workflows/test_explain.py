"""Explanations of one user from the record, from a list, and from a sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.model.explanation import Explanation, ListedRow
from rolesync.model.reasons import describe_reason
from rolesync.report.json import explanation_json
from rolesync.sandbox import Options, Sandbox
from rolesync.workflows.context import Context
from rolesync.workflows.explain import explain_user
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from tests.paths import SAMPLE
from tests.workflows.tools import settings_for, synced

GREG = "greg.stone@example.edu"  # an Admin whom the sample list doesn't name


@pytest.fixture
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


@pytest.fixture
def context(studio: Sandbox, tmp_path: Path) -> Context:
    return context_for(studio, tmp_path)


def context_for(studio: Sandbox, folder: Path, **more: Any) -> Context:
    return Context(settings_for(studio, folder / "state", **more), sleep=lambda _: None)


def offline(context: Context) -> Context:
    """The same account, whose Studio can't be reached."""
    return replace(context, settings=context.settings.model_copy(update={"token": "", "proxy": "http://127.0.0.1:1"}))


def test_the_record_explains_a_change_without_asking_studio(studio: Sandbox, context: Context) -> None:
    run = synced(context)
    requests = studio.counts()
    explanation = explain_user(GREG.upper(), offline(context))
    (change,) = explanation.changes
    assert (change.run, change.action, change.role, change.row, change.outcome) == (run, "remove", "Admin", 0, "done")
    assert (change.email, change.source) == (GREG, str(SAMPLE))
    assert len(change.sha256) == 64
    assert (explanation.user_ids, explanation.emails) == ((change.user_id,), (GREG,))
    assert (explanation.source, explanation.now, explanation.steps) == (None, None, None)
    assert studio.counts() == requests
    for named in (str(change.user_id), f"#{change.user_id}"):
        assert explain_user(named, offline(context)).changes == explanation.changes


def test_an_addition_names_the_row_of_the_list(context: Context) -> None:
    synced(context)
    desired = read_list(SAMPLE, context).assignments
    for email, row in zip(desired["email"], desired["row"], strict=True):
        explanation = explain_user(email, context, SAMPLE) if email else None
        if explanation and explanation.changes:
            assert (explanation.changes[0].action, explanation.changes[0].row, explanation.changes[0].outcome) == (
                "add",
                row,
                "done",
            )
            assert ListedRow(row, "Admin", email, 0) in explanation.rows
            break
    else:
        pytest.fail("the sample list adds nobody")


def test_the_rows_of_a_list_are_matched_by_address_and_by_id(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,user_id,role\nA@x.edu,7,Admin\n,7,Teacher\nb@x.edu,,Admin\n", encoding="utf-8")
    explanation = explain_user("a@X.edu", context, path)
    assert explanation.rows == (ListedRow(2, "Admin", "a@x.edu", 7), ListedRow(3, "Teacher", "a@x.edu", 7))
    assert explanation.user_ids == (7,)
    assert explanation.source
    assert explanation.source.path == str(path)
    assert explain_user("b@x.edu", context, path).rows == (ListedRow(4, "Admin", "b@x.edu", 0),)
    by_id = explain_user("7", context, path)
    assert (by_id.rows, by_id.emails) == (explanation.rows, ("a@x.edu",))


def test_studio_shows_the_roles_of_today_and_the_next_steps(studio: Sandbox, context: Context) -> None:
    before = explain_user(GREG, context, SAMPLE, live=True)
    assert before.now
    assert "Admin" in before.now[0].roles
    assert before.steps
    (step,) = before.steps
    assert (step.action, step.role, step.reason, step.row, step.held) == ("remove", "Admin", "not_listed", 0, "")
    synced(context)
    after = explain_user(str(before.now[0].user_id), context, SAMPLE, live=True)
    assert after.now
    assert "Admin" not in after.now[0].roles
    assert after.steps == ()
    assert after.emails == (GREG,)
    assert [entry for entry in studio.log() if entry["user_id"] == before.now[0].user_id] != []


def test_a_held_change_is_explained_by_its_sentence(studio: Sandbox, tmp_path: Path) -> None:
    context = context_for(studio, tmp_path, grace_runs=2)
    synced(context)
    explanation = explain_user(GREG, context, SAMPLE, live=True)
    assert explanation.changes == ()
    assert explanation.absences
    assert {absence.role for absence in explanation.absences} == {"Admin"}
    assert len(explanation.absences) == len({absence.run for absence in explanation.absences})
    assert explanation.steps
    assert (explanation.steps[0].action, explanation.steps[0].reason) == ("remove", "grace")
    assert explanation.steps[0].held


def test_with_an_unreadable_row_the_removal_is_held_as_in_the_plan(studio: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role\nmona.hart@example.edu,Admin\nnonsense,Admin\n", encoding="utf-8")
    context = context_for(studio, tmp_path, bad_rows="hold")
    plan = plan_list(read_list(path, context), context)
    held = plan.held[plan.held["email"] == GREG]
    assert (len(plan.changes[plan.changes["action"] == "remove"]), len(held)) == (0, 1)
    steps = explain_user(GREG, context, path, live=True).steps
    assert steps
    assert [(step.action, step.reason, step.held) for step in steps] == [
        ("remove", held["reason"].iloc[0], held["detail"].iloc[0])
    ]


def test_an_unknown_user_has_an_empty_explanation(context: Context) -> None:
    synced(context)
    for user in ("nobody@example.edu", "999999"):
        explanation = explain_user(user, context, SAMPLE, live=True)
        assert not explanation.known
        assert explanation.now == ()
        assert explanation.steps == ()
    assert explain_user("nobody@example.edu", context) == Explanation(
        "nobody@example.edu", emails=("nobody@example.edu",)
    )


def test_a_rejected_list_has_no_next_steps(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"email,role\n{GREG},Admin\nnonsense,Admin\n", encoding="utf-8")
    explanation = explain_user(GREG, context, path, live=True)
    assert (explanation.list_status, explanation.steps) == ("reject", None)
    assert [row.row for row in explanation.rows] == [2]


@pytest.mark.parametrize("user", ["", "  ", "0", "#0", "#"])
def test_a_text_that_is_no_user_is_refused(context: Context, user: str) -> None:
    with pytest.raises(UsageError, match="names nobody"):
        explain_user(user, context)


def test_a_broken_record_is_used_up_to_the_break(context: Context) -> None:
    synced(context)
    whole = explain_user(GREG, context)
    path = context.settings.account_dir / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"event":"run.end"', b'"event":"run.End"', 1))
    explanation = explain_user(GREG, context, SAMPLE, live=True)
    assert explanation.broken is not None
    assert "line 5" in explanation.broken.message
    assert (explanation.changes, explanation.user_ids) == (whole.changes, whole.user_ids)
    assert explanation.now is not None
    assert explanation.steps is None  # what comes next depends on what came before

    path.write_bytes(path.read_bytes().replace(b'"row":', b'"Row":', 1))
    assert explain_user(GREG, context).changes == ()


def test_explain_writes_no_record(context: Context) -> None:
    explain_user(GREG, context, SAMPLE, live=True)
    assert not context.settings.account_dir.exists()


def test_the_day_on_which_a_role_ended_is_known(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"email,role,expires\n{GREG},Admin,2020-12-31\n", encoding="utf-8")
    explanation = explain_user(GREG, context, path, live=True)
    assert explanation.steps is not None
    (step,) = explanation.steps
    assert step.days is not None
    assert describe_reason(step.reason, step.days) == "in the list, this role ended on 2020-12-31"
    assert "days" not in explanation_json(explanation)["next"][0]
