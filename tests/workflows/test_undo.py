"""Runs undone: back to the state before, except for users who have changed since."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from rolesync.errors import (
    UnsettledRunError,
    UsageError,
)
from rolesync.history.events import PlanMade
from rolesync.history.read import read_events
from rolesync.history.runs import list_runs
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Faults, Options, Sandbox
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.explain import explain_user
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.workflows.tools import planned, rewound, settings_for, verdict


def roles_of(studio: Sandbox) -> dict[int, list[str]]:
    return {person["id"]: sorted(person["role_names"]) for person in studio.people()}


def test_a_run_is_undone_and_the_undo_is_undone(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    before = roles_of(studio)
    first = apply_plan(planned(context), context)
    between = roles_of(studio)
    assert between != before

    undo = from_json(to_json(plan_undo(first.run_id, context)))
    assert (undo.source.undoes, undo.status) == (first.run_id, "ready")
    assert set(undo.changes["reason"]) == {"undo"}
    second = apply_plan(undo, context)
    assert second.complete
    assert roles_of(studio) == before

    assert plan_undo(first.run_id, context).status == "empty"  # every user is already as before
    third = apply_plan(plan_undo(second.run_id[:-2], context), context)
    assert third.complete
    assert roles_of(studio) == between
    plans = read_events(context.settings.account_dir, [PlanMade])
    undone = [plan.source.undoes for plan in plans if plan.command == "undo"]
    assert undone == [first.run_id, first.run_id, second.run_id]


def test_users_who_have_changed_since_the_run_are_held(studio: Sandbox, context: Context) -> None:
    run = apply_plan(planned(context), context)
    done = [entry["user_id"] for entry in studio.log()]
    added = int(run.outcomes.loc[run.outcomes["action"] == "add", "user_id"].iloc[0])
    other = next(user_id for user_id in done if user_id != added)
    studio.edit_person(added, roles=[])
    studio.edit_person(other, email="someone.else@example.edu")
    plan = plan_undo(run.run_id, context)
    reasons = dict(zip(plan.held["user_id"].tolist(), plan.held["reason"].tolist(), strict=True))
    assert reasons == {added: "already", other: "identity_mismatch"}
    assert set(plan.changes["user_id"]) == set(done) - {added, other}


def test_role_changes_that_studio_made_on_its_own_are_undone_too(tmp_path: Path) -> None:
    with Sandbox(Options(exclusive_admin=True)) as studio:
        roles = {"managed_roles": ["Admin", "Subaccount admin"], "min_holders": 0}
        context = Context(settings_for(studio, tmp_path / "state", mode="additive", **roles), sleep=lambda _: None)
        person = next(
            person for person in studio.people() if "Admin" not in person["role_names"] and person.get("email")
        )
        studio.edit_person(person["id"], roles=["Subaccount admin", "Teacher"])
        path = tmp_path / "list.csv"
        path.write_text(f"user_id,role\n{person['id']},Admin\n", encoding="utf-8")
        result = sync_list(read_list(path, context), context)
        assert result.run is not None
        assert roles_of(studio)[person["id"]] == ["Admin", "Teacher"]

        with_removals = replace(context, settings=settings_for(studio, tmp_path / "state", **roles))
        plan = plan_undo(result.run.run_id, with_removals)
        assert sorted(zip(plan.changes["action"], plan.changes["role"], strict=True)) == [
            ("add", "Subaccount admin"),
            ("remove", "Admin"),
        ]
        apply_plan(plan, with_removals, override=plan.digest if plan.blocked else "")
        assert "Subaccount admin" in roles_of(studio)[person["id"]]
        held = plan_undo(result.run.run_id, context)  # in additive mode an undo removes no role either
        assert set(held.changes["action"]) <= {"add"}


@pytest.mark.parametrize("lost_answers", [0, 1])
@pytest.mark.parametrize("redundant", ["accepted", "refused"])
def test_a_role_that_a_run_cost_is_said_and_given_back_though_it_is_not_managed(
    tmp_path: Path, redundant: Literal["accepted", "refused"], lost_answers: int
) -> None:
    faults = Faults.parse(f"lost=1,on=writes,times={lost_answers}")
    with Sandbox(Options(exclusive_admin=True, redundant=redundant, faults=faults)) as studio:
        settings = settings_for(studio, tmp_path / "state", max_removals_share=1)
        context = Context(settings, sleep=lambda _: None)
        person = next(person for person in studio.people() if person["role_names"] == ["Teacher"])
        studio.edit_person(person["id"], roles=["Subaccount admin", "Teacher"])
        before = roles_of(studio)
        admins = "".join(f"{admin['id']},Admin\n" for admin in studio.people(role="Admin"))
        path = tmp_path / "list.csv"
        path.write_text(f"user_id,role\n{admins}{person['id']},Admin\n", encoding="utf-8")

        result = sync_list(read_list(path, context), context)
        assert "would probably lose Subaccount admin" in verdict(result.plan, "rival_roles").message
        assert result.run is not None
        confirmed = "confirmed by reading again; " if lost_answers else ""
        assert result.run.outcomes["detail"].tolist() == [f"{confirmed}also lost Subaccount admin"]
        assert result.run.proof is not None
        (difference,) = result.run.proof.differences
        assert difference.startswith("Subaccount admin: 1 lost it beside the plan: ")
        assert not result.run.complete

        explained = explain_user(str(person["id"]), context).changes
        assert [(change.action, change.role, change.outcome) for change in explained] == [
            ("add", "Admin", "done"),
            ("remove", "Subaccount admin", "side_effect"),
        ]
        plan = from_json(to_json(plan_undo(result.run.run_id, context)))
        assert sorted(zip(plan.changes["action"], plan.changes["role"], strict=True)) == [
            ("add", "Subaccount admin"),
            ("remove", "Admin"),
        ]
        assert apply_plan(plan, context).complete
        assert roles_of(studio) == before


def test_an_undo_that_gave_an_unmanaged_role_back_can_be_undone(tmp_path: Path) -> None:
    with Sandbox(Options(exclusive_admin=True)) as studio:
        settings = settings_for(studio, tmp_path / "state", mode="additive", min_holders=0)
        context = Context(settings, sleep=lambda _: None)
        person = next(person for person in studio.people() if person["role_names"] == ["Teacher"])
        studio.edit_person(person["id"], roles=["Subaccount admin", "Teacher"])
        path = tmp_path / "list.csv"
        path.write_text(f"user_id,role\n{person['id']},Admin\n", encoding="utf-8")
        result = sync_list(read_list(path, context), context)
        assert result.run is not None
        in_sync = replace(context, settings=settings_for(studio, tmp_path / "state", min_holders=0))
        undo = plan_undo(result.run.run_id, in_sync)
        undone = apply_plan(undo, in_sync, override=undo.digest if undo.blocked else "")
        assert "Subaccount admin" in roles_of(studio)[person["id"]]
        again = plan_undo(undone.run_id, in_sync)
        assert list(zip(again.changes["action"], again.changes["role"], strict=True)) == [("add", "Admin")]


@pytest.mark.parametrize("protected", ["owner", "protected_users"])
def test_a_user_who_is_protected_gets_no_role_that_costs_another(
    studio: Sandbox, tmp_path: Path, protected: str
) -> None:
    owner = studio.people(role="Admin")[0]
    more = {protected: str(owner["id"]) if protected == "owner" else [str(owner["id"])]}
    settings = settings_for(studio, tmp_path / "state", managed_roles=["Subaccount admin"], mode="additive", **more)
    context = Context(settings, sleep=lambda _: None)
    path = tmp_path / "list.csv"
    path.write_text(f"user_id,role\n{owner['id']},Subaccount admin\n", encoding="utf-8")
    result = sync_list(read_list(path, context), context)
    blocked = verdict(result.plan, protected)
    assert (result.run, blocked.status.value, blocked.overridable) == (None, "block", False)
    assert "Admin of " in blocked.message


def test_only_a_settled_run_of_managed_roles_is_undone(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context)
    run = apply_plan(plan, context)
    other = replace(context, settings=settings_for(studio, tmp_path / "state", managed_roles=["Teacher"]))
    with pytest.raises(UsageError, match="changed roles that are not managed: Admin"):
        plan_undo(run.run_id, other)
    with pytest.raises(UsageError, match="No run begins with"):
        plan_undo("nothing", context)
    rewound(context, "holders", "run.end", "outcome")
    with pytest.raises(UnsettledRunError, match="the effect of some of its requests is unknown"):
        plan_undo(run.run_id, context)
    dry = list_runs(context.settings.account_dir)[0].run_id
    with pytest.raises(UsageError, match="was a dry run"):
        plan_undo(dry, context)
