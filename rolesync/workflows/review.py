"""Review a plan: check who may review it, and turn the decisions into an approved plan."""

from rolesync.executor.preconditions import check_approval, check_reviewer
from rolesync.model.plans import Plan
from rolesync.planner.approval import Decisions, approve, decide
from rolesync.workflows.context import Context


def check_review(plan: Plan, context: Context) -> None:
    """Refuse to start a review that can't end with an approval.

    Raises:
        PlanRefusedError: the plan is already approved, or its maker may not review it.
    """
    decide(plan, Decisions())
    check_reviewer(plan, context.settings.user, four_eyes=context.settings.four_eyes)


def complete_review(plan: Plan, decisions: Decisions, reviewer: str, confirmed_effect: str, context: Context) -> Plan:
    """Make the approved plan from a reviewer's decisions. Reads neither Studio nor the record.

    Args:
        plan: the plan under review.
        decisions: the changes that the reviewer excluded, and the removals that they released.
        reviewer: the name of the reviewer.
        confirmed_effect: the effect of the decided plan as the reviewer typed it, such as `remove 12, add 40`.
        context: its settings say who runs the review, and whether the approver must differ from the plan's maker.

    Raises:
        UsageError: `reviewer` is no name.
        PlanRefusedError: this reviewer may not approve the plan, or the decisions or the effect don't fit the plan.
    """
    settings = context.settings
    approved = approve(
        plan, decisions, reviewer=reviewer, operator=settings.user, confirmed_effect=confirmed_effect, now=context.now()
    )
    check_approval(approved, required=True, four_eyes=settings.four_eyes)
    return approved
