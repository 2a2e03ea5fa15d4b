"""`rolesync doctor`: check what a run needs."""

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json, show_view
from rolesync.cli.progress import command_context
from rolesync.cli.refusal import write_failure
from rolesync.errors import Exit, UsageError


def doctor(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Check what a run needs: settings, token, Studio, record, clock."""
    from rolesync.workflows.doctor import run_checks

    try:
        settings = load_settings(config, assignments)
    except UsageError as error:
        raise UsageError(error.message, hint=error.hint.partition("; `rolesync doctor`")[0]) from error
    with command_context(settings) as context:
        checks = run_checks(context)
    if form is Form.JSON:
        from rolesync.report.json import checks_json

        show_json(checks_json(checks))
    else:
        from rolesync.report.terminal.doctor import checks_view

        show_view(checks_view(checks))
    failed = [check for check in checks if check.exit_code]
    if not failed:
        return Exit.DONE
    names = ", ".join(check.name for check in failed)
    return write_failure(f"not ready: {names}; {failed[0].message}", failed[0].hint, failed[0].exit_code)
