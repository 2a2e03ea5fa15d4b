"""The guide to a plan's workbook, for reviewers who don't write code: the first sheet that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rolesync.planner.approval import releasable
from rolesync.report.content.impact import impact_total
from rolesync.report.content.plan_summary import approval_text, format_time, headline, totals
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, plural

if TYPE_CHECKING:
    from rolesync.model.plans import Plan


class Guide(NamedTuple):
    """A title, and rows of a label and a text."""

    title: str
    rows: list[tuple[str, str]]


def how_to_decide(plan: Plan, cut: int = CELL_LIMIT) -> Guide:
    """Explain a plan's workbook to its reviewer: what it is about, the steps, and what happens then.

    Args:
        plan: the plan.
        cut: at most this many characters of each text from elsewhere.
    """
    account, maker = escape_for_display(plan.account, cut), escape_for_display(plan.planned_by, cut)
    title = f"Please decide: {totals(plan)}" if len(plan.changes) else "There is no change to decide on"
    if plan.approval:
        title = f"Approved: {totals(plan)}"
    facts = [
        ("account", account),
        ("made", format_time(plan.created_at) + (f" by {maker}" if maker else "")),
        *(
            (escape_for_display(role.role, cut), f"{plural(role.before, 'holder')} today, {role.after:,} afterwards")
            for role in plan.roles
        ),
        *([] if plan.impact is None else [("media", impact_total(plan.impact))]),
        *([("approved", approval_text(plan.approval))] if plan.approval else []),
    ]
    if plan.blocked:
        word, sentence = headline(plan)
        facts.append((word, sentence))
    if plan.approval:
        return Guide(title, facts)
    steps = [(str(number), text) for number, text in enumerate(_steps(plan, maker), 1)]
    return Guide(title, [*facts, ("", ""), ("How to decide", ""), *steps])


def _steps(plan: Plan, maker: str) -> list[str]:
    waiting = len(releasable(plan))
    steps = [
        "Open the sheet 'changes'. Each row gives one role to one user, or takes it away. Removals come first.",
        "If a row is right, leave its decision empty. The change is made as planned.",
        "If a row must not happen, choose 'exclude' as its decision, and write the reason into the next cell.",
    ]
    if waiting:
        text = f"The sheet 'held' has {plural(waiting, 'removal')} that can wait."
        steps.append(f"{text} Choose 'release' as the decision where the user is to lose the role now.")
    steps.append("You may sort, filter and print. Leave all other cells as they are, and add no comments or sheets.")
    text = f"Save this file, and give it back to {maker or 'the person who made the plan'}."
    command = "rolesync review PLAN --decisions FILE asks for your name, and for the numbers that you approve."
    return [*steps, f"{text} Nothing is done before your approval: {command}"]
