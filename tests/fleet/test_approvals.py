"""Approved plans of a night: only the one that was made from this night's plan counts, with its own numbers."""

from pathlib import Path

import pytest

from rolesync.errors import PlanRefusedError
from rolesync.fleet.approvals import load_approved, with_approval
from rolesync.fleet.night_folder import approved_path
from rolesync.model.fleet import AccountStatus
from rolesync.model.plans import Plan
from rolesync.planner.approval import Decisions, approve
from rolesync.planner.encode import to_json
from tests.fleet.reviewing import result_of, sealed
from tests.report.pages import school
from tests.report.samples import MOMENT, blocked_plan, make_plan

A = AccountStatus
PLAN = sealed(make_plan())


def approved(plan: Plan, decisions: Decisions, effect: str) -> Plan:
    return approve(plan, decisions, reviewer="Rita", operator="rita", confirmed_effect=effect, now=MOMENT)


def write(folder: Path, content: str) -> None:
    path = approved_path(folder, "north")
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_without_an_approval_a_plan_waits_and_another_goes_on(tmp_path: Path) -> None:
    waiting = with_approval(result_of("north", PLAN, A.WAITING), tmp_path / "a night")
    assert (waiting.status, waiting.message) == (A.WAITING, "nobody has approved its plan")
    assert waiting.hint == f"rolesync fleet review '{tmp_path / 'a night'}'"
    for status in (A.PLANNED, A.BLOCKED, A.EMPTY, A.FAILED):
        before = result_of("north", PLAN, status)
        assert with_approval(before, tmp_path) == before


def test_an_approved_plan_counts_with_its_own_numbers(tmp_path: Path) -> None:
    write(tmp_path, to_json(approved(PLAN, Decisions({(12, "Admin"): "on leave"}), "remove 1, add 1")))
    counted = with_approval(result_of("north", PLAN, A.WAITING), tmp_path)
    assert counted.status is A.PLANNED
    assert counted.plan
    assert (counted.plan.removals, counted.plan.additions, counted.plan.held) == (1, 1, len(PLAN.held) + 1)


def test_a_guard_that_still_blocks_still_blocks(tmp_path: Path) -> None:
    blocked = sealed(blocked_plan())
    write(tmp_path, to_json(approved(blocked, Decisions(), "remove 2, add 1")))
    counted = with_approval(result_of("north", blocked, A.BLOCKED), tmp_path)
    assert counted.status is A.BLOCKED
    assert "would" in counted.message


@pytest.mark.parametrize("kind", ["no plan", "not approved", "of another night", "é"])
def test_any_other_file_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    other = approved(sealed(school()), Decisions(), "remove 4, add 2")
    write(tmp_path, {"not approved": to_json(PLAN), "of another night": to_json(other)}.get(kind, kind))
    result = result_of("north", PLAN, A.WAITING)
    with pytest.raises(PlanRefusedError, match=r"north\.approved\.json"):
        load_approved(result, tmp_path)
    counted = with_approval(result, tmp_path)
    assert counted.status is A.FAILED
    assert counted.hint.startswith("remove it, and approve the plan again: rm ")
