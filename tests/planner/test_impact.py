from dataclasses import replace

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.reasons import HeldReason
from rolesync.planner.impact import users_to_inspect
from tests.planner.samples import PLAN


def test_users_who_lose_a_role_or_would_lose_it_are_inspected_once() -> None:
    removals = {
        "user_id": [9, 2, 9, 5],
        "action": ["remove", "remove", "remove", "add"],
        "role": ["Admin", "Admin", "Teacher", "Admin"],
        **dict.fromkeys(("email", "name", "reason", "before"), [""] * 4),
        "row": [0] * 4,
    }
    reasons = [HeldReason.GRACE, HeldReason.REMOVALS_HELD, HeldReason.EXCLUDED, HeldReason.NOT_IN_STUDIO]
    held = {
        "user_id": [3, 9, 6, 0],
        "reason": [reason.value for reason in reasons],
        "action": ["remove", "remove", "remove", "add"],
        **dict.fromkeys(("email", "role", "detail"), [""] * 4),
        "row": [0] * 4,
    }
    plan = replace(PLAN, changes=frame(CHANGES, removals), held=frame(HELD, held))
    assert users_to_inspect(plan) == [2, 3, 9]
