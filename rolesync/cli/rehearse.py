"""`rolesync rehearse PLAN`: apply a plan to a private copy of its users."""

from typing import Annotated

import typer

from rolesync.cli.options import All, Assignments, Config, Form, Format, Override, PlanFile, load_settings, row_limit
from rolesync.cli.output import show_json, show_view
from rolesync.cli.plan_output import apply_command, commands_for_saved, load_plan
from rolesync.cli.progress import command_context
from rolesync.cli.run_output import report_end, show_blocked
from rolesync.errors import Exit, UsageError
from rolesync.extras import install_command


def rehearse(
    file: PlanFile,
    exclusive_admin: Annotated[
        bool,
        typer.Option(
            "--exclusive-admin", help="In the copy, adding Admin removes Subaccount admin, and the other way round."
        ),
    ] = False,
    override: Override = "",
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Apply a saved plan to a private copy of its users. Show the outcome. Only reads Studio."""
    try:
        from rolesync.workflows.rehearse import rehearse_plan
    except ImportError as error:
        raise UsageError(
            f"a rehearsal needs {error.name}, which is not installed", hint=install_command("sandbox")
        ) from error
    from rolesync.executor.preconditions import BlockedError

    plan, settings = load_plan(file), load_settings(config, assignments)
    try:
        with command_context(settings) as context:
            rehearsal = rehearse_plan(plan, context, override, exclusive_admin=exclusive_admin, folder=file.parent)
    except BlockedError as refusal:
        return show_blocked(refusal, form, show_all=show_all, command=apply_command(file))
    if form is Form.JSON:
        from rolesync.report.json import rehearsal_json

        show_json(rehearsal_json(rehearsal))
    else:
        from rolesync.report.terminal.rehearsal import rehearsal_view

        commands = commands_for_saved(plan, file, settings)
        show_view(rehearsal_view(rehearsal, limit=row_limit(show_all), commands=commands))
    return report_end(rehearsal.run, "this was a rehearsal: nothing was written to Studio")
