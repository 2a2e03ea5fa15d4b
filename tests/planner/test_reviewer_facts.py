from dataclasses import replace

from rolesync.model.frames import CHANGES, HELD, LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.model.plans import Changes, DomainCount
from rolesync.model.reasons import HeldReason
from rolesync.planner.reviewer_facts import count_domains, names_of_held, users_to_inspect
from tests.planner.samples import PLAN

ADMIN, BOTH, NONE = format_roles(["Admin"]), format_roles(["Admin", "Teacher"]), format_roles([])
LIVE_USERS = Live(
    frame(
        LIVE,
        {
            "user_id": [1, 2, 3, 4, 5, 6],
            "email": ["a@lib.x.edu", "b@LIB.x.edu", "c@x.edu", "", "d@x.edu", "e@lib.x.edu"],
            "name": ["Ann", "Bo", "", "Dee", "Eve", "Fay"],
            "roles": [ADMIN, BOTH, ADMIN, ADMIN, BOTH, NONE],
        },
    ),
    ("Admin", "Teacher"),
)


def removals(*users: tuple[int, str, str], action: str = "remove") -> dict[str, list[object]]:
    ids, emails, roles = (list(cells) for cells in zip(*users, strict=True))
    many = len(users)
    known = {"user_id": ids, "email": emails, "role": roles, "action": [action] * many, "row": [0] * many}
    return known | dict.fromkeys(("name", "reason", "before"), [""] * many)


def test_a_domain_counts_all_its_holders_where_one_loses_the_role() -> None:
    losing = frame(CHANGES, removals((1, "a@lib.x.edu", "Admin"), (4, "", "Admin"), (5, "d@x.edu", "Teacher")))
    waiting = frame(CHANGES, removals((3, "c@x.edu", "Admin")))
    counts = count_domains(Changes(losing, frame(HELD), (), waiting), LIVE_USERS)
    assert counts == (
        DomainCount("Admin", "lib.x.edu", 2),
        DomainCount("Admin", "x.edu", 2),
        DomainCount("Teacher", "x.edu", 1),
    )
    additions = frame(CHANGES, removals((1, "a@lib.x.edu", "Admin"), action="add"))
    assert count_domains(Changes(additions, frame(HELD), ()), LIVE_USERS) == ()


def test_held_users_have_the_names_that_studio_gave() -> None:
    held = frame(
        HELD,
        {
            "user_id": [2, 3, 0, 9, 2],
            **dict.fromkeys(("email", "role", "action", "reason", "detail"), [""] * 5),
            "row": [0] * 5,
        },
    )
    assert names_of_held(Changes(frame(CHANGES), held, ()), LIVE_USERS) == {2: "Bo"}
    assert names_of_held(replace(Changes(PLAN.changes, frame(HELD), ())), LIVE_USERS) == {}


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
