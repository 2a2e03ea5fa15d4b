"""A plan in the terminal: facts, guards, headline, tables and the next step."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rolesync.model.plans import Plan
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.content.plan_rows import guard_rows
from rolesync.report.content.plan_summary import SHORT_DIGEST, headline, next_step, passes, requests_rows, summary
from rolesync.report.content.plan_tables import (
    changes_table,
    drift_table,
    finding_kinds_table,
    held_table,
    roles_table,
)
from rolesync.report.content.text import CELL_LIMIT, escape_for_display
from rolesync.report.terminal.widgets import STYLES, banner, heading, note, pairs, table_view, words

_BANNERS = {"blocked": "red", "ready": "green", "empty": "blue"}


def plan_view(plan: Plan, *, limit: int | None, command: str = "rolesync apply PLAN") -> RenderableType:
    """Show a plan.

    Args:
        plan: the plan, blocked or not.
        limit: at most this many rows of each table; None for all. Rows beyond it are never built.
        command: applies this plan; "" if that happens without a further command.
    """
    title, sentence = headline(plan)
    return Group(
        pairs(summary(plan)),
        *table_view(roles_table(plan)),
        *_guards(plan),
        Text(),
        banner(title, sentence, _BANNERS[plan.status]),
        *table_view(changes_table(plan), limit),
        *table_view(held_table(plan), limit),
        *table_view(drift_table(plan.drift), limit),
        *table_view(finding_kinds_table(plan.findings)),
        Text(),
        pairs(
            [
                *requests_rows(plan.requests),
                ("digest", f"{escape_for_display(plan.digest[:SHORT_DIGEST])}, in full:"),
                ("", escape_for_display(plan.digest, CELL_LIMIT)),
            ],
        ),
        *_next(plan, command),
    )


def _guards(plan: Plan) -> Iterator[RenderableType]:
    guards = guard_rows(plan)
    yield heading("Guards")
    for guard in guards:
        if guard.status != VerdictStatus.PASS:
            line = Text.assemble(words(guard.status.upper(), STYLES[guard.status]), "  ", words(guard.text, "bold"))
            yield note(line)
            yield note(guard.message, indent=4)
    if passed := passes(guards):
        yield note(passed)


def _next(plan: Plan, command: str) -> Iterator[RenderableType]:
    sentence, command_lines = next_step(plan, command)
    yield heading(sentence)
    if command_lines:
        yield note(" \\\n  ".join(command_lines))
