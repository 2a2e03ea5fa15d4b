"""Commands about the past: which runs there were, what each did and why, and whether the record is whole."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolesync.cli.options import (
    Assignments,
    Config,
    Form,
    Format,
    NoPager,
    RunId,
    json_text,
    limit,
    load_settings,
    save_forms,
    show,
    show_json,
    working,
)
from rolesync.cli.pager import pager_of
from rolesync.errors import Exit, RolesyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rolesync.model.history import Told

audit_app = typer.Typer(help="The audit record: what a run did, and whether the record is whole.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(runs)
    app.command()(explain)
    audit_app.command("show")(audit_show)
    audit_app.command("verify")(audit_verify)
    audit_app.command("rekey")(audit_rekey)
    app.add_typer(audit_app, name="audit")


def runs(
    no_pager: NoPager = False, form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None
) -> Exit:
    """List every dry run and every apply, with what came of it; of a broken record, those before the break."""
    from rolesync.history.runs import trusted_runs

    own = load_settings(config, assignments)
    found, broken = trusted_runs(own.account_dir, key=own.audit_key.get_secret_value())
    if form is Form.JSON:
        from rolesync.report.json import runs_json

        return _end_json(runs_json(found), broken)
    from rolesync.report.terminal.history import runs_view

    show(runs_view(found), pager=pager_of(wanted=not no_pager))
    return _end(broken)


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

    with working(load_settings(config, assignments)) as job:
        found = explain_user(user, job, list_file, live=live)
    if form is Form.JSON:
        from rolesync.report.json import explanation_json

        return _end_json(explanation_json(found), found.broken)
    from rolesync.report.terminal.explain import explanation_view

    show(explanation_view(found), pager=pager_of(wanted=not no_pager))
    return _end(found.broken)


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
        return _end_json({"records": records}, broken)
    from rolesync.report.terminal.history import record_view

    show(record_view(records), pager=pager_of(wanted=not no_pager))
    return _end(broken)


def show_run(
    run: str,
    targets: "Mapping[str, Path | None]",
    show_all: bool,
    pager: "Sequence[str]",
    form: Form,
    config: Path | None,
    assignments: list[str] | None,
) -> Exit:
    """Show what became of a run: what was asked, done, held, failed, drifted, and the proof.

    Raises:
        UsageError: there is no such run, nor a file of that name.
    """
    from rolesync.history.run_report import report_before_break
    from rolesync.report.html.page import told_html
    from rolesync.report.json import told_json
    from rolesync.report.markdown import told_markdown
    from rolesync.report.spreadsheet.run import told_csv, told_xlsx

    try:
        own = load_settings(config, assignments)
        told, broken = report_before_break(own.account_dir, run, key=own.audit_key.get_secret_value())
    except UsageError as error:
        raise UsageError(
            f"{run}: there is no such file; as the id of a run: {error.message.rstrip('.')}",
            hint=f"{error.hint.rstrip('.')}; a plan is shown by the name of its file",
        ) from error
    makers: dict[str, Callable[[Told], str | bytes]] = {
        "html": told_html,
        "markdown": told_markdown,
        "csv": told_csv,
        "xlsx": told_xlsx,
        "json": lambda one: json_text(told_json(one)),
    }
    written = save_forms(told, makers, targets, "the run")
    if form is Form.JSON:
        return _end_json(told_json(told), broken)
    if not written:
        from rolesync.report.terminal.past_run import told_view

        show(told_view(told, limit=limit(show_all or bool(pager))), pager=pager)
    return _end(broken)


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

        show(verification_view(found, str(folder)))
    return Exit.DONE if found.ok else Exit.INCOMPLETE


def audit_rekey(form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None) -> Exit:
    """Go on with the audit_key that is set now, or without one. Verify the record with its own key first."""
    from rolesync.audit.record import rekey
    from rolesync.executor.lock import account_lock

    own = load_settings(config, assignments)
    folder, key = own.account_dir, own.audit_key.get_secret_value()
    # Not while a run is going on: with the key that it was started with it couldn't write its record to the end.
    with working(own) as job, account_lock(folder, run=job.new_run(), command="audit rekey", now=job.now):
        changed = rekey(folder, now=job.now, key=key)
    if form is Form.JSON:
        show_json({"changed": changed, "keyed": bool(key)})
    else:
        how = "sealed with the key that is set" if key else "written without a key"
        print(f"From here on the record is {how}." if changed else f"Nothing to do: the record is {how}, or empty.")
    return Exit.DONE


def _end(broken: RolesyncError | None) -> Exit:
    """End with the error that stopped the reading, now that what stands before it was shown."""
    if broken:
        sys.stdout.flush()
        raise broken
    return Exit.DONE


def _end_json(shown: dict[str, Any], broken: RolesyncError | None) -> Exit:
    """Print one answer: what stands before the break, and the error beside it in the shape of any refusal."""
    if broken is None:
        show_json(shown)
        return Exit.DONE
    from rolesync.report.content.text import safe

    said = {"message": broken.message, "hint": broken.hint, "exit_code": int(broken.exit_code)}
    show_json({"status": "refused", "error": said, **shown})
    sys.stderr.write(f"rolesync: {safe(broken.message)}\n  → {safe(broken.hint)}\n")
    return broken.exit_code
