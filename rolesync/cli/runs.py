"""`rolesync runs`: the history of runs."""

from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, NoPager, load_settings
from rolesync.cli.output import show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.refusal import raise_if_broken, show_json_before_break
from rolesync.errors import Exit


def runs(
    last: Annotated[
        int | None,
        typer.Option("--last", "-n", metavar="N", min=1, help="Show only the last N runs.", show_default=False),
    ] = None,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """List all plans and runs with their outcome, one a line. If the record is broken, list those before the break."""
    from rolesync.history.runs import runs_before_break

    settings = load_settings(config, assignments)
    summaries, broken = runs_before_break(settings.account_dir, key=settings.audit_key.get_secret_value())
    shown_runs = summaries[-last:] if last else summaries
    if form is Form.JSON:
        from rolesync.report.json import runs_json

        return show_json_before_break(runs_json(shown_runs), broken)
    from rolesync.report.terminal.runs import runs_view

    show_view(
        runs_view(shown_runs, earlier=len(summaries) - len(shown_runs)), pager=pager_command(use_pager=not no_pager)
    )
    return raise_if_broken(broken)
