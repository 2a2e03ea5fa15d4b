"""`rolesync who [ROLE]`: who holds a role, since when and why: the access review."""

from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.complete_values import complete_role
from rolesync.cli.files import check_target
from rolesync.cli.options import All, Assignments, Config, Form, Format, NoPager, load_settings, row_limit
from rolesync.cli.output import json_text, save_formats, show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.plan_options import Target
from rolesync.cli.progress import command_context
from rolesync.cli.refusal import raise_if_broken, show_json_before_break
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rolesync.model.who import AccessReview


def who(
    role: Annotated[
        str,
        typer.Argument(
            metavar="ROLE",
            help="A managed role; all of them by default.",
            autocompletion=complete_role,
            show_default=False,
        ),
    ] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="DAY",
            help="Show the end of this day (UTC), such as 2026-05-03, by the record alone.",
            show_default=False,
        ),
    ] = "",
    html: Target = None,
    csv: Target = None,
    xlsx: Target = None,
    json: Target = None,
    show_all: All = False,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show who holds a role, since when, and by which run and reviewer.

    Without --as-of, the holders are read from Studio. If the record is broken, only the part before the break is used.
    """
    from rolesync.workflows.context import Context
    from rolesync.workflows.who import review_access

    targets = {"html": html, "csv": csv, "xlsx": xlsx, "json": json}
    for name, target in targets.items():
        check_target(target, "the access review", report=name)
    day = _parse_day(as_of) if as_of else None
    settings = load_settings(config, assignments)
    # Reading only the record is quick and logs nothing, so it needs neither progress nor a log.
    with nullcontext(Context(settings)) if day else command_context(settings) as context:
        review = review_access(context, role, day)
    written = any(targets.values()) and save_formats(
        review, _formats(), targets, "the access review", settings.file_mode
    )
    if form is Form.JSON:
        from rolesync.report.who_json import who_json

        return show_json_before_break(who_json(review), review.broken)
    if not written:
        from rolesync.report.terminal.who import who_view

        pager = pager_command(use_pager=not no_pager)
        show_view(who_view(review, limit=row_limit(show_all or bool(pager))), pager=pager)
    return raise_if_broken(review.broken)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"--as-of {text}: not a day", hint="write it like --as-of 2026-05-03") from error


def _formats() -> "dict[str, Callable[[AccessReview], str | bytes]]":
    from rolesync.report.html.who import who_html
    from rolesync.report.spreadsheet.who import who_csv, who_xlsx
    from rolesync.report.who_json import who_json

    return {
        "html": who_html,
        "csv": who_csv,
        "xlsx": who_xlsx,
        "json": lambda review: json_text(who_json(review)),
    }
