"""`rolesync export`: the live holders as a list, or as a workbook in which people mark who stays."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import check_new, check_target
from rolesync.cli.json_log import log_event
from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import json_text, save_file
from rolesync.cli.progress import command_context
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import Exit, InputRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.reader.write import Assignment
    from rolesync.settings import Settings
    from rolesync.workflows.context import Context


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write; - is standard output.")
    ] = Path("-"),
    review: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.xlsx",
            help="Write a workbook in which to mark who stays, with last changes and media; takes at least one request "
            "for each holder.",
            show_default=False,
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="FILE.xlsx", help="Leave out the holders who are marked `no` in this workbook."),
    ] = None,
    undecided_stay: Annotated[
        bool, typer.Option("--undecided-stay", help="With --decisions: keep the holders without a mark in the list.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Write the live holders of the managed roles as a list. Start from it.

    For a clean-up, --review writes a workbook, and --decisions makes the list of the filled-in workbook.
    """
    from rolesync.reader.write import desired_csv, list_assignments
    from rolesync.workflows.export import read_holders

    if (review and decisions) or (undecided_stay and not decisions):
        raise UsageError(
            "these options don't go together",
            hint="use --review FILE.xlsx first, then --decisions FILE.xlsx, with or without --undecided-stay",
        )
    target, noun = (review, "the workbook") if review else (output, "the list of today's holders")
    check_target(target, noun, workbook=bool(review))
    check_new(target, noun, force=force)
    settings = load_settings(config, assignments)
    with command_context(settings) as context:
        if review:
            save_file(_workbook(context), review, "the workbook", mode=settings.file_mode)
            _show_next(f"mark who stays, then: rolesync export --decisions {quote(str(review))} -o LIST", review)
            return Exit.DONE
        if decisions:
            rows = _decided(decisions, context, settings, undecided_stay=undecided_stay)
        else:
            rows = list_assignments(read_holders(context))  # one for each user and role
    if form is Form.JSON:
        text = json_text({"assignments": [{**row, "email": row["email"] or None} for row in rows]})
    else:
        text = desired_csv(rows)
    save_file(text, output, "the list", mode=settings.file_mode)
    if decisions:
        _show_next(f"rolesync plan {quote(str(output))} --impact -o plan.json", output)
    return Exit.DONE


def _show_next(step: str, saved: Path) -> None:
    """Show what to do next with a file that was saved."""
    if not is_quiet() and str(saved) != "-" and not log_event("info", f"next: {step}"):
        sys.stderr.write(f"  → {step}\n")


def _workbook(context: "Context") -> bytes:
    from rolesync.report.spreadsheet.holders import Holders, holders_xlsx
    from rolesync.workflows.export import review_holders

    review = review_holders(context)
    day = f"{context.now():%Y-%m-%d}"
    return holders_xlsx(
        Holders(review.live, review.impact, review.last_changes, review.protected, context.settings.studio, day)
    )


def _decided(path: Path, context: "Context", settings: "Settings", *, undecided_stay: bool) -> "Sequence[Assignment]":
    """Return the holders who stay by the marks of a workbook.

    Raises:
        InputRefusedError: the workbook can't be read, marks are wrong or missing or cost a protected user a role, or
            too few holders would stay.
    """
    from rolesync.model.findings import name_some
    from rolesync.report.content.text import plural
    from rolesync.review.sheet.holders import clean_list, read_marks
    from rolesync.tables.file_type import MAX_BYTES
    from rolesync.tables.regular_file import missing_file_hint, read_regular
    from rolesync.workflows.export import check_leaving, read_holders

    try:
        data, _ = read_regular(path, MAX_BYTES)
    except OSError as error:
        is_missing, hint = (
            isinstance(error, FileNotFoundError),
            "name a file that `rolesync export --review FILE` wrote",
        )
        problem = "does not exist" if is_missing else f"can't be read: {error.strerror}"
        raise InputRefusedError(
            f"the workbook {path} {problem}", hint=missing_file_hint(path, hint) if is_missing else hint
        ) from error
    marks = read_marks(data)
    result = clean_list(read_holders(context), marks)
    if result.undecided and not undecided_stay:
        undecided_users = name_some(row["email"] or f"user {row['user_id']}" for row in result.undecided)
        raise InputRefusedError(
            f"{plural(len(result.undecided), 'holder')} undecided, without a mark in {path}: {undecided_users}; "
            "no list was written",
            hint="mark them, or add --undecided-stay to keep them all",
        )
    stay = [*result.stay, *result.undecided]
    check_leaving(result.leave, stay, settings)
    gone = f"; {plural(len(result.gone), 'row')} of users who no longer hold the role" if result.gone else ""
    numbers = (
        f"{plural(len(stay), 'role')} stay, {len(result.leave):,} leave{gone}. "
        f"The plan of this list is to be: remove {len(result.leave):,}, add 0"
    )
    if not log_event("info", numbers):
        sys.stderr.write(f"{numbers}\n")
    order = {(row["user_id"], row["role"]): row for row in stay}
    return sorted(order.values(), key=lambda row: (settings.managed_roles.index(row["role"]), row["email"] or "\uffff"))
