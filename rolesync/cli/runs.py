"""`rolesync runs`."""

from rolesync.cli.options import Assignments, Config, Form, Format, NoPager, load_settings
from rolesync.cli.output import raise_if_broken, show_json_before_break, show_view
from rolesync.cli.pager import pager_command
from rolesync.errors import Exit


def runs(
    no_pager: NoPager = False, form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None
) -> Exit:
    """List every dry run and every apply, with what came of it; of a broken record, those before the break."""
    from rolesync.history.runs import trusted_runs

    own = load_settings(config, assignments)
    found, broken = trusted_runs(own.account_dir, key=own.audit_key.get_secret_value())
    if form is Form.JSON:
        from rolesync.report.json import runs_json

        return show_json_before_break(runs_json(found), broken)
    from rolesync.report.terminal.history import runs_view

    show_view(runs_view(found), pager=pager_command(wanted=not no_pager))
    return raise_if_broken(broken)
