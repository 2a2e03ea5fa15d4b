"""How commands show what a run did, and why a plan was not applied."""

import json
import shlex
import sys
from typing import TYPE_CHECKING

from rolesync.cli.exit_codes import exit_code_of
from rolesync.cli.options import Form, row_limit
from rolesync.cli.output import show_json, show_view
from rolesync.cli.plan_output import plan_text, show_plan
from rolesync.errors import Exit, PlanRefusedError

if TYPE_CHECKING:
    from rolesync.executor.preconditions import BlockedError
    from rolesync.model.plans import Plan
    from rolesync.model.runs import Run


def show_blocked(refusal: "BlockedError", form: Form, *, show_all: bool, command: str) -> Exit:
    """Show a plan that a guard blocks, and say so; `command` would apply it, "" where it was just shown."""
    if form is Form.JSON:
        said = {"message": refusal.message, "hint": refusal.hint, "exit_code": int(refusal.exit_code)}
        guards = json.loads(plan_text(refusal.plan))["guards"]
        show_json({"status": "refused", "error": said, "guards": guards})
    elif command:
        show_plan(refusal.plan, show_all, command)
    return report_refusal(refusal)


def show_outcome(run: "Run", made: "Plan", show_all: bool, form: Form) -> Exit:
    """Show what a run did, and return its exit code."""
    if form is Form.JSON:
        from rolesync.report.json import run_json

        show_json(run_json(run))
    else:
        from rolesync.report.terminal.run import run_view

        source = made.source
        again = f"rolesync undo {source.undoes}" if source.undoes else f"rolesync plan {shlex.quote(source.path)}"
        show_view(run_view(run, limit=row_limit(show_all), command=again))
    return exit_code_of(run)


def report_refusal(refusal: PlanRefusedError) -> Exit:
    """Say on standard error why a plan was not applied, as for any other refusal."""
    from rolesync.report.content.text import escape_for_display

    sys.stderr.write(f"rolesync: {escape_for_display(refusal.message)}\n  → {escape_for_display(refusal.hint)}\n")
    return refusal.exit_code
