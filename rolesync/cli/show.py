"""`rolesync show PLAN|RUN`: a saved plan, or the outcome of a run, in any format."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import check_target, plan_as_json
from rolesync.cli.options import (
    All,
    Assignments,
    Config,
    Form,
    Format,
    NoPager,
    PlanOrRun,
    load_settings,
    load_settings_if_any,
    row_limit,
)
from rolesync.cli.output import json_text, save_formats, show_view, write_stdout
from rolesync.cli.pager import pager_command
from rolesync.cli.plan_options import Target
from rolesync.cli.plan_output import commands_for_saved, load_last_changes, load_plan, plan_text, show_plan
from rolesync.cli.refusal import raise_if_broken, show_json_before_break
from rolesync.errors import Exit, InputRefusedError, UsageError
from rolesync.private_files import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rolesync.model.plans import Plan
    from rolesync.model.run_report import RunReport
    from rolesync.report.content.plan_summary import NextCommands
    from rolesync.report.html.tables import LastChanges


def show(
    plan_or_run: PlanOrRun,
    html: Target = None,
    markdown: Target = None,
    csv: Target = None,
    xlsx: Target = None,
    json: Target = None,
    next_step: Annotated[
        str,
        typer.Option(
            "--next",
            metavar="TEXT",
            help="What the plan's reader is to do next, instead of the command that applies it.",
            show_default=False,
        ),
    ] = "",
    show_all: All = False,
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Show a saved plan or a run, also as a file for a reviewer.

    If a file has the given name, it is shown as a plan, even if a run has this id. A run is read from the audit record,
    not from Studio. Where a pager is used, all rows are shown.
    """
    targets = {"html": html, "markdown": markdown, "csv": csv, "xlsx": xlsx, "json": json}
    file, pager = Path(plan_or_run), pager_command(use_pager=not no_pager)
    for name, target in targets.items():
        noun = plan_as_json(file) if name == "json" and _is_there(file) else "the report"
        check_target(target, noun, report=name)
    if not _is_there(file):
        if next_step:
            raise UsageError(
                f"--next is for plans, and {plan_or_run} is not a file", hint="name a plan, or leave it out"
            )
        return show_run(plan_or_run, targets, show_all, pager, form, config, assignments)
    plan = load_plan(file)
    settings = load_settings_if_any(config, assignments)
    last_changes = load_last_changes(plan, settings) if html else None
    commands = replace(commands_for_saved(plan, file, settings), words=next_step)
    written = _write_formats(plan, targets, last_changes, commands, settings.file_mode if settings else PRIVATE)
    if form is Form.JSON:
        write_stdout(plan_text(plan))
    elif not written:
        show_plan(plan, show_all or bool(pager), commands, pager)
    return Exit.DONE


def _is_there(file: Path) -> bool:
    """Whether a file is there, or standard input is meant.

    Also True if that can't be found out: reading the file then fails with the reason.
    """
    try:
        return str(file) == "-" or file.exists()
    except OSError:
        return True


def _write_formats(
    plan: "Plan",
    targets: dict[str, Path | None],
    last_changes: "LastChanges | None",
    commands: "NextCommands",
    mode: int,
) -> int:
    """Write the plan in each format that has a target, with this mode; returns the number of files."""
    from rolesync.report.html.page import plan_html
    from rolesync.report.markdown import plan_markdown
    from rolesync.report.spreadsheet.plan import plan_csv, plan_xlsx

    formats: dict[str, Callable[[Plan], str | bytes]] = {
        "html": lambda plan: plan_html(plan, last_changes, commands=commands),
        "markdown": lambda plan: plan_markdown(plan, commands),
        "csv": plan_csv,
        "xlsx": plan_xlsx,
        "json": plan_text,
    }
    return save_formats(plan, formats, targets, "the plan", mode)


def show_run(
    run: str,
    targets: "Mapping[str, Path | None]",
    show_all: bool,
    pager: "Sequence[str]",
    form: Form,
    config: Path | None,
    assignments: list[str] | None,
) -> Exit:
    """Show a run as the record has it: its facts, the outcome of each change that it sent or found drifted, its proof.

    Raises:
        UsageError: there is no run and no file of that name, the settings are wrong, or a target can't be written.
        InputRefusedError: there is no run of that name, and it looks like the name of a file.
        RecordError: the record can't be read.
        RecordBrokenError: the record was changed. If the run began before that place, it was shown first.
    """
    from rolesync.history.run_report import report_before_break
    from rolesync.tables.regular_file import missing_file_hint

    try:
        settings = load_settings(config, assignments)
        report, broken = report_before_break(settings.account_dir, run, key=settings.audit_key.get_secret_value())
    except UsageError as error:
        if Path(run).suffix or Path(run).name != run:
            message = f"the plan {run} does not exist"
            hint = missing_file_hint(Path(run), "name a saved plan, or a run: `rolesync runs` lists them")
            raise InputRefusedError(message, hint=hint) from error
        raise UsageError(
            f"{run}: there is no such file; as the id of a run: {error.message.rstrip('.')}",
            hint=f"{error.hint.rstrip('.')}; to show a plan, name its file",
        ) from error
    written = any(targets.values()) and save_formats(report, _run_formats(), targets, "the run", settings.file_mode)
    if form is Form.JSON:
        from rolesync.report.json import run_report_json

        return show_json_before_break(run_report_json(report), broken)
    if not written:
        from rolesync.report.terminal.run import run_view

        show_view(run_view(report, limit=row_limit(show_all or bool(pager))), pager=pager)
    return raise_if_broken(broken)


def _run_formats() -> "dict[str, Callable[[RunReport], str | bytes]]":
    from rolesync.report.html.page import run_html
    from rolesync.report.json import run_report_json
    from rolesync.report.markdown import run_markdown
    from rolesync.report.spreadsheet.run import run_csv, run_xlsx

    return {
        "html": run_html,
        "markdown": run_markdown,
        "csv": run_csv,
        "xlsx": run_xlsx,
        "json": lambda report: json_text(run_report_json(report)),
    }
