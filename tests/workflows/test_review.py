"""Reviews without a page or a sheet: who may review a plan, and which approval they get."""

from dataclasses import replace

import pytest

from rolesync.errors import PlanRefusedError
from rolesync.executor.preconditions import check_approval
from rolesync.planner.approval import Decisions
from rolesync.workflows.context import Context
from rolesync.workflows.review import check_review, complete_review
from tests.workflows.tools import planned


def run_by(context: Context, operator: str, *, four_eyes: bool = False) -> Context:
    changed = {"operator": operator, "four_eyes": four_eyes}
    return replace(context, settings=context.settings.model_copy(update=changed))


def test_an_approved_plan_names_its_reviewer_and_operator(context: Context) -> None:
    plan = planned(run_by(context, "mona"))
    reviewing = run_by(context, "rhea", four_eyes=True)
    check_review(plan, reviewing)
    approved = complete_review(plan, Decisions(), "Rhea Quist", plan.effect, reviewing)
    assert approved.approval is not None
    assert (approved.approval.reviewer, approved.approval.operator) == ("Rhea Quist", "rhea")
    check_approval(approved, required=True, four_eyes=True)
    with pytest.raises(PlanRefusedError):
        check_review(approved, reviewing)


def test_the_maker_of_a_plan_may_not_approve_it_under_four_eyes(context: Context) -> None:
    maker = run_by(context, "mona", four_eyes=True)
    plan = planned(maker)
    with pytest.raises(PlanRefusedError, match="four_eyes"):
        check_review(plan, maker)
    with pytest.raises(PlanRefusedError, match="four_eyes"):
        complete_review(plan, Decisions(), "Rhea Quist", plan.effect, maker)
    check_review(plan, run_by(context, "mona"))


def test_an_effect_that_is_not_that_of_the_plan_is_refused(context: Context) -> None:
    plan = planned(context)
    with pytest.raises(PlanRefusedError):
        complete_review(plan, Decisions(), "Rhea Quist", "remove 0, add 0", context)
