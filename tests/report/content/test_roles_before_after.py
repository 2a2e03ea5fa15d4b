import pytest

from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action
from rolesync.planner.rival_roles import rival_losses
from rolesync.report.content.outliers import Outlier, outliers
from rolesync.report.content.roles_before_after import role_steps, roles_after
from tests.report.samples import HUGE, plan_of

SUB = "Subaccount admin"


def test_each_role_of_a_user_is_kept_lost_or_new() -> None:
    both = ["Admin", "Teacher"]
    plan = plan_of(
        (1, Action.REMOVE, "Admin", both),
        (1, Action.ADD, "Owner", both),
        (2, Action.REMOVE, "Teacher", ["Teacher"]),
        (3, Action.ADD, "Admin", []),
        (4, Action.ADD, "Admin", ["Student, part-time"]),
    )
    assert role_steps(plan) == {
        1: (("-", "Admin"), ("", "Teacher"), ("+", "Owner")),
        2: (("-", "Teacher"),),
        3: (("+", "Admin"),),
        4: (("", "Student, part-time"), ("+", "Admin")),
    }
    assert roles_after(plan) == {1: "Owner, Teacher", 2: "", 3: "Admin", 4: "Admin, Student, part-time"}


def rivals() -> Plan:
    return plan_of(
        (1, Action.ADD, "Admin", [SUB, "Teacher"]),
        (2, Action.ADD, SUB, ["Admin"]),
        (3, Action.ADD, "Admin", [SUB]),  # the plan removes the other one
        (3, Action.REMOVE, SUB, [SUB]),
        (4, Action.ADD, "Admin", ["Teacher"]),
        (5, Action.ADD, "Admin", ["Teacher"]),  # gets both
        (5, Action.ADD, SUB, ["Teacher"]),
        (6, Action.ADD, "Teacher", ["Admin", SUB]),
    )


def test_a_role_that_a_new_one_would_cost_is_shown_as_the_guard_has_it() -> None:
    plan = rivals()
    steps = role_steps(plan)
    assert steps[1] == (("?", SUB, "Admin"), ("", "Teacher"), ("+", "Admin"))
    assert steps[2] == (("?", "Admin", SUB), ("+", SUB))
    assert {user for user, each in steps.items() if any(step[0] == "?" for step in each)} == {1, 2}
    assert rival_losses(plan.changes)["user_id"].tolist() == [1, 2]
    assert roles_after(plan) == {
        1: f"Admin, {SUB} (probably lost), Teacher",
        2: f"Admin (probably lost), {SUB}",
        3: "Admin",
        4: "Admin, Teacher",
        5: f"Admin, {SUB}, Teacher",
        6: f"Admin, {SUB}, Teacher",
    }


def test_users_who_would_probably_lose_a_role_stand_out() -> None:
    assert Outlier("2 users would probably lose another role", '"(probably lost)"', "add") in outliers(rivals())
    assert outliers(plan_of((1, Action.ADD, "Admin", ["Teacher"]))) == []


@pytest.mark.parametrize("cut", [20, 200])
def test_long_roles_are_cut_short(cut: int) -> None:
    plan = plan_of((1, Action.ADD, HUGE, ["Admin"]))
    assert len(roles_after(plan, cut)[1]) < cut + 30
