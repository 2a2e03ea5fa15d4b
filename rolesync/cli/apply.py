"""`rolesync apply PLAN`: apply a plan that was reviewed."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import (
    All,
    Assignments,
    Config,
    Form,
    Format,
    Override,
    PlanFile,
    load_settings,
)
from rolesync.cli.plan_output import apply_command, load_plan, show_plan
from rolesync.cli.progress import command_context
from rolesync.cli.run_output import show_blocked, show_outcome
from rolesync.errors import DeclinedError, Exit, UsageError

if TYPE_CHECKING:
    from rolesync.model.plans import Plan


def apply(
    file: PlanFile,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask; needed where nobody can answer.")] = False,
    override: Override = "",
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Apply a saved plan: check it, send it in chunks, read Studio again, and say what came of it."""
    from rolesync.executor.preconditions import BlockedError, check_approval
    from rolesync.workflows.apply import apply_plan

    made = load_plan(file)
    settings = load_settings(config, assignments)
    if not yes:
        check_approval(made, required=settings.require_approval, four_eyes=settings.four_eyes)
        _ask(made, show_all, str(file))
    try:
        with command_context(settings) as context:
            run = apply_plan(made, context, override)
    except BlockedError as refusal:
        was_shown = not yes and refusal.plan is made
        return show_blocked(refusal, form, show_all=show_all, command="" if was_shown else apply_command(file))
    return show_outcome(run, made, show_all, form)


def _ask(made: "Plan", show_all: bool, plan_path: str) -> None:
    """Show the plan and ask whether to apply it.

    Raises:
        UsageError: there is nobody to ask.
        DeclinedError: the answer is no, or none.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "apply asks before it writes, and there is no terminal", hint="review the plan, then add --yes"
        )
    show_plan(made, show_all, apply_command(plan_path))
    try:
        agreed = typer.confirm(f"Apply {len(made.changes)} changes to {made.account}?", err=True)
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("broken off before anything was written") from error
    if not agreed:
        raise DeclinedError("not applied, as you said; nothing was written")
