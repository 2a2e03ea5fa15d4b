"""`rolesync audit`: all records of one run, the check of the whole record, and a change of its key."""

from dataclasses import asdict

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, NoPager, RunId, load_settings
from rolesync.cli.output import raise_if_broken, show_json, show_json_before_break, show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.progress import command_context
from rolesync.errors import Exit

app = typer.Typer(help="The audit record: what a run did, and whether the record is whole.", no_args_is_help=True)


@app.command("show")
def audit_show(
    run: RunId,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show everything that the record says about one run; of a broken record, what stands before the break."""
    from rolesync.history.runs import trusted_records

    own = load_settings(config, assignments)
    records, broken = trusted_records(own.account_dir, run, key=own.audit_key.get_secret_value())
    if form is Form.JSON:
        return show_json_before_break({"records": records}, broken)
    from rolesync.report.terminal.history import record_view

    show_view(record_view(records), pager=pager_command(wanted=not no_pager))
    return raise_if_broken(broken)


@app.command("verify")
def audit_verify(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Check every byte of the record against its chain, its head and its key; exit 5 if it isn't as it was written."""
    from rolesync.audit.verify import verify_record

    own = load_settings(config, assignments)
    folder = own.account_dir
    found = verify_record(folder, own.audit_key.get_secret_value())
    if form is Form.JSON:
        show_json({"ok": found.ok, "folder": str(folder), **asdict(found)})
    else:
        from rolesync.report.terminal.verification import verification_view

        show_view(verification_view(found, str(folder)))
    return Exit.DONE if found.ok else Exit.INCOMPLETE


@app.command("rekey")
def audit_rekey(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Go on with the audit_key that is set now, or without one. Verify the record with its own key first."""
    from rolesync.audit.record import rekey
    from rolesync.executor.lock import account_lock

    own = load_settings(config, assignments)
    folder, key = own.account_dir, own.audit_key.get_secret_value()
    # Not while a run is going on: with the key that it was started with it couldn't write its record to the end.
    with (
        command_context(own) as context,
        account_lock(folder, run=context.new_run(), command="audit rekey", now=context.now),
    ):
        changed = rekey(folder, now=context.now, key=key)
    if form is Form.JSON:
        show_json({"changed": changed, "keyed": bool(key)})
    else:
        how = "sealed with the key that is set" if key else "written without a key"
        print(f"From here on the record is {how}." if changed else f"Nothing to do: the record is {how}, or empty.")
    return Exit.DONE
