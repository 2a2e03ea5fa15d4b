"""`rolesync apply PLAN`: apply a saved plan."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.notify_at_end import note
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
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Apply without asking; required if there is no terminal.")
    ] = False,
    override: Override = "",
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Apply a saved plan: check it, send it, and prove the result."""
    from rolesync.executor.preconditions import BlockedError
    from rolesync.workflows.apply import apply_plan, check_before_question
    from rolesync.workflows.context import Context

    plan = load_plan(file)
    settings = load_settings(config, assignments)
    try:
        if not yes:
            may_send = check_before_question(plan, Context(settings), override, file.parent)
            _check_terminal()
            if may_send:
                _ask(plan, show_all)
        with command_context(settings, watched="apply") as context:
            note(plan=plan)
            run = apply_plan(plan, context, override, file.parent)
            note(run=run)
    except BlockedError as refusal:
        note(plan=refusal.plan, error=refusal)
        return show_blocked(refusal, form, show_all=show_all, command=apply_command(file))
    return show_outcome(run, plan, show_all, form)


def _check_terminal() -> None:
    """Refuse to apply without `--yes` where nobody can answer.

    Raises:
        UsageError: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "apply asks before it writes, and standard input is not a terminal", hint="review the plan, then add --yes"
        )


def _ask(plan: "Plan", show_all: bool) -> None:
    """Show the plan and ask whether to apply it; a plan without changes needs no answer.

    Raises:
        DeclinedError: the answer is no, or the question was interrupted.
    """
    from rolesync.report.content.plan_summary import totals

    show_plan(plan, show_all, "")
    if not len(plan.changes):
        return
    try:
        agreed = typer.confirm(f"Apply {totals(plan)} to {plan.account}?", err=True)
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("interrupted before anything was written") from error
    if not agreed:
        raise DeclinedError("not applied, as you answered; nothing was written")
