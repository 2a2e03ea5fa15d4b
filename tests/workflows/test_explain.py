from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.model.explanation import Explanation, ListedRow
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.explain import explain_user
from rolesync.workflows.plan import plan_list, read_list
from rolesync.workflows.sync import sync_list
from tests.paths import SAMPLE

GREG = "greg.stone@example.edu"  # an Admin whom the sample list doesn't name


@pytest.fixture
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


@pytest.fixture
def context(studio: Sandbox, tmp_path: Path) -> Context:
    return context_for(studio, tmp_path)


def context_for(studio: Sandbox, folder: Path, **more: Any) -> Context:
    given = {"base_url": studio.base_url, "token": studio.token, "state_dir": folder / "state", "attempts": 2, **more}
    return Context(load(**given), sleep=lambda _: None)


def synced(context: Context) -> str:
    done = sync_list(read_list(SAMPLE, context), context)
    assert done.run
    return done.run.run_id


def offline(context: Context) -> Context:
    """The same account, with nobody at its address who could answer."""
    return replace(context, settings=context.settings.model_copy(update={"token": "", "proxy": "http://127.0.0.1:1"}))


def test_the_record_tells_offline_what_happened_and_why(studio: Sandbox, context: Context) -> None:
    run = synced(context)
    requests = studio.counts()
    found = explain_user(GREG.upper(), offline(context))
    (change,) = found.changes
    assert (change.run, change.action, change.role, change.row, change.outcome) == (run, "remove", "Admin", 0, "done")
    assert (change.email, change.source) == (GREG, str(SAMPLE))
    assert len(change.sha256) == 64
    assert (found.user_ids, found.emails) == ((change.user_id,), (GREG,))
    assert (found.source, found.now, found.steps) == (None, None, None)
    assert studio.counts() == requests
    for named in (str(change.user_id), f"#{change.user_id}"):
        assert explain_user(named, offline(context)).changes == found.changes


def test_an_added_person_is_explained_by_the_row(context: Context) -> None:
    synced(context)
    desired = read_list(SAMPLE, context).assignments
    for email, row in zip(desired["email"], desired["row"], strict=True):
        found = explain_user(email, context, SAMPLE) if email else None
        if found and found.changes:
            assert (found.changes[0].action, found.changes[0].row, found.changes[0].outcome) == ("add", row, "done")
            assert ListedRow(row, "Admin", email, 0) in found.rows
            break
    else:
        pytest.fail("the sample list adds nobody")


def test_a_list_says_what_it_gives_by_address_and_by_id(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,user_id,role\nA@x.edu,7,Admin\n,7,Teacher\nb@x.edu,,Admin\n", encoding="utf-8")
    found = explain_user("a@X.edu", context, path)
    assert found.rows == (ListedRow(2, "Admin", "a@x.edu", 7), ListedRow(3, "Teacher", "a@x.edu", 7))
    assert found.user_ids == (7,)
    assert found.source
    assert found.source.path == str(path)
    assert explain_user("b@x.edu", context, path).rows == (ListedRow(4, "Admin", "b@x.edu", 0),)
    by_id = explain_user("7", context, path)
    assert (by_id.rows, by_id.emails) == (found.rows, ("a@x.edu",))


def test_studio_tells_the_roles_today_and_what_comes_next(studio: Sandbox, context: Context) -> None:
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
    assert [one for one in studio.log() if one["user_id"] == before.now[0].user_id] != []


def test_what_is_held_for_somebody_is_told_with_its_sentence(studio: Sandbox, tmp_path: Path) -> None:
    context = context_for(studio, tmp_path, grace_runs=2)
    synced(context)
    found = explain_user(GREG, context, SAMPLE, live=True)
    assert found.changes == ()
    assert found.absences
    assert {one.role for one in found.absences} == {"Admin"}
    assert len(found.absences) == len({one.run for one in found.absences})
    assert found.steps
    assert (found.steps[0].action, found.steps[0].reason) == ("remove", "grace")
    assert found.steps[0].held


def test_with_a_row_that_cannot_be_read_the_removal_is_held_as_in_the_plan(studio: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,role\nmona.hart@example.edu,Admin\nnonsense,Admin\n", encoding="utf-8")
    context = context_for(studio, tmp_path, bad_rows="hold")
    planned = plan_list(read_list(path, context), context)
    held = planned.held[planned.held["email"] == GREG]
    assert (len(planned.changes[planned.changes["action"] == "remove"]), len(held)) == (0, 1)
    steps = explain_user(GREG, context, path, live=True).steps
    assert steps
    assert [(step.action, step.reason, step.held) for step in steps] == [
        ("remove", held["reason"].iloc[0], held["detail"].iloc[0])
    ]


def test_nobody_is_known_by_a_name_that_nobody_has(context: Context) -> None:
    synced(context)
    for user in ("nobody@example.edu", "999999"):
        found = explain_user(user, context, SAMPLE, live=True)
        assert not found.known
        assert found.now == ()
        assert found.steps == ()
    assert explain_user("nobody@example.edu", context) == Explanation(
        "nobody@example.edu", emails=("nobody@example.edu",)
    )


def test_from_a_list_that_is_refused_nothing_is_planned(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"email,role\n{GREG},Admin\nnonsense,Admin\n", encoding="utf-8")
    found = explain_user(GREG, context, path, live=True)
    assert (found.list_status, found.steps) == ("reject", None)
    assert [one.row for one in found.rows] == [2]


@pytest.mark.parametrize("user", ["", "  ", "0", "#0", "#"])
def test_what_names_nobody_is_refused(context: Context, user: str) -> None:
    with pytest.raises(UsageError, match="names nobody"):
        explain_user(user, context)


def test_a_broken_record_explains_what_stands_before_the_break(context: Context) -> None:
    synced(context)
    whole = explain_user(GREG, context)
    path = context.settings.account_dir / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"event":"run.end"', b'"event":"run.End"', 1))
    found = explain_user(GREG, context, SAMPLE, live=True)
    assert found.broken is not None
    assert "line 5" in found.broken.message
    assert (found.changes, found.user_ids) == (whole.changes, whole.user_ids)
    assert found.now is not None
    assert found.steps is None  # what comes next depends on what came before

    path.write_bytes(path.read_bytes().replace(b'"row":', b'"Row":', 1))
    assert explain_user(GREG, context).changes == ()


def test_nothing_is_written(context: Context) -> None:
    explain_user(GREG, context, SAMPLE, live=True)
    assert not context.settings.account_dir.exists()
