"""The command that makes an approved plan of a plan: look at it, decide, and answer for the rest."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import All, Assignments, Config, Form, Format, PlanFile, load_settings, save, show_json, write
from rolesync.cli.plans import applying, load_plan, plan_json, show_made
from rolesync.errors import DeclinedError, Exit, UsageError

if TYPE_CHECKING:
    from rolesync.decisionsheet import DecisionsRefusedError

_NAMED = 100  # problems that a terminal shows; JSON has them all


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(review)


def review(
    file: PlanFile,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What `show PLAN --xlsx` or `--csv` wrote, with decisions filled in.",
            show_default=False,
        ),
    ] = None,
    reviewer: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it; else asked for.")] = "",
    sees: Annotated[
        str, typer.Option(metavar="TEXT", help="What it does now, as in `remove 12, add 40`; else asked for.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PLAN", help="The approved plan; else PLAN.approved.json.", show_default=False
        ),
    ] = None,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Decide on a plan and approve it: writes a new, approved plan beside it. Asks Studio nothing."""
    from rolesync import pipeline
    from rolesync.deciding import Decisions, decide
    from rolesync.decisionsheet import DecisionsRefusedError, read_decisions
    from rolesync.job import Job

    made, target = load_plan(file), output or file.with_name(f"{file.stem}.approved.json")
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is the plan that is reviewed, and stays as it is", hint="name another --output")
    job = Job(load_settings(config, assignments))
    if not (reviewer and sees) and not sys.stdin.isatty():
        raise UsageError(
            "review asks who approves and what they see, and there is no terminal",
            hint='look at the plan, then add --reviewer NAME --sees "remove …, add …"',
        )
    try:
        decided = read_decisions(_bytes(decisions), made) if decisions else Decisions()
    except DecisionsRefusedError as refusal:
        return _refuse(refusal, decisions, form)
    asks = not (reviewer and sees)
    if asks:
        show_made(decide(made, decided), show_all, applying(target))
        reviewer = reviewer or _ask("Who approves this plan")
        sees = sees or _ask("What does it do? Type it as in `remove 0, add 0`")
    approved = pipeline.review(made, decided, reviewer, sees, job)
    text = plan_json(approved)
    save(text, target, "the approved plan")
    if form is Form.JSON and str(target) != "-":
        write(text)
    elif form is Form.TEXT and not asks and str(target) != "-":
        show_made(approved, show_all, applying(target))
    return Exit.BLOCKED if approved.blocked else Exit.DONE


def _ask(question: str) -> str:
    try:
        return str(typer.prompt(question, err=True))
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("broken off before anything was approved") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the decisions {path} can't be read: {error.strerror}", hint="name what `show PLAN --xlsx FILE` wrote"
        ) from error


def _refuse(refusal: "DecisionsRefusedError", path: "Path | None", form: Form) -> Exit:
    """Tell everything that is wrong with the decisions."""
    from rolesync.report.text import safe

    if form is Form.JSON:
        said = {"message": refusal.message, "hint": refusal.hint, "exit_code": int(refusal.exit_code)}
        places = [
            {"sheet": one.sheet or None, "row": one.row or None, "column": one.column or None, "message": one.message}
            for one in refusal.problems
        ]
        show_json({"status": "refused", "error": said, "problems": places})
    for problem in refusal.problems[:_NAMED]:
        sys.stderr.write(f"{safe(str(path))}: {safe(str(problem))}\n")
    if len(refusal.problems) > _NAMED:
        sys.stderr.write(f"… and {len(refusal.problems) - _NAMED:,} more; --format json has all of them\n")
    sys.stderr.write(f"rolesync: {safe(refusal.message)}\n  → {safe(refusal.hint)}\n")
    return refusal.exit_code
