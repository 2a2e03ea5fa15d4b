"""`rolesync review PLAN`: decide on each change, and approve the rest as a new plan."""

import sys
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from shlex import quote
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import check_target
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
)
from rolesync.cli.refusal import error_json, show_refusal_json, write_error
from rolesync.errors import DeclinedError, Exit, InputRefusedError, UsageError
from rolesync.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rolesync.model.plans import Plan
    from rolesync.planner.approval import Decisions
    from rolesync.report.html.tables import LastChanges
    from rolesync.review.page.session import ReviewEnd
    from rolesync.review.sheet.problems import DecisionsRefusedError
    from rolesync.workflows.context import Context

_PROBLEMS_SHOWN = 100  # in the terminal; JSON has all problems


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
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port of the page; 0 takes a free port.")
    ] = 0,
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
    --reviewer or --sees there is no page: the command asks for the missing ones in the terminal.
    """
    from rolesync.review.sheet.problems import DecisionsRefusedError
    from rolesync.workflows.context import Context
    from rolesync.workflows.review import check_review, complete_review

    plan, target = load_plan(file), output or file.with_name(f"{file.stem}.approved.json")
    if target.resolve() == file.resolve():
        raise UsageError(f"{target} is the plan under review and is never overwritten", hint="name another --output")
    check_target(target, "the approved plan")
    context = Context(load_settings(config, assignments))
    check_review(plan, context)
    if decisions or reviewer or sees:
        try:
            decided = _read_decisions(decisions, plan)
        except DecisionsRefusedError as refusal:
            return _refuse(refusal, decisions, form)
        was_shown = not (reviewer and sees)
        if was_shown:
            reviewer, sees = _ask(plan, decided, reviewer, sees, show_all)
        approved = complete_review(plan, decided, reviewer, sees, context)
        save_file(plan_text(approved), target, "the approved plan", mode=context.settings.file_mode)
    else:
        was_shown = False
        last_changes = load_last_changes(plan, context.settings)
        approved = _review_on_page(plan, context, file, target, port, last_changes, browser=browser)
    if form is Form.JSON and str(target) != "-":
        write_stdout(plan_text(approved))
    elif form is Form.TEXT and was_shown and str(target) != "-":
        show_next(approved, commands_for_saved(approved, target, context.settings))
    elif form is Form.TEXT and str(target) != "-":
        show_plan(approved, show_all, commands_for_saved(approved, target, context.settings))
    return Exit.BLOCKED if approved.blocked else Exit.DONE


def _review_on_page(
    plan: "Plan",
    context: "Context",
    file: Path,
    target: Path,
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
        save_file(plan_text(approved_plan), target, "the approved plan", mode=context.settings.file_mode)
        approved.append(approved_plan)
        blocked = " A guard still blocks it: apply it with --override." if approved_plan.blocked else ""
        done = f"The plan to {approved_plan.effect} is approved and"
        if str(target) == "-":
            return ReviewEnd("Approved", f"{done} was written to standard output.{blocked}")
        return ReviewEnd("Approved", f"{done} was saved as {target}.{blocked}", apply_command(target))

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
        with _showing(browser=browser) as show_address:
            serve(session, port=port, show_address=show_address)
    except BaseException:  # whatever ends the review, no decision is lost
        from rolesync.report.content.text import escape_for_display

        end = session.abandon()
        message = f"{end.word}. {escape_for_display(end.sentence)}\n"
        sys.stderr.write(message + (f"  → {escape_for_display(end.command)}\n" if end.command else ""))
        raise
    end = session.abandon()
    if not approved:
        raise DeclinedError(f"{end.word.lower()}: {end.sentence}", hint=end.command)
    return approved[0]


@contextmanager
def _showing(*, browser: bool) -> "Iterator[Callable[[str], None]]":
    """Provide what shows an address of the review: in the terminal, and the first one also in the browser."""
    from rolesync.cli.browser import has_browser, open_privately, private_folder

    with private_folder() if browser and has_browser() else nullcontext() as folder:
        folders = [folder] if folder else []

        def show(address: str) -> None:
            _show_address(address)
            if folders:
                open_privately(address, folders.pop())

        yield show


def _show_address(address: str) -> None:
    sys.stderr.write(f"Open this address in a browser on this machine, once:\n\n  {address}\n\n")
    sys.stderr.write("Ctrl-C ends the review, and so does an hour without activity.\n")
    sys.stderr.flush()


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
    names = (f"{file.stem}.decisions{f'-{number}' if number else ''}.csv" for number in count())
    path = next(path for path in map(file.with_name, names) if not path.exists())
    save_file(table, path, "the decisions", mode=mode)
    return path


def _ask(plan: "Plan", decided: "Decisions", reviewer: str, sees: str, show_all: bool) -> tuple[str, str]:
    """Show the decided plan, and ask in the terminal for the reviewer and the effect that the options don't name.

    Raises:
        UsageError: there is no terminal.
        DeclinedError: the question was interrupted.
    """
    from rolesync.planner.approval import decide

    if not sys.stdin.isatty():
        raise UsageError(
            "review asks for the reviewer and the effect of the plan, and standard input is no terminal",
            hint='look at the plan, then add --reviewer NAME --sees "remove …, add …"',
        )
    show_plan(decide(plan, decided), show_all, "")
    try:
        reviewer = reviewer or str(typer.prompt("Who approves this plan", err=True))
        return reviewer, sees or str(typer.prompt("What does it do? Type it as in `remove 0, add 0`", err=True))
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("interrupted before anything was approved") from error


def _read_decisions(path: Path | None, plan: "Plan") -> "Decisions":
    """Read the table of decisions; without a table there are no decisions."""
    from rolesync.planner.approval import Decisions
    from rolesync.review.sheet.read import read_decisions
    from rolesync.tables.file_type import MAX_BYTES
    from rolesync.tables.regular_file import read_regular

    if path is None:
        return Decisions()
    try:
        data, _ = read_regular(path, MAX_BYTES)
    except FileNotFoundError as error:
        raise InputRefusedError(f"the decisions {path} do not exist", hint="check the name and the folder") from error
    except OSError as error:
        raise InputRefusedError(
            f"the decisions {path} can't be read: {error.strerror}",
            hint="name a file that `rolesync show PLAN --xlsx FILE` wrote",
        ) from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"the decisions {path} have more than {MAX_BYTES:,} bytes", hint="check the file's name")
    return read_decisions(data, plan)


def _refuse(refusal: "DecisionsRefusedError", path: "Path | None", form: Form) -> Exit:
    """Report all problems of the decisions."""
    from rolesync.report.content.text import escape_for_display

    if form is Form.JSON:
        problems = [
            {name: getattr(problem, name) or None for name in ("sheet", "row", "column", "message")}
            for problem in refusal.problems
        ]
        show_refusal_json(error_json(refusal), problems=problems)
    for problem in refusal.problems[:_PROBLEMS_SHOWN]:
        sys.stderr.write(f"{escape_for_display(str(path))}: {escape_for_display(str(problem))}\n")
    if len(refusal.problems) > _PROBLEMS_SHOWN:
        sys.stderr.write(
            f"… and {len(refusal.problems) - _PROBLEMS_SHOWN:,} more; add --format json to see all problems\n"
        )
    return write_error(refusal)
