"""Review a plan: check who may review it, turn the decisions into an approved plan, and keep earlier results."""

from itertools import count
from pathlib import Path

from rolesync.errors import PlanRefusedError, UsageError
from rolesync.executor.preconditions import check_approval, check_reviewer
from rolesync.model.plans import Plan
from rolesync.planner.approval import Decisions, approve, decide
from rolesync.planner.decode import from_json
from rolesync.report.content.plan_summary import short_approval_text
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
        UsageError: `reviewer` is not a name.
        PlanRefusedError: this reviewer may not approve the plan, or the decisions or the effect don't fit the plan.
    """
    settings = context.settings
    approved = approve(
        plan, decisions, reviewer=reviewer, operator=settings.user, confirmed_effect=confirmed_effect, now=context.now()
    )
    check_approval(approved, required=True, four_eyes=settings.four_eyes)
    return approved


def check_not_approved(digest: str, path: Path, hint: str) -> str:
    """Refuse to replace an approval of the plan under review, because a reviewer may rely on it.

    Args:
        digest: the digest of the plan under review.
        path: where the approved plan is to be saved.
        hint: what the reviewer can do; "" to replace the approval on purpose.

    Returns:
        A sentence on the approval that will be replaced; "" if there is none.

    Raises:
        UsageError: the file holds an approval of this plan, or can't be read, so that it may hold one.
    """
    if not path.is_file() or not path.stat().st_size:
        return ""
    try:
        approval = from_json(path.read_text(encoding="ascii")).approval
    except (OSError, UnicodeDecodeError, PlanRefusedError) as error:
        problem = error.message if isinstance(error, PlanRefusedError) else str(error)
        sentence, is_of_plan = f"{path} may be an approval, and can't be read ({problem})", True
    else:
        if approval is None:
            return ""
        is_of_plan = approval.reviewed_digest == digest
        which = "this plan" if is_of_plan else "another plan"
        sentence = f"{path} holds the approval of {which} {short_approval_text(approval)}"
    if is_of_plan and hint:
        raise UsageError(f"{sentence}; nothing was approved", hint=hint)
    return sentence


def new_decisions_path(plan_path: Path) -> Path:
    """Return where to save the decisions on a plan: beside it, under a name that no file has yet."""
    names = (f"{plan_path.stem}.decisions{f'-{number}' if number else ''}.csv" for number in count())
    return next(path for path in map(plan_path.with_name, names) if not path.exists())
