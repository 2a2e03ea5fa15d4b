"""Commands about the past: which runs there were, what each did, and whether the record is whole."""

from dataclasses import asdict
from typing import Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings, show, show_json
from rolesync.errors import Exit

audit_app = typer.Typer(help="The audit record: what a run did, and whether the record is whole.", no_args_is_help=True)

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the beginning of it.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(runs)
    audit_app.command("show")(audit_show)
    audit_app.command("verify")(audit_verify)
    app.add_typer(audit_app, name="audit")


def runs(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """List every dry run and every apply, with what came of it."""
    from rolesync import audit

    found = audit.runs(load_settings(config, assignments).account_dir)
    if form is Form.JSON:
        from rolesync.report.jsonform import runs_json

        show_json(runs_json(found))
    else:
        from rolesync.report.terminal import runs_view

        show(runs_view(found))
    return Exit.DONE


def audit_show(run: RunId, form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Show everything that the record says about one run."""
    from rolesync import audit

    records = audit.run_records(load_settings(config, assignments).account_dir, run)
    if form is Form.JSON:
        show_json({"records": records})
    else:
        from rolesync.report.terminal import record_view

        show(record_view(records))
    return Exit.DONE


def audit_verify(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Check every byte of the record against its chain and its head; exit 5 if it isn't the one that was written."""
    from rolesync import audit

    folder = load_settings(config, assignments).account_dir
    found = audit.verify(folder)
    if form is Form.JSON:
        show_json({"ok": found.ok, "folder": str(folder), **asdict(found)})
    else:
        from rolesync.report.terminal import verification_view

        show(verification_view(found, str(folder)))
    return Exit.DONE if found.ok else Exit.INCOMPLETE
