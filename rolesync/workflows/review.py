"""Review a plan: may this user review it, and the approved plan that the decisions make."""

from rolesync.executor.preconditions import check_approval, check_reviewer
from rolesync.model.plans import Plan
from rolesync.planner.approval import Decisions, approve, decide
from rolesync.workflows.context import Context


def check_review(made: Plan, context: Context) -> None:
    """Refuse to begin a review that could only end without an approval.

    Raises:
        PlanRefusedError: the plan is approved, or whoever runs this has made it and somebody else must approve it.
    """
    decide(made, Decisions())
    check_reviewer(made, context.settings.user, four_eyes=context.settings.four_eyes)


def complete_review(made: Plan, decisions: Decisions, reviewer: str, seen: str, context: Context) -> Plan:
    """Make the approved plan of a reviewer's decisions; asks neither Studio nor the record.

    Args:
        made: as it was made.
        decisions: what the reviewer decided otherwise.
        reviewer: who answers for it.
        seen: what the reviewer says that the plan, as decided, does: its `effect`.
        context: its settings say who runs the review, and whether that has to be somebody else than who made the plan.

    Raises:
        UsageError: the name can't be one.
        PlanRefusedError: it can't be approved, by this reviewer, or with these decisions or this sentence.
    """
    own = context.settings
    approved = approve(made, decisions, reviewer=reviewer, operator=own.user, seen=seen, at=context.now())
    check_approval(approved, required=True, four_eyes=own.four_eyes)
    return approved
