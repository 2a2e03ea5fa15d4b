"""`rolesync audit show|verify|rekey`: the records of one run, the check of the whole record, a change of its key."""

from dataclasses import asdict

import typer

from rolesync.cli.files import refuse_file_as_run
from rolesync.cli.options import Assignments, Config, Form, Format, NoPager, RunId, load_settings
from rolesync.cli.output import show_json, show_view
from rolesync.cli.pager import pager_command
from rolesync.cli.progress import command_context
from rolesync.cli.refusal import raise_if_broken, show_json_before_break, write_failure
from rolesync.cli.verbosity import with_verbosity
from rolesync.errors import Exit

app = typer.Typer(help="The audit record: what a run did, and whether the record is whole.", no_args_is_help=True)


@app.command("show")
@with_verbosity
def audit_show(
    run: RunId,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show all records of one run. If the record is broken, show those before the break."""
    from rolesync.history.runs import records_before_break

    refuse_file_as_run(run)
    settings = load_settings(config, assignments)
    records, broken = records_before_break(settings.account_dir, run, key=settings.audit_key.get_secret_value())
    if form is Form.JSON:
        return show_json_before_break({"records": records}, broken)
    from rolesync.report.terminal.record import record_view

    show_view(record_view(records), pager=pager_command(use_pager=not no_pager))
    return raise_if_broken(broken)


@app.command("verify")
@with_verbosity
def audit_verify(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Check every byte of the record against its chain, head and key. Exit 5 if it was changed after it was written."""
    from rolesync.audit.verify import verify_record

    settings = load_settings(config, assignments)
    folder = settings.account_dir
    verification = verify_record(folder, settings.audit_key.get_secret_value())
    if form is Form.JSON:
        show_json({"ok": verification.ok, "folder": str(folder), **asdict(verification)})
    else:
        from rolesync.report.terminal.verification import verification_view

        show_view(verification_view(verification, str(folder)))
    if verification.ok:
        return Exit.DONE
    bad = verification.first_bad
    problem = f"{bad.file}, line {bad.line:,}: {bad.reason}" if bad else verification.head_problem
    hint = "copy the folder before anything else writes to it: rolesync help audit"
    return write_failure(f"the audit record in {folder} is not as it was written: {problem}", hint, Exit.INCOMPLETE)


@app.command("rekey")
@with_verbosity
def audit_rekey(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Continue the record with the audit_key that is set now, or without a key. Verify it with its old key first."""
    from rolesync.audit.record import rekey
    from rolesync.executor.lock import account_lock

    settings = load_settings(config, assignments)
    folder, key = settings.account_dir, settings.audit_key.get_secret_value()
    # Under the lock: a run that has started with the old key must be able to finish its records.
    with (
        command_context(settings) as context,
        account_lock(folder, run=context.new_run(), command="audit rekey", now=context.now),
    ):
        changed = rekey(folder, now=context.now, key=key)
    if form is Form.JSON:
        show_json({"changed": changed, "keyed": bool(key)})
    else:
        state = "sealed with the key that is set" if key else "written without a key"
        print(
            f"From here on the record is {state}."
            if changed
            else f"Nothing to do: the record is empty or already {state}."
        )
    return Exit.DONE
