"""`rolesync review PLAN`: decide on each change, and approve the rest as a new plan."""

import sys
from functools import partial
from pathlib import Path
from shlex import quote
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.approved_file import ApprovedFile
from rolesync.cli.files import check_target
from rolesync.cli.notify_at_end import note, watch
from rolesync.cli.options import All, Assignments, Config, Form, Format, PlanFile, load_settings
from rolesync.cli.output import save_file, write_stdout
from rolesync.cli.plan_output import (
    apply_command,
    commands_for_saved,
    load_last_changes,
    load_plan,
    plan_text,
    show_next,
    show_plan,
    whole_path,
    write_blocked,
)
from rolesync.cli.progress import configure_log_of
from rolesync.cli.review_decisions import ByHand, ask, read_decisions, refuse_decisions
from rolesync.cli.review_page import Port, check_somebody_looks, showing_address
from rolesync.errors import DeclinedError, Exit, UsageError
from rolesync.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from rolesync.model.plans import Plan
    from rolesync.planner.approval import Decisions
    from rolesync.report.content.plan_summary import NextCommands
    from rolesync.report.html.tables import LastChanges
    from rolesync.review.page.session import ReviewEnd
    from rolesync.workflows.context import Context


def review(
    file: PlanFile,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The table that `show PLAN --xlsx` or `--csv` wrote, with decisions filled in.",
            show_default=False,
        ),
    ] = None,
    reviewer: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the reviewer; by default the command asks for it.")
    ] = "",
    sees: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="The plan's effect, such as `remove 12, add 40`; by default the command asks for it."
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLAN",
            help="File of the approved plan; PLAN.approved.json by default.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier approval of the plan.")] = False,
    port: Port = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser, if there is a screen.")
    ] = True,
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Decide on a plan, and write the approved plan next to it. Doesn't contact Studio.

    By default it serves a page on this machine, opens it in the browser, and shows its address. With --decisions,
    --reviewer or --sees there is no page: the command asks for the missing ones in the terminal. Without a terminal,
    it serves a page only with --port.
    """
    from rolesync.workflows.context import Context

    plan, target = load_plan(file), output or file.with_name(f"{file.stem}.approved.json")
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is the plan under review and is never overwritten", hint="name another --output")
    context = Context(load_settings(config, assignments))
    by_hand = ByHand(decisions, reviewer, sees)
    commands = partial(commands_for_saved, file=target, settings=context.settings)
    look = f"look at it: rolesync show {quote(str(target))}"
    hint = "" if force else f"{look}; then name another file with --output, or replace it on purpose with --force"
    approved_file = ApprovedFile(target, hint, context.settings.file_mode)
    return review_plan(
        plan, context, file, approved_file, by_hand, commands, port=port, browser=browser, show_all=show_all, form=form
    )


def review_plan(
    plan: "Plan",
    context: "Context",
    file: Path,
    approved_file: ApprovedFile,
    by_hand: ByHand,
    commands: "Callable[[Plan], NextCommands]",
    *,
    port: int | None,
    browser: bool,
    show_all: bool,
    form: Form,
) -> Exit:
    """Review one plan, on a page or by the options, and save the approved plan.

    Args:
        plan: the plan.
        context: the settings of its account.
        file: where the plan is.
        approved_file: where the approved plan is saved.
        by_hand: the options of a review without a page.
        commands: chooses what comes after the approved plan.
        port: the port of the page; None for a free one, if there is a terminal.
        browser: whether to open the page in a browser.
        show_all: whether to show all rows of each table.
        form: text or JSON.
    """
    from rolesync.review.sheet.problems import DecisionsRefusedError
    from rolesync.workflows.review import check_review, complete_review

    target = approved_file.path
    check_target(target, "the approved plan")
    check_review(plan, context)
    approved_file.check(plan)
    decisions, reviewer, sees = by_hand
    was_shown = False
    if any(by_hand):
        try:
            decided = read_decisions(decisions, plan)
        except DecisionsRefusedError as refusal:
            return refuse_decisions(refusal, decisions, form)
        was_shown = not (reviewer and sees)
        if was_shown:
            reviewer, sees = ask(plan, decided, reviewer, sees, show_all)
        approved = complete_review(plan, decided, reviewer, sees, context)
        approved_file.save(approved, plan)
    else:
        check_somebody_looks(port, decide_in_table(file))
        last_changes = load_last_changes(plan, context.settings)
        approved = _review_on_page(plan, context, file, approved_file, port or 0, last_changes, browser=browser)
    configure_log_of(context.settings)
    watch("review", context.settings)
    note(plan=approved, next_step=apply_command(whole_path(target)))
    if form is Form.JSON and str(target) != "-":
        write_stdout(plan_text(approved))
    elif form is Form.TEXT and was_shown and str(target) != "-":
        show_next(approved, commands(approved))
    elif form is Form.TEXT and str(target) != "-":
        show_plan(approved, show_all, commands(approved))
    return write_blocked(approved, form) if approved.blocked else Exit.DONE


def _review_on_page(
    plan: "Plan",
    context: "Context",
    file: Path,
    approved_file: ApprovedFile,
    port: int,
    last_changes: "LastChanges | None",
    *,
    browser: bool,
) -> "Plan":
    """Serve the page until the plan is approved.

    Raises:
        UsageError: the page can't be served.
        DeclinedError: the review ended without an approval; the decisions were saved.
    """
    from rolesync.workflows.review import complete_review

    try:
        from rolesync.review.page.server import serve
        from rolesync.review.page.session import ReviewEnd, ReviewSession
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the page of the review needs {error.name}, which is not installed",
            hint=f"{install_command('review')}, or decide in a table: rolesync show PLAN --csv FILE",
        ) from error
    approved: list[Plan] = []

    def approve(decisions: "Decisions", reviewer: str, sees: str) -> "ReviewEnd":
        approved_plan = complete_review(plan, decisions, reviewer, sees, context)
        look = f"`rolesync show {quote(str(approved_file.path))}`"
        approved_file.save(approved_plan, plan, f"Leave, which saves your decisions, and look at that approval: {look}")
        approved.append(approved_plan)
        return end_of_review(approved_plan, approved_file.path)

    def leave(decisions: "Decisions") -> "ReviewEnd":
        if not (decisions.excluded or decisions.released):
            return ReviewEnd("Nothing was approved", "There were no decisions to save.")
        saved = _save_decisions(plan, decisions, file, context.settings.file_mode)
        sentence = f"The decisions were saved as {saved}; continue with that file, or change it in a spreadsheet first."
        return ReviewEnd(
            "Nothing was approved", sentence, f"rolesync review {quote(str(file))} --decisions {quote(str(saved))}"
        )

    session = ReviewSession(plan, last_changes, approve, leave)
    try:
        with showing_address(browser=browser) as show_address:
            serve(session, port=port, show_address=show_address)
    except BaseException:  # no decision is lost, however the review ends
        from rolesync.report.content.text import escape_for_display

        end = session.abandon()
        message = f"{end.word}. {escape_for_display(end.sentence)}\n"
        sys.stderr.write(message + (f"  → {escape_for_display(end.command)}\n" if end.command else ""))
        raise
    end = session.abandon()
    if not approved:
        raise DeclinedError(f"{end.word.lower()}: {end.sentence}", hint=end.command)
    return approved[0]


def end_of_review(approved: "Plan", target: Path) -> "ReviewEnd":
    """Describe the end of a review by its approved plan, with the command that applies it, if one can."""
    from rolesync.model.plans import effect_text
    from rolesync.report.content.plan_summary import NextCommands, next_step
    from rolesync.review.page.session import ReviewEnd

    blocked = " A guard still blocks it: only an override lets it pass." if approved.blocked else ""
    sentence_start = f"The plan to {effect_text(approved.effect)} is approved and"
    if str(target) == "-":
        return ReviewEnd("Approved", f"{sentence_start} was written to standard output.{blocked}")
    _, command = next_step(approved, NextCommands(apply=apply_command(target)))
    return ReviewEnd("Approved", f"{sentence_start} was saved as {target}.{blocked}", " ".join(command))


def decide_in_table(file: Path) -> str:
    """Describe how a plan is reviewed without a page."""
    name, table = quote(str(file)), quote(str(file.with_suffix(".csv")))
    return f'rolesync show {name} --csv {table}; then add --decisions {table} --reviewer NAME --sees "remove …, add …"'


def _save_decisions(plan: "Plan", decisions: "Decisions", file: Path, mode: int) -> Path:
    """Save decisions next to the plan, or in a new temporary folder if that fails; never overwrite a file."""
    from rolesync.report.spreadsheet.plan import plan_csv

    table = plan_csv(plan, decisions)
    try:
        return _save_new(table, file, mode)
    except UsageError as error:
        from rolesync.report.content.text import escape_for_display

        sys.stderr.write(f"{escape_for_display(error.message)}\n")
        return _save_new(table, Path(mkdtemp(prefix="rolesync-"), file.name), mode)


def _save_new(table: str, file: Path, mode: int) -> Path:
    from rolesync.workflows.review import new_decisions_path

    path = new_decisions_path(file)
    save_file(table, path, "the decisions", mode=mode)
    return path
