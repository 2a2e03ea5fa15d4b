"""A plan in the terminal: the verdict, what changes, the guards that didn't pass, then facts and the next step."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.plans import Plan
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.content.plan_rows import guard_rows
from rolesync.report.content.plan_summary import (
    SHORT_DIGEST,
    NextCommands,
    headline,
    next_step,
    passes,
    requests_rows,
    summary,
)
from rolesync.report.content.plan_tables import (
    changes_table,
    drift_table,
    finding_kinds_table,
    held_table,
    roles_table,
)
from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import STYLES, banner, command_line, heading, note, pairs, table_view, words

_BANNERS = {"blocked": "red", "ready": "green", "empty": "blue"}
_TO_CHECK = "yellow"  # ready, but a guard warns


def plan_view(
    plan: Plan,
    *,
    limit: int | None,
    commands: NextCommands | str = "rolesync apply PLAN",
    applied: bool = False,
) -> RenderableType:
    """Show a plan.

    Args:
        plan: the plan, blocked or not.
        limit: at most this many rows of each table; None for all. Rows beyond it are never built.
        commands: what may come next, or the command that applies the plan.
        applied: whether the outcome was shown already, so that neither a verdict nor a next step is due.
    """
    return Group(
        *([] if applied else [banner(*headline(plan), _colour(plan))]),
        *table_view(changes_table(plan), limit),
        *table_view(held_table(plan), limit),
        *table_view(roles_table(plan)),
        *_guards(plan),
        *table_view(finding_kinds_table(plan.findings)),
        *table_view(drift_table(plan.drift), limit),
        heading("About this plan"),
        pairs(_facts(plan)),
        *([] if applied else _next(plan, commands)),
    )


def _colour(plan: Plan) -> str:
    is_to_check = any(verdict.status is VerdictStatus.WARN for verdict in plan.verdicts)
    return _TO_CHECK if plan.status == "ready" and is_to_check else _BANNERS[plan.status]


def _guards(plan: Plan) -> Iterator[RenderableType]:
    """Show the guards that block or warn, each as a sentence with its code."""
    guards = [guard for guard in guard_rows(plan) if guard.status != VerdictStatus.PASS]
    if guards:
        yield heading("Guards that did not pass")
    for guard in guards:
        sentence = words(guard.sentence, "bold")
        code = words(f"  [{guard.rule}]", "dim")
        yield note(Text.assemble(words(guard.status.upper(), STYLES[guard.status]), "  ", sentence, code))
        yield note(guard.advice, indent=4)


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from summary(plan)
    if passed := passes(guard_rows(plan)):
        yield "passed", passed
    yield from requests_rows(plan.requests)
    yield "digest", f"{escape_for_display(plan.digest[:SHORT_DIGEST])}, in full:"
    yield "", escape_for_display(plan.digest, CELL_LIMIT)


def next_view(plan: Plan, commands: NextCommands | str) -> RenderableType:
    """Show what to do next with a plan."""
    return Group(*_next(plan, commands))


def _next(plan: Plan, commands: NextCommands | str) -> Iterator[RenderableType]:
    sentence, command_lines = next_step(plan, commands)
    if sentence:
        yield heading(sentence)
    if command_lines:
        yield command_line(" \\\n    ".join(command_lines), indent=2)
