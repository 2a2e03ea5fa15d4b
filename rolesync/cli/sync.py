"""`rolesync sync FILE`: plan and apply in one unattended run."""

import json
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.files import list_of, shown_list
from rolesync.cli.notify_at_end import note
from rolesync.cli.options import (
    All,
    Assignments,
    BadRows,
    Config,
    Encoding,
    Form,
    Format,
    HeaderRow,
    IgnoreColumn,
    Keep,
    ListAsOf,
    ListFile,
    NoHeader,
    NoUserId,
    Override,
    Sheet,
    column_settings,
)
from rolesync.cli.output import show_json
from rolesync.cli.plan import plan
from rolesync.cli.plan_options import HoldRemovals, Impact, NoRemovals, load_plan_settings
from rolesync.cli.plan_output import plan_text, show_plan, without_details
from rolesync.cli.progress import command_context
from rolesync.cli.refusal import write_error
from rolesync.cli.run_output import report_end, show_outcome
from rolesync.cli.typed_command import plan_words
from rolesync.cli.validate import refuse_list
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import Exit, InputRefusedError, PlanRefusedError, UsageError

if TYPE_CHECKING:
    from rolesync.settings import Settings
    from rolesync.workflows.sync import SyncResult


def sync(
    file: ListFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan, as `rolesync plan` does.")] = False,
    no_removals: NoRemovals = False,
    hold_removals: HoldRemovals = False,
    impact: Impact = False,
    sheet: Sheet = None,
    header_row: HeaderRow = None,
    encoding: Encoding = None,
    bad_rows: BadRows = None,
    keep: Keep = None,
    ignore_column: IgnoreColumn = None,
    no_header: NoHeader = False,
    no_user_id: NoUserId = False,
    list_as_of: ListAsOf = None,
    override: Override = "",
    show_all: All = False,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """The nightly job: plan, apply and prove in one unattended run."""
    if dry_run:
        if override:
            raise UsageError("--dry-run and --override contradict each other", hint="leave one of the two out")
        return plan(
            file,
            no_removals=no_removals,
            hold_removals=hold_removals,
            impact=impact,
            sheet=sheet,
            header_row=header_row,
            encoding=encoding,
            bad_rows=bad_rows,
            keep=keep,
            ignore_column=ignore_column,
            no_header=no_header,
            no_user_id=no_user_id,
            list_as_of=list_as_of,
            show_all=show_all,
            form=form,
            config=config,
            assignments=assignments,
        )
    if impact:
        raise UsageError("--impact is for plans that are reviewed first", hint="add --dry-run, or use rolesync plan")
    from rolesync.executor.preconditions import BlockedError
    from rolesync.workflows.read_list import read_list
    from rolesync.workflows.sync import sync_list

    columns = column_settings(keep, ignore_column, no_header=no_header, no_user_id=no_user_id)
    reading = {"sheet": sheet, "header_row": header_row, "encoding": encoding, "bad_rows": bad_rows, **columns}
    settings = load_plan_settings(
        config, assignments, no_removals, hold_removals, {"list": file, "list_as_of": list_as_of, **reading}
    )
    with command_context(settings, watched="sync") as command:
        name = list_of(settings)
        _check_age_of_input(name, settings)
        context = command.with_run()
        desired = read_list(name, context)
        if desired.status == "reject":
            return refuse_list(desired, name, settings.managed_roles, form, show_all=show_all)
        result = sync_list(desired, context, override)
    is_waiting = result.refusal is not None and not isinstance(result.refusal, BlockedError)
    next_step = _PLAN_AND_REVIEW if is_waiting else ""
    note(plan=result.plan, run=result.run, error=result.refusal, is_waiting=is_waiting, next_step=next_step)
    if form is Form.JSON:
        from rolesync.report.json import run_json

        refusal = {"message": result.refusal.message, "hint": result.refusal.hint} if result.refusal else None
        run = run_json(result.run) if result.run else None
        show_json({"plan": json.loads(plan_text(result.plan)), "run": run, "refusal": refusal})
    else:
        return _show_result(result, name, settings, show_all)
    if result.refusal:
        return write_error(result.refusal)
    return report_end(result.run) if result.run else Exit.DONE


def _check_age_of_input(name: str, settings: "Settings") -> None:
    """Refuse standard input in an unattended sync unless its age is named: it always looks new.

    Raises:
        InputRefusedError: nobody sees the sync at a terminal, and its age is not named.
    """
    from rolesync.tables.regular_file import is_standard_input

    if is_standard_input(name) and not settings.list_as_of and not sys.stderr.isatty():
        raise InputRefusedError(
            "the age of a list on standard input is not known, and nobody sees this sync; nothing was read or written",
            hint="name when the list was made: --list-as-of 2026-09-01T05:30Z, or --list-as-of now",
        )


_PLAN_AND_REVIEW = "rolesync plan FILE -o plan.json, then rolesync review plan.json"
_APPROVE = "rolesync review plan.json, and rolesync apply plan.approved.json"


def _show_result(result: "SyncResult", name: str, settings: "Settings", show_all: bool) -> Exit:
    """Show the outcome and then the plan, or the plan and why it was refused."""
    from rolesync.executor.preconditions import BlockedError

    if result.run:
        code = show_outcome(result.run, result.plan, show_all, Form.TEXT)
        if not is_quiet():
            show_plan(result.plan, show_all, "", applied=True)
        return code
    is_blocked = isinstance(result.refusal, BlockedError)
    if result.refusal is None and is_quiet():
        return Exit.DONE
    show_plan(result.plan, show_all, f"rolesync sync {shlex.quote(shown_list(name))}" if is_blocked else "")
    if result.refusal is None:
        return Exit.DONE
    if is_blocked:
        return write_error(without_details(result.refusal))
    command = shlex.join(plan_words(settings, "plan.json"))
    return write_error(PlanRefusedError(result.refusal.message, hint=f"{command}; then {_APPROVE}"))
