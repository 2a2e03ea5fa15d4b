"""Additions that would cost their users a rival role are found, and the plan warns of them."""

import pandas as pd
import pytest

from rolesync.model.frames import CHANGES, frame
from rolesync.model.keys import format_roles
from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.rival_roles import rival_losses, rival_roles
from rolesync.report.content.text import SENTENCE_LIMIT


def changes_of(*steps: tuple[int, str, str, tuple[str, ...]]) -> pd.DataFrame:
    """Make CHANGES of (user id, action, role, roles before)."""
    ids, actions, roles, before = zip(*steps, strict=True)
    return frame(
        CHANGES,
        {
            "user_id": ids,
            "email": [f"p{user_id}@example.edu" for user_id in ids],
            "name": ["P"] * len(ids),
            "action": actions,
            "role": roles,
            "reason": ["listed"] * len(ids),
            "row": range(2, len(ids) + 2),
            "before": [format_roles(names) for names in before],
        },
    )


def losses_of(*steps: tuple[int, str, str, tuple[str, ...]]) -> list[tuple[int, str, str]]:
    losses = rival_losses(changes_of(*steps))
    return list(zip(*(losses[name].tolist() for name in ("user_id", "action", "role")), strict=True))


@pytest.mark.parametrize(
    ("steps", "losses"),
    [
        ([(1, "add", "Admin", ("Subaccount admin", "Teacher"))], [(1, "remove", "Subaccount admin")]),
        ([(1, "add", "Subaccount admin", ("Admin",))], [(1, "remove", "Admin")]),
        ([(1, "add", "Admin", ("Teacher",)), (2, "add", "Teacher", ("Subaccount admin",))], []),
        ([(1, "remove", "Admin", ("Admin", "Subaccount admin"))], []),
        (
            [(1, "add", "Admin", ("Subaccount admin",)), (1, "remove", "Subaccount admin", ("Subaccount admin",))],
            [],  # the plan removes it anyway
        ),
        (
            [(1, "add", "Admin", ("Subaccount admin",)), (2, "remove", "Subaccount admin", ("Subaccount admin",))],
            [(1, "remove", "Subaccount admin")],
        ),
    ],
)
def test_an_addition_costs_the_rival_role(
    steps: list[tuple[int, str, str, tuple[str, ...]]], losses: list[tuple[int, str, str]]
) -> None:
    assert losses_of(*steps) == losses


def verdict_on(*steps: tuple[int, str, str, tuple[str, ...]]) -> Verdict:
    changes = changes_of(*steps)
    return rival_roles(rival_losses(changes), changes)


def test_losses_are_a_warning_that_names_the_users() -> None:
    verdict = verdict_on((7, "add", "Admin", ("Subaccount admin",)))
    assert (verdict.status, verdict.value) == (VerdictStatus.WARN, 1)
    assert verdict.message.startswith(
        "users who get Admin and would probably lose Subaccount admin: 1 (p7@example.edu (7)), because Studio allows "
    )
    passed = verdict_on((7, "add", "Admin", ("Teacher",)))
    assert (passed.status, passed.message) == (VerdictStatus.PASS, "no addition costs its user another role")


def test_a_message_about_many_users_is_short_enough_to_be_shown_with_its_advice() -> None:
    steps = [(number, "add", "Admin", ("Subaccount admin",)) for number in range(1_000_000, 1_000_200)]
    changes = changes_of(*steps)
    changes["email"] = [f"a.rather.long.address{number}@students.example.edu" for number, *_ in steps]
    verdict = rival_roles(rival_losses(changes), changes)
    assert verdict.value == 200
    assert len(verdict.message) < SENTENCE_LIMIT
    assert verdict.message.endswith("give the lost role back")


def test_losses_of_both_roles_are_counted_apart() -> None:
    verdict = verdict_on((7, "add", "Admin", ("Subaccount admin",)), (8, "add", "Subaccount admin", ("Admin",)))
    assert verdict.value == 2
    assert "users who get Admin and would probably lose Subaccount admin: 1 (p7@example.edu (7))" in verdict.message
    assert "users who get Subaccount admin and would probably lose Admin: 1 (p8@example.edu (8))" in verdict.message


def test_users_who_get_both_roles_are_a_warning_too() -> None:
    both = [(7, "add", role, ("Teacher",)) for role in ("Admin", "Subaccount admin")]
    verdict = verdict_on(*both, (8, "add", "Admin", ()), (8, "add", "Teacher", ()))
    assert (verdict.status, verdict.value) == (VerdictStatus.WARN, 1)
    assert verdict.message.startswith("users who get both Admin and Subaccount admin: 1 (p7@example.edu (7)), ")
