from rolesync.model.vocabulary import Action
from rolesync.report.content.role_steps import role_steps
from tests.report.samples import plan_of


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
