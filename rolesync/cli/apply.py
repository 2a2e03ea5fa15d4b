"""Commands that change something: apply a plan that was reviewed, or plan and apply in one go."""

import json
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import (
    All,
    Assignments,
    BadRows,
    Config,
    Form,
    Format,
    HeaderRow,
    ListFile,
    Override,
    PlanFile,
    Sheet,
    limit,
    load_settings,
    show,
    show_json,
    working,
)
from rolesync.cli.plan import (
    HoldRemovals,
    Impact,
    NoRemovals,
    applying,
    load_plan,
    plan,
    plan_json,
    settings_of,
    show_made,
)
from rolesync.cli.validate import show_list
from rolesync.errors import DeclinedError, Exit, PlanRefusedError, UsageError

if TYPE_CHECKING:
    from rolesync.executor.preconditions import BlockedError
    from rolesync.model.plans import Plan
    from rolesync.model.runs import Run


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(apply)
    app.command()(sync)


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
    from rolesync.workflows.plan import apply_plan

    made = load_plan(file)
    settings = load_settings(config, assignments)
    if not yes:
        check_approval(made, required=settings.require_approval, four_eyes=settings.four_eyes)
        _ask(made, show_all, str(file))
    try:
        with working(settings) as job:
            run = apply_plan(made, job, override)
    except BlockedError as refusal:
        was_shown = not yes and refusal.plan is made
        return show_blocked(refusal, form, show_all=show_all, command="" if was_shown else applying(file))
    return _show_run(run, made, show_all, form)


def show_blocked(refusal: "BlockedError", form: Form, *, show_all: bool, command: str) -> Exit:
    """Show a plan that a guard blocks, and say so; `command` would apply it, "" where it was just shown."""
    if form is Form.JSON:
        said = {"message": refusal.message, "hint": refusal.hint, "exit_code": int(refusal.exit_code)}
        guards = json.loads(plan_json(refusal.plan))["guards"]
        show_json({"status": "refused", "error": said, "guards": guards})
    elif command:
        show_made(refusal.plan, show_all, command)
    return _say(refusal)


def sync(
    file: ListFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only; the same as `plan`.")] = False,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
    impact: Impact = False,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    bad_rows: BadRows = None,
    override: Override = "",
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """The nightly job: plan, guards, apply and verify in one unattended go."""
    if dry_run:
        if override:
            raise UsageError("--dry-run and --override together make no sense", hint="leave one of them out")
        return plan(
            file,
            no_removals=no_removals,
            hold_removals=hold_removals,
            impact=impact,
            sheet=sheet,
            header_row=header_row,
            bad_rows=bad_rows,
            show_all=show_all,
            form=form,
            config=config,
            assignments=assignments,
        )
    if impact:
        raise UsageError("--impact is for whoever reviews a plan first", hint="add --dry-run, or use rolesync plan")
    from rolesync.workflows.plan import read_list, sync_list

    reading = {"sheet": sheet, "header_row": header_row, "bad_rows": bad_rows}
    settings = settings_of(config, assignments, no_removals, hold_removals, reading)
    with working(settings) as job:
        desired = read_list(file, job)
        if desired.status == "reject":
            show_list(desired, settings.managed_roles, form, show_all=show_all)
            return Exit.INPUT_REFUSED
        done = sync_list(desired, job, override)
    if form is Form.JSON:
        from rolesync.report.json import run_json

        refusal = {"message": done.refusal.message, "hint": done.refusal.hint} if done.refusal else None
        run = run_json(done.run) if done.run else None
        show_json({"plan": json.loads(plan_json(done.plan)), "run": run, "refusal": refusal})
    else:
        show_made(done.plan, show_all, f"rolesync sync {shlex.quote(str(file))}" if done.refusal else "")
    if done.refusal:
        return _say(done.refusal)
    if done.run is None:
        return Exit.DONE
    return exit_of(done.run) if form is Form.JSON else _show_run(done.run, done.plan, show_all, form)


def _show_run(run: "Run", made: "Plan", show_all: bool, form: Form) -> Exit:
    if form is Form.JSON:
        from rolesync.report.json import run_json

        show_json(run_json(run))
    else:
        from rolesync.report.terminal.run import run_view

        source = made.source
        again = f"rolesync undo {source.undoes}" if source.undoes else f"rolesync plan {shlex.quote(source.path)}"
        show(run_view(run, limit=limit(show_all), command=again))
    return exit_of(run)


def _say(refusal: PlanRefusedError) -> Exit:
    """Say on standard error why a plan was not applied, as for any other refusal."""
    from rolesync.report.content.text import safe

    sys.stderr.write(f"rolesync: {safe(refusal.message)}\n  → {safe(refusal.hint)}\n")
    return refusal.exit_code


def exit_of(run: "Run") -> Exit:
    """Say by the exit code how a run ended."""
    if run.complete:
        return Exit.DONE
    sent = (run.outcomes["outcome"] == "done").all()
    return Exit.STUDIO if run.stopped and not sent else Exit.INCOMPLETE


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
    show_made(made, show_all, applying(plan_path))
    try:
        agreed = typer.confirm(f"Apply {len(made.changes)} changes to {made.account}?", err=True)
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("broken off before anything was written") from error
    if not agreed:
        raise DeclinedError("not applied, as you said; nothing was written")
