"""`rolesync config`: the settings in force."""

import sys
from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings_to_show
from rolesync.cli.output import show_json, show_view
from rolesync.cli.refusal import error_json, show_refusal_json, write_error
from rolesync.cli.verbosity import with_verbosity
from rolesync.errors import Exit, UsageError

app = typer.Typer(no_args_is_help=True, help="Show the settings in force, and where each comes from.")
app.callback()(lambda: None)


@app.command()
@with_verbosity
def show(
    changed: Annotated[bool, typer.Option("--changed", help="Only the settings that differ from the default.")] = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show every setting, its value, and the file and line, variable or option that sets it; no secrets.

    Wrong settings are named after the others, and no other command runs with them.
    """
    from rolesync.workflows.config import list_settings

    settings, wrong = load_settings_to_show(config, assignments)
    listed_settings = list_settings(settings, wrong.names)
    listed = [setting for setting in listed_settings if setting.is_changed or setting.is_wrong or not changed]
    try:
        studio, record = settings.studio, str(settings.account_dir)
    except UsageError:
        studio, record = "", ""
    if form is Form.JSON:
        from rolesync.report.settings_json import settings_json

        settings_shown = settings_json(listed, studio, record)
        if wrong.errors:
            show_refusal_json(error_json(wrong.errors[0]), **{**settings_shown, "status": "refused"})
        else:
            show_json(settings_shown)
    else:
        from rolesync.report.terminal.settings import settings_view

        show_view(settings_view(listed, studio, record))
    sys.stdout.flush()
    return max(map(write_error, wrong.errors), default=Exit.DONE)
