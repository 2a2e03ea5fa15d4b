"""Show how a run ended, or why it was blocked, and return the exit code."""

import json
import shlex
from typing import TYPE_CHECKING

from rolesync.cli.exit_codes import exit_code_of
from rolesync.cli.options import Form, row_limit
from rolesync.cli.output import show_json, show_view
from rolesync.cli.plan_output import plan_text, show_plan, without_details
from rolesync.cli.refusal import error_json, show_refusal_json, write_error, write_failure
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import Exit

if TYPE_CHECKING:
    from rolesync.executor.preconditions import BlockedError
    from rolesync.model.plans import Plan
    from rolesync.model.runs import Run


def show_blocked(refusal: "BlockedError", form: Form, *, show_all: bool, command: str) -> Exit:
    """Show a plan that a guard blocks, and which guard does; `command` applies the plan, "" if it was just shown."""
    if form is Form.JSON:
        show_refusal_json(error_json(refusal), guards=json.loads(plan_text(refusal.plan))["guards"])
        return write_error(refusal)
    if command:
        show_plan(refusal.plan, show_all, command)
    return write_error(without_details(refusal))


def show_outcome(run: "Run", plan: "Plan", show_all: bool, form: Form) -> Exit:
    """Show what a run did, and return its exit code."""
    if form is Form.JSON:
        from rolesync.report.json import run_json

        show_json(run_json(run))
    elif not (is_quiet() and run.complete):
        from rolesync.report.terminal.run import run_view

        source = plan.source
        command = f"rolesync undo {source.undoes}" if source.undoes else f"rolesync plan {shlex.quote(source.path)}"
        show_view(run_view(run, limit=row_limit(show_all), command=command))
    return report_end(run)


def report_end(run: "Run", next_step: str = "") -> Exit:
    """Return the exit code of a run, and write one line on standard error unless it is complete.

    Args:
        run: the run.
        next_step: the command that shows more; by default, that of a run in the record.
    """
    code = exit_code_of(run)
    if code:
        from rolesync.report.content.run_summary import run_content

        head = run_content(run).headline
        stopped = f"; stopped: {run.stopped.rstrip('.')}" if run.stopped else ""
        message = f"{head.word}: {head.sentence.rstrip('.')}{stopped}"
        return write_failure(message, next_step or f"to see each change: rolesync show {run.run_id}", code)
    return code
