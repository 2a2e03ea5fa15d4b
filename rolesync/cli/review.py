"""The command that makes an approved plan of a plan: look at it, decide, and answer for the rest."""

import sys
from itertools import count
from pathlib import Path
from shlex import quote
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import All, Assignments, Config, Form, Format, PlanFile, load_settings
from rolesync.cli.output import save_file, show_json, write_stdout
from rolesync.cli.plan_output import apply_command, load_last_changes, load_plan, plan_text, show_plan
from rolesync.errors import DeclinedError, Exit, UsageError

if TYPE_CHECKING:
    from rolesync.model.plans import Plan
    from rolesync.planner.approval import Decisions
    from rolesync.report.html.tables import Touched
    from rolesync.review.page.session import ReviewEnd
    from rolesync.review.sheet.problems import DecisionsRefusedError
    from rolesync.workflows.context import Context

_NAMED = 100  # problems that a terminal shows; JSON has them all


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
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port of the page; 0 takes a free one.")
    ] = 0,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Decide on a plan and approve it: writes a new, approved plan beside it. Asks Studio nothing.

    It shows the address of a page for that, to be opened on this machine. There is no page with --decisions,
    --reviewer or --sees; what they don't say is asked for on the terminal.
    """
    from rolesync.review.sheet.problems import DecisionsRefusedError
    from rolesync.workflows.context import Context
    from rolesync.workflows.review import check_review, complete_review

    made, target = load_plan(file), output or file.with_name(f"{file.stem}.approved.json")
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is the plan that is reviewed, and stays as it is", hint="name another --output")
    context = Context(load_settings(config, assignments))
    check_review(made, context)
    if decisions or reviewer or sees:
        try:
            decided = _read(decisions, made)
        except DecisionsRefusedError as refusal:
            return _refuse(refusal, decisions, form)
        seen = not (reviewer and sees)
        if seen:
            reviewer, sees = _ask(made, decided, reviewer, sees, target, show_all)
        approved = complete_review(made, decided, reviewer, sees, context)
        save_file(plan_text(approved), target, "the approved plan")
    else:
        seen = False
        approved = _on_page(made, context, file, target, port, load_last_changes(made, config, assignments))
    if form is Form.JSON and str(target) != "-":
        write_stdout(plan_text(approved))
    elif form is Form.TEXT and not seen and str(target) != "-":
        show_plan(approved, show_all, apply_command(target))
    return Exit.BLOCKED if approved.blocked else Exit.DONE


def _on_page(
    made: "Plan", context: "Context", file: Path, target: Path, port: int, touched: "Touched | None"
) -> "Plan":
    """Serve the page until the plan is approved.

    Raises:
        DeclinedError: the review ended without that; decisions were kept.
    """
    from rolesync.workflows.review import complete_review

    try:
        from rolesync.review.page.server import serve
        from rolesync.review.page.session import ReviewEnd, ReviewSession
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the page of a review can't be served, because {error.name} is not installed",
            hint="pip install 'rolesync[review]', or decide in a table: rolesync show PLAN --csv FILE",
        ) from error
    approved: list[Plan] = []

    def approve(decisions: "Decisions", reviewer: str, sees: str) -> "ReviewEnd":
        plan = complete_review(made, decisions, reviewer, sees, context)
        save_file(plan_text(plan), target, "the approved plan")
        approved.append(plan)
        blocked = " What a guard blocks stays blocked: an override has to let it pass." if plan.blocked else ""
        done = f"The plan to {plan.effect} is approved and"
        if str(target) == "-":
            return ReviewEnd("Approved", f"{done} went to standard output.{blocked}")
        return ReviewEnd("Approved", f"{done} saved as {target}.{blocked}", apply_command(target))

    def leave(decisions: "Decisions") -> "ReviewEnd":
        if not (decisions.excluded or decisions.released):
            return ReviewEnd("Nothing was approved", "Nothing was decided, either.")
        kept = _keep(made, decisions, file)
        sentence = f"The decisions are kept in {kept}, to be read again or changed in a spreadsheet."
        return ReviewEnd(
            "Nothing was approved", sentence, f"rolesync review {quote(str(file))} --decisions {quote(str(kept))}"
        )

    desk = ReviewSession(made, touched, approve, leave)
    try:
        serve(desk, port=port, say=_invite)
    except BaseException:  # whatever ends it, nothing that was decided is lost
        from rolesync.report.content.text import escape_for_display

        end = desk.abandon()
        said = f"{end.word}. {escape_for_display(end.sentence)}\n"
        sys.stderr.write(said + (f"  → {escape_for_display(end.command)}\n" if end.command else ""))
        raise
    end = desk.abandon()
    if not approved:
        raise DeclinedError(f"{end.word.lower()}: {end.sentence}", hint=end.command)
    return approved[0]


def _invite(address: str) -> None:
    sys.stderr.write(f"Open this address in a browser on this machine, once:\n\n  {address}\n\n")
    sys.stderr.write("Ctrl-C ends the review, and so does an hour in which nobody does anything.\n")
    sys.stderr.flush()


def _keep(made: "Plan", decisions: "Decisions", file: Path) -> Path:
    """Save decisions beside the plan, or else in a temporary folder of their own; over nothing that is there."""
    from rolesync.report.spreadsheet.plan import plan_csv

    table = plan_csv(made, decisions)
    try:
        return _save_new(table, file)
    except UsageError as error:
        from rolesync.report.content.text import escape_for_display

        sys.stderr.write(f"{escape_for_display(error.message)}\n")
        return _save_new(table, Path(mkdtemp(prefix="rolesync-"), file.name))


def _save_new(table: str, file: Path) -> Path:
    names = (f"{file.stem}.decisions{f'-{number}' if number else ''}.csv" for number in count())
    path = next(path for path in map(file.with_name, names) if not path.exists())
    save_file(table, path, "the decisions")
    return path


def _ask(made: "Plan", decided: "Decisions", reviewer: str, sees: str, target: Path, show_all: bool) -> tuple[str, str]:
    """Show what is left, and ask on the terminal what the options don't say of who approves it.

    Raises:
        UsageError: there is no terminal.
        DeclinedError: whoever was asked broke off.
    """
    from rolesync.planner.approval import decide

    if not sys.stdin.isatty():
        raise UsageError(
            "review asks who approves and what they see, and there is no terminal",
            hint='look at the plan, then add --reviewer NAME --sees "remove …, add …"',
        )
    show_plan(decide(made, decided), show_all, apply_command(target))
    try:
        reviewer = reviewer or str(typer.prompt("Who approves this plan", err=True))
        return reviewer, sees or str(typer.prompt("What does it do? Type it as in `remove 0, add 0`", err=True))
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("broken off before anything was approved") from error


def _read(path: Path | None, made: "Plan") -> "Decisions":
    """Read the table of decisions, if there is one."""
    from rolesync.planner.approval import Decisions
    from rolesync.review.sheet.read import read_decisions

    if path is None:
        return Decisions()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the decisions {path} can't be read: {error.strerror}", hint="name what `show PLAN --xlsx FILE` wrote"
        ) from error
    return read_decisions(data, made)


def _refuse(refusal: "DecisionsRefusedError", path: "Path | None", form: Form) -> Exit:
    """Tell everything that is wrong with the decisions."""
    from rolesync.report.content.text import escape_for_display

    if form is Form.JSON:
        said = {"message": refusal.message, "hint": refusal.hint, "exit_code": int(refusal.exit_code)}
        places = [
            {"sheet": one.sheet or None, "row": one.row or None, "column": one.column or None, "message": one.message}
            for one in refusal.problems
        ]
        show_json({"status": "refused", "error": said, "problems": places})
    for problem in refusal.problems[:_NAMED]:
        sys.stderr.write(f"{escape_for_display(str(path))}: {escape_for_display(str(problem))}\n")
    if len(refusal.problems) > _NAMED:
        sys.stderr.write(f"… and {len(refusal.problems) - _NAMED:,} more; --format json has all of them\n")
    sys.stderr.write(f"rolesync: {escape_for_display(refusal.message)}\n  → {escape_for_display(refusal.hint)}\n")
    return refusal.exit_code
