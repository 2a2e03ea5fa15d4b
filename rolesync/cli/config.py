"""`rolesync config`: the settings in force."""

from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json, show_view
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
    """Show every setting, its value, and the file and line, variable or option that sets it; no secrets."""
    from rolesync.workflows.config import list_settings

    settings = load_settings(config, assignments)
    listed = [setting for setting in list_settings(settings) if setting.is_changed or not changed]
    try:
        studio, record = settings.studio, str(settings.account_dir)
    except UsageError:
        studio, record = "", ""
    if form is Form.JSON:
        from rolesync.report.settings_json import settings_json

        show_json(settings_json(listed, studio, record))
    else:
        from rolesync.report.terminal.settings import settings_view

        show_view(settings_view(listed, studio, record))
    return Exit.DONE
