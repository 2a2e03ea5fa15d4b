"""Reading a plan: the same plan comes back, and a text that differs from its encoding is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from rolesync.errors import Exit, PlanRefusedError
from rolesync.model.plans import Changes, Plan, RoleCount
from rolesync.planner.build import make_plan
from rolesync.planner.decode import from_json
from rolesync.planner.digest import digest
from rolesync.planner.encode import to_json
from tests.planner.samples import PLAN, TEXT, assert_same, resealed
from tests.strategies import plans


def test_a_fixed_plan_comes_back() -> None:
    assert_same(from_json(TEXT), PLAN)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_every_plan_comes_back(plan: Plan) -> None:
    text = to_json(plan)
    back = from_json(text)
    assert_same(back, plan)
    assert to_json(back) == text


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from([*'09afz"{}[],: \\\n', "\u00e9", "\ud800", "\x00", ""]))
@example(len(TEXT) - 1, "")
@example(0, "\ufeff")
def test_any_changed_character_is_refused(at: int, put: str) -> None:
    changed = TEXT[:at] + put + TEXT[at + 1 :]
    if changed != TEXT:
        with pytest.raises(PlanRefusedError):
            from_json(changed)


def test_a_resealed_plan_is_the_plan_of_to_json() -> None:
    assert resealed(TEXT) == TEXT


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"listed": {"Admin": 5', '"listed": {"Admin": 6', "other than its digest"),
        ('"max_age_hours": null', '"max_age_hours": 9', "other than its digest"),
        ('"email": null', '"email": ""', "not written as rolesync writes"),
        ("02:30:00Z", "02:30:00+00:00", "not written as rolesync writes"),
        ('"total": 5', '"total": 6', "not written as rolesync writes"),
        ('"status": "ready"', '"status": "empty"', "not written as rolesync writes"),
        ('"rows": 7', '"rows":  7', "not written as rolesync writes"),
        ('"role": "Admin", "reason": "listed"', '"role": "Teacher", "reason": "listed"', "other than its digest"),
        ('"limit": 50, "value": 1', '"limit": 50, "value": 0', "other than its digest"),
        ('"status": "pass"', '"status": "block"', "other than its digest"),
        ("looked", "LOOKED", "other than its digest"),
        ('"before": 1', '"before": 9', "other than its digest"),
        (PLAN.digest, "0" * 64, "other than its digest 000000000000 "),
        ('"rows": 7', '"rows": 7, "rows": 7', "not written as rolesync writes plans: line 9 has"),
    ],
)
def test_a_plan_that_differs_from_its_seals_or_its_encoding_is_refused_even_with_a_fitting_checksum(
    old: str, new: str, message: str
) -> None:
    assert old in TEXT
    with pytest.raises(PlanRefusedError, match=message) as caught:
        from_json(resealed(TEXT.replace(old, new, 1)))
    assert "make a new plan" in caught.value.hint
    assert caught.value.exit_code is Exit.BLOCKED


@pytest.mark.parametrize("make", [lambda text: text.replace("Ann@", "Eve@"), lambda text: text.replace("\n", "\r\n")])
def test_a_changed_plan_is_refused_by_its_checksum(make: Callable[[str], str]) -> None:
    with pytest.raises(PlanRefusedError, match="changed after it was written"):
        from_json(make(TEXT))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("email,role\na@b,Admin\n", "not JSON"),
        (TEXT[:-40], "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
        ("[]", "not a plan"),
        ("7", "not a plan"),
        ("{}", "not a plan"),
        ("\ufeff" + TEXT, "outside ASCII"),
    ],
    ids=range(9),
)
def test_a_text_that_is_no_plan_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlanRefusedError, match=message) as caught:
        from_json(text)
    is_plan = text.endswith(TEXT)
    assert caught.value.exit_code is (Exit.BLOCKED if is_plan else Exit.INPUT_REFUSED)


WAITING = PLAN.changes[PLAN.changes["action"] == "remove"].reset_index(drop=True)


def sealed(**parts: Any) -> str:
    """The plan with other parts and both seals on them, as only a deliberate forger would make it."""
    plan = replace(PLAN, **parts)
    return to_json(replace(plan, digest=digest(plan)))


def counted(additions: int = 1, removals: int = 1) -> tuple[RoleCount, ...]:
    return (replace(PLAN.roles[0], additions=additions, removals=removals), *PLAN.roles[1:])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"policy": replace(PLAN.policy, managed_roles=("Teacher",)), "roles": PLAN.roles[1:]},
            r"has the role 'Admin' in changes\[0\], but manages only 'Teacher'",
        ),
        (
            {"releasable_removals": WAITING.assign(role=pd.Series(["Own\u202eer"], dtype="category"))},
            r"has the role 'Own\\u202eer' in waiting\[0\], but manages only 'Admin', 'Teacher'",
        ),
        (
            {"releasable_removals": PLAN.changes},
            r"has an addition in waiting\[0\], where only removals wait",
        ),
        ({"roles": PLAN.roles[:1]}, "counts in roles the holders of 'Admin', but manages 'Admin', 'Teacher'"),
        ({"roles": PLAN.roles * 2}, "counts in roles the holders of 'Admin', 'Teacher', 'Admin', 'Teacher', but"),
        ({"roles": (*PLAN.roles, replace(PLAN.roles[0], role="Owner"))}, "'Owner', but manages"),
        ({"roles": counted(removals=0)}, r"counts in roles\[0\] 1 added and 0 removed, but adds 1 and removes 1"),
        ({"roles": counted(additions=7)}, r"counts in roles\[0\] 7 added and 1 removed, but adds 1 and removes 1"),
    ],
)
def test_a_plan_that_exceeds_its_policy_or_counts_is_refused_even_under_its_seals(
    parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanRefusedError, match=message) as caught:
        from_json(sealed(**parts))
    assert "make a new plan" in caught.value.hint


def test_releasable_removals_come_back() -> None:
    assert len(from_json(sealed(releasable_removals=WAITING)).releasable_removals) == 1


def test_half_a_character_from_studio_survives() -> None:
    plan = _plan_with_half_a_character()
    assert_same(from_json(to_json(plan)), plan)


@pytest.mark.parametrize(("old", "new"), [('"user_id": 2,', '"user_id": "2",'), ('"user_id": 2,', '"user_id": -2,')])
def test_a_wrong_value_beside_half_a_character_is_refused(old: str, new: str) -> None:
    text = to_json(_plan_with_half_a_character())
    assert old in text
    with pytest.raises(PlanRefusedError):
        from_json(resealed(text.replace(old, new, 1)))


def _plan_with_half_a_character() -> Plan:
    names = pd.Series(["\ud83d", "x"], dtype="str")
    return make_plan(**_parts(changes=PLAN.changes.assign(name=names)))


def _parts(changes: pd.DataFrame) -> dict[str, Any]:
    return {
        "account": PLAN.account,
        "created_at": PLAN.created_at,
        "source": PLAN.source,
        "policy": PLAN.policy,
        "changes": Changes(changes, PLAN.held, PLAN.roles),
        "verdicts": PLAN.verdicts,
        "findings": PLAN.findings,
        "requests": PLAN.requests,
    }
