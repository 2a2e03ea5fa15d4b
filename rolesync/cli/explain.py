"""`rolesync explain USER`: why a user has, gets or lost each role."""

from contextlib import nullcontext
from typing import Annotated

import typer

from rolesync.cli.files import check_is_list
from rolesync.cli.options import (
    Assignments,
    Config,
    Encoding,
    Form,
    Format,
    IgnoreColumn,
    Keep,
    NoHeader,
    NoPager,
    NoUserId,
    column_settings,
    load_settings,
)
from rolesync.cli.output import show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.progress import command_context
from rolesync.cli.refusal import raise_if_broken, show_json_before_break
from rolesync.errors import Exit


def explain(
    user: Annotated[str, typer.Argument(metavar="USER", help="An e-mail address or a user id.", show_default=False)],
    list_file: Annotated[
        str | None, typer.Option("--list", metavar="FILE", help="Also show the rows of this list that name the user.")
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Also ask Studio for the roles of today; with --list, show the next changes too."),
    ] = False,
    encoding: Encoding = None,
    keep: Keep = None,
    ignore_column: IgnoreColumn = None,
    no_header: NoHeader = False,
    no_user_id: NoUserId = False,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Explain why a user has, gets or lost each role: row, run and time.

    If the record is broken, only the part before the break is used.
    """
    from rolesync.workflows.context import Context
    from rolesync.workflows.explain import explain_user

    if list_file:
        check_is_list(list_file)
    columns = column_settings(keep, ignore_column, no_header=no_header, no_user_id=no_user_id)
    settings = load_settings(config, assignments, encoding=encoding, **columns)
    # Reading only the record is quick and logs nothing, so it needs neither progress nor a log.
    with command_context(settings) if list_file or live else nullcontext(Context(settings)) as context:
        explanation = explain_user(user, context, list_file, live=live)
    if form is Form.JSON:
        from rolesync.report.json import explanation_json

        return show_json_before_break(explanation_json(explanation), explanation.broken)
    from rolesync.report.terminal.explain import explanation_view

    show_view(explanation_view(explanation), pager=pager_command(use_pager=not no_pager))
    return raise_if_broken(explanation.broken)
