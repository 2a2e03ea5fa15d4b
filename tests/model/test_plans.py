from dataclasses import replace

import pytest

from rolesync.model.frames import CHANGES, frame
from rolesync.model.plans import RoleCount, Verdict, effect_text, recount
from rolesync.model.vocabulary import VerdictStatus
from tests.planner.samples import PLAN

BLOCK = Verdict("max_removals", VerdictStatus.BLOCK, "too many removals", "Admin")


def test_the_effect_counts_removals_and_additions() -> None:
    assert PLAN.effect == "remove 1, add 1"
    assert replace(PLAN, changes=frame(CHANGES)).effect == "remove 0, add 0"


@pytest.mark.parametrize(
    ("effect", "shown"),
    [
        ("remove 999, add 0", "remove 999, add 0"),
        ("remove 2009, add 1234567", "remove 2,009, add 1,234,567"),
        ("remove 100000, add 3", "remove 100,000, add 3"),
    ],
)
def test_an_effect_is_shown_with_thousands_separators(effect: str, shown: str) -> None:
    assert effect_text(effect) == shown


@pytest.mark.parametrize("empty", [True, False])
def test_a_plan_is_blocked_by_a_guard_and_else_empty_or_ready(*, empty: bool) -> None:
    plan = replace(PLAN, changes=frame(CHANGES)) if empty else PLAN
    assert plan.blocked == ()
    assert plan.status == ("empty" if empty else "ready")
    blocked = replace(plan, verdicts=(*PLAN.verdicts, BLOCK))
    assert blocked.blocked == (BLOCK,)
    assert blocked.status == "blocked"


@pytest.mark.parametrize(
    ("rule", "costs", "passes"), [("max_removals", 0, True), ("max_removals", 1, False), ("max_age_hours", 0, False)]
)
def test_holding_removals_does_not_help_against_a_role_that_an_addition_costs(
    rule: str, costs: int, *, passes: bool
) -> None:
    warning = Verdict("rival_roles", VerdictStatus.WARN if costs else VerdictStatus.PASS, "", value=costs)
    plan = replace(PLAN, verdicts=(Verdict(rule, VerdictStatus.BLOCK, ""), warning))
    assert plan.passes_without_removals is passes


def test_roles_are_counted_again_from_the_changes() -> None:
    stale = (RoleCount("Admin", 5, 9, 9), RoleCount("Teacher", 2, 1, 0))
    counts = recount(stale, PLAN.changes)
    assert counts == (RoleCount("Admin", 5, 1, 1), RoleCount("Teacher", 2, 0, 0))
    assert [count.after for count in counts] == [5, 2]
