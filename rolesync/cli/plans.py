"""Commands about plans: make one, look at one, apply one, or all in one go."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.lists import show_list
from rolesync.cli.options import (
    All,
    Assignments,
    Config,
    Form,
    Format,
    ListFile,
    Override,
    PlanFile,
    RunId,
    limit,
    load_settings,
    save,
    show,
    show_json,
    working,
    write,
)
from rolesync.errors import DeclinedError, Exit, PlanRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rolesync.model import Plan, Run
    from rolesync.settings import Settings

NoRemovals = Annotated[bool, typer.Option("--no-removals", help="Never remove anybody: the additive mode.")]
HoldRemovals = Annotated[
    bool,
    typer.Option("--hold-removals", help="Additions only; each removal is shown as held, and guards don't count it."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="PLAN", help="Save the plan, to review and apply it.")
]
Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 where changes are pending, 0 where there are none.")
]
Target = Annotated[Path | None, typer.Option(metavar="FILE", help="Write that form; - is standard output.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(plan)
    app.command("show")(show_plan)
    app.command()(apply)
    app.command()(sync)
    app.command()(undo)


def plan(
    file: ListFile,
    output: Output = None,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """The dry run: read the list and Studio, show what would change and why. Never writes to Studio."""
    from rolesync import pipeline

    settings = _settings(config, assignments, no_removals, hold_removals)
    with working(settings) as job:
        desired = pipeline.read(file, job)
        if desired.status == "reject":
            show_list(desired, settings.managed_roles, form, show_all=show_all)
            return Exit.INPUT_REFUSED
        made = pipeline.plan(desired, job)
    return _deliver(made, output, form, show_all=show_all, detailed=detailed_exitcode)


def undo(
    run: RunId,
    output: Output = None,
    detailed_exitcode: Detailed = False,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Plan to take back what a run really did, as far as Studio is still so; review and apply it like any plan."""
    from rolesync import pipeline

    with working(load_settings(config, assignments)) as job:
        made = pipeline.undo(run, job)
    return _deliver(made, output, form, show_all=show_all, detailed=detailed_exitcode)


def _deliver(made: "Plan", output: Path | None, form: Form, *, show_all: bool, detailed: bool) -> Exit:
    """Save a new plan if a place is named, show it, and say by the exit code what it comes to."""
    text = _plan_json(made)
    if output:
        save(text, output, "the plan")
    if form is Form.JSON:
        write(text)
    else:
        _show(made, show_all, _applying(output or "PLAN"))
    if made.blocked:
        return Exit.BLOCKED
    return Exit.PENDING if detailed and len(made.changes) else Exit.DONE


def show_plan(
    file: PlanFile,
    html: Target = None,
    markdown: Target = None,
    csv: Target = None,
    xlsx: Target = None,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Show a saved plan again: on the terminal, or as a file for whoever reviews it."""
    made = _load_plan(file)
    written = _write_forms(made, {"html": html, "markdown": markdown, "csv": csv, "xlsx": xlsx})
    if form is Form.JSON:
        write(_plan_json(made))
    elif not written:
        _show(made, show_all, _applying(file))
    return Exit.DONE


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
    from rolesync import pipeline
    from rolesync.gate import BlockedError

    made = _load_plan(file)
    settings = load_settings(config, assignments)
    if not yes:
        _ask(made, show_all, str(file))
    try:
        with working(settings) as job:
            run = pipeline.apply(made, job, override)
    except BlockedError as refusal:
        if form is Form.JSON:
            said = {"message": refusal.message, "hint": refusal.hint, "exit_code": int(refusal.exit_code)}
            guards = json.loads(_plan_json(refusal.plan))["guards"]
            show_json({"status": "refused", "error": said, "guards": guards})
        elif yes or refusal.plan is not made:  # else it was just shown
            _show(refusal.plan, show_all, _applying(file))
        return _say(refusal)
    return _show_run(run, made, show_all, form)


def sync(
    file: ListFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only; the same as `plan`.")] = False,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
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
        return plan(file, None, no_removals, hold_removals, False, show_all, form, config, assignments)
    from rolesync import pipeline

    settings = _settings(config, assignments, no_removals, hold_removals)
    with working(settings) as job:
        desired = pipeline.read(file, job)
        if desired.status == "reject":
            show_list(desired, settings.managed_roles, form, show_all=show_all)
            return Exit.INPUT_REFUSED
        done = pipeline.sync(desired, job, override)
    if form is Form.JSON:
        from rolesync.report.jsonform import run_json

        refusal = {"message": done.refusal.message, "hint": done.refusal.hint} if done.refusal else None
        run = run_json(done.run) if done.run else None
        show_json({"plan": json.loads(_plan_json(done.plan)), "run": run, "refusal": refusal})
    else:
        _show(done.plan, show_all, f"rolesync sync {shlex.quote(str(file))}" if done.refusal else "")
    if done.refusal:
        return _say(done.refusal)
    if done.run is None:
        return Exit.DONE
    return _exit_of(done.run) if form is Form.JSON else _show_run(done.run, done.plan, show_all, form)


def _settings(config: Path | None, assignments: list[str] | None, no_removals: bool, hold_removals: bool) -> "Settings":
    """Read the settings, with what the options say of removals.

    Raises:
        UsageError: both options are given, or the settings are wrong.
    """
    if no_removals and hold_removals:
        raise UsageError(
            "--no-removals and --hold-removals together make no sense",
            hint="--no-removals leaves removals out of the plan, --hold-removals shows them as held: choose one",
        )
    mode = "additive" if no_removals else None
    return load_settings(config, assignments, mode=mode, hold_removals=hold_removals or None)


def _load_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        UsageError: there is no such file.
        PlanRefusedError: it is no plan, or not the one that was saved.
    """
    from rolesync.planfile import from_json

    try:
        text = path.read_bytes().decode("ascii")
    except OSError as error:
        raise UsageError(f"plan {path} can't be read: {error.strerror}", hint="name a file saved by plan -o") from error
    except UnicodeDecodeError as error:
        raise PlanRefusedError(
            f"{path} is no plan of rolesync: byte {error.start} isn't ASCII", hint="make a new plan: rolesync plan FILE"
        ) from error
    try:
        return from_json(text)
    except PlanRefusedError as error:
        raise PlanRefusedError(f"{path}: {error.message}", hint=error.hint) from error


def _plan_json(made: "Plan") -> str:
    from rolesync.planfile import to_json

    return to_json(made)


def _write_forms(made: "Plan", targets: dict[str, Path | None]) -> int:
    """Write the plan in every form asked for; returns how many."""
    from rolesync.report.html import plan_html
    from rolesync.report.markdown import plan_markdown
    from rolesync.report.tables import plan_csv, plan_xlsx

    makers: dict[str, Callable[[Plan], str | bytes]] = {
        "html": plan_html,
        "markdown": plan_markdown,
        "csv": plan_csv,
        "xlsx": plan_xlsx,
    }
    wanted = {name: path for name, path in targets.items() if path}
    for name, path in wanted.items():
        save(makers[name](made), path, f"the plan ({name})")
    return len(wanted)


def _applying(plan_path: Path | str) -> str:
    return f"rolesync apply {shlex.quote(str(plan_path))}"


def _show(made: "Plan", show_all: bool, command: str) -> None:
    from rolesync.report.terminal import plan_view

    show(plan_view(made, limit=limit(show_all), command=command))


def _show_run(run: "Run", made: "Plan", show_all: bool, form: Form) -> Exit:
    if form is Form.JSON:
        from rolesync.report.jsonform import run_json

        show_json(run_json(run))
    else:
        from rolesync.report.terminal import run_view

        source = made.source
        again = f"rolesync undo {source.undoes}" if source.undoes else f"rolesync plan {shlex.quote(source.path)}"
        show(run_view(run, limit=limit(show_all), command=again))
    return _exit_of(run)


def _say(refusal: PlanRefusedError) -> Exit:
    """Say on standard error why a plan was not applied, as for any other refusal."""
    from rolesync.report.text import safe

    sys.stderr.write(f"rolesync: {safe(refusal.message)}\n  → {safe(refusal.hint)}\n")
    return refusal.exit_code


def _exit_of(run: "Run") -> Exit:
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
    _show(made, show_all, _applying(plan_path))
    try:
        agreed = typer.confirm(f"Apply {len(made.changes)} changes to {made.account}?", err=True)
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("broken off before anything was written") from error
    if not agreed:
        raise DeclinedError("not applied, as you said; nothing was written")
