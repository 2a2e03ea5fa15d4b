"""`rolesync explain USER`."""

from pathlib import Path
from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, NoPager, load_settings
from rolesync.cli.output import raise_if_broken, show_json_before_break, show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.progress import command_context
from rolesync.errors import Exit


def explain(
    user: Annotated[str, typer.Argument(metavar="USER", help="An e-mail address or a user id.", show_default=False)],
    list_file: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="Say which rows of this list name them.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Studio for their roles today; with --list, also what comes next.")
    ] = False,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Say why somebody has, got or lost each role, and because of which row; of a broken record, up to the break."""
    from rolesync.workflows.explain import explain_user

    with command_context(load_settings(config, assignments)) as context:
        found = explain_user(user, context, list_file, live=live)
    if form is Form.JSON:
        from rolesync.report.json import explanation_json

        return show_json_before_break(explanation_json(found), found.broken)
    from rolesync.report.terminal.explain import explanation_view

    show_view(explanation_view(found), pager=pager_command(wanted=not no_pager))
    return raise_if_broken(found.broken)
