"""`rolesync fleet review NIGHT`: approve the plans of a night, account by account."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.approved_file import ApprovedFile
from rolesync.cli.notify_at_end import note_night, watch_fleet
from rolesync.cli.options import All, Form, Format
from rolesync.cli.output import show_json
from rolesync.cli.progress import configure_log
from rolesync.cli.refusal import write_error
from rolesync.cli.review import review_plan
from rolesync.cli.review_decisions import ByHand
from rolesync.cli.review_page import Port, check_somebody_looks, showing_address
from rolesync.errors import DeclinedError, Exit, UsageError
from rolesync.extras import install_command

if TYPE_CHECKING:
    from rolesync.fleet.review import FleetReview
    from rolesync.model.plans import Plan

_NAMES_SHOWN = 10

Account = Annotated[
    str,
    typer.Option("--account", metavar="NAME", help="Review only this account, as `rolesync review` does its plan."),
]
Decided = Annotated[
    Path | None,
    typer.Option("--decisions", metavar="FILE", help="With --account: the table of decisions.", show_default=False),
]
Reviewer = Annotated[str, typer.Option(metavar="NAME", help="With --account: name of the reviewer.")]
Sees = Annotated[
    str, typer.Option(metavar="TEXT", help="With --account: the effect of its plan, such as `remove 12, add 40`.")
]
OpenBrowser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the page in a browser, if there is a screen.")
]


def fleet_review(
    night_folder: Annotated[
        Path, typer.Argument(metavar="NIGHT", help="A folder that `fleet plan -o` wrote.", show_default=False)
    ],
    account: Account = "",
    decisions: Decided = None,
    reviewer: Reviewer = "",
    sees: Sees = "",
    port: Port = None,
    browser: OpenBrowser = True,
    show_all: All = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Approve the plans of a night: one page of all accounts, each leading to the page of its plan.

    An approval is for one account. Plans without changes need none. Doesn't contact any Studio.
    """
    review = _load(night_folder)
    by_hand = ByHand(decisions, reviewer, sees)
    if account:
        code = _review_account(review, account, by_hand, port=port, browser=browser, show_all=show_all, form=form)
        _report_approval(review)
        return code
    if any(by_hand):
        raise UsageError(
            "--decisions, --reviewer and --sees are for one account", hint="name it with --account, or leave them out"
        )
    check_somebody_looks(port, "add --account NAME with --decisions FILE, or with --reviewer and --sees")
    _serve(review, port or 0, browser=browser)
    _report_approval(review)
    return _show_end(review, form)


def _report_approval(review: "FleetReview") -> None:
    """Report the approval when the command ends, unless plans still wait."""
    from rolesync.fleet.environment import log_settings

    configure_log(*log_settings())
    watch_fleet("review", review.fleet)
    note_night(None, str(review.folder.absolute()))


def _load(folder: Path) -> "FleetReview":
    from rolesync.fleet.environment import check_environment, operator, state_dir
    from rolesync.fleet.fleet_file import read_fleet
    from rolesync.fleet.journal_index import read_index
    from rolesync.fleet.night_folder import check_same_file, load_night
    from rolesync.fleet.usual_numbers import usual_numbers

    check_environment()
    night = load_night(folder)
    fleet = read_fleet(night.fleet_path, state_dir())
    check_same_file(night, fleet)
    try:
        from rolesync.fleet.review import FleetReview
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the review of a fleet needs {error.name}, which is not installed", hint=install_command("review")
        ) from error
    usual = usual_numbers(fleet.folder, night.run)
    return FleetReview(fleet, night, folder, operator(), usual, read_index(fleet.folder).last_success)


def _review_account(
    review: "FleetReview", name: str, by_hand: ByHand, *, port: int | None, browser: bool, show_all: bool, form: Form
) -> Exit:
    """Review one account as `rolesync review` does, with the settings of the fleet file."""
    from rolesync.fleet.approvals import keep_or_remove
    from rolesync.fleet.night_folder import approved_path, plan_path
    from rolesync.fleet.review import load_account_plan
    from rolesync.report.content.plan_summary import NextCommands

    result = next((each for each in review.night.to_apply if each.account == name), None)
    if result is None:
        raise UsageError(f"--account {name}: the night has no such account", hint="name an account of the fleet file")
    if result.plan is None:
        raise UsageError(f"{name} {result.message}", hint=result.hint)
    plan = load_account_plan(review.folder, name)

    def commands(approved: "Plan") -> NextCommands:
        """Only a command of the account itself can override its guards."""
        if approved.blocked:
            return NextCommands(apply=review.command_to_override(name))
        return NextCommands(apply=f"rolesync fleet apply {quote(str(review.folder))}")

    context, path = review.context(name), approved_path(review.folder, name)
    return review_plan(
        plan,
        context,
        plan_path(review.folder, name),
        ApprovedFile(path, keep_or_remove(path), context.settings.file_mode),
        by_hand,
        commands,
        port=port,
        browser=browser,
        show_all=show_all,
        form=form,
    )


def _serve(review: "FleetReview", port: int, *, browser: bool) -> None:
    """Serve the page until the review ends; decisions without an approval are saved, whatever ends it."""
    from rolesync.report.content.text import escape_for_display
    from rolesync.review.page.server import serve

    try:
        with showing_address(browser=browser) as show_address:
            serve(review, port=port, show_address=show_address)
    finally:
        for path in review.abandon():
            sys.stderr.write(f"The decisions were saved as {escape_for_display(str(path))}.\n")


def _show_end(review: "FleetReview", form: Form) -> Exit:
    """Show which plans are approved; the exit code is 130 if plans still wait, as for any review that was left."""
    from rolesync.model.fleet_review import ReviewState
    from rolesync.report.content.fleet_review import review_counts

    accounts, folder = review.accounts(), quote(str(review.folder))
    if form is Form.JSON:
        states = [{"account": each.result.account, "review": each.state.value} for each in accounts]
        show_json({"fleet": review.fleet.table.name, "run": review.night.run, "accounts": states})
    else:
        counts = ", ".join(f"{number:,} {words}" for words, number in review_counts(accounts))
        typer.echo(f"{counts}\nNext: rolesync fleet apply {folder}")
    waiting = [each.result.account for each in accounts if each.state in {ReviewState.WAITING, ReviewState.LEFT}]
    if not waiting:
        return Exit.DONE
    names = ", ".join(waiting[:_NAMES_SHOWN]) + (" …" if len(waiting) > _NAMES_SHOWN else "")
    message = f"nobody has approved the plans of {names}"
    return write_error(DeclinedError(message, hint=f"continue: rolesync fleet review {folder}"))
