"""Load, save and show plans."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.options import Form, row_limit
from rolesync.cli.output import save_file, show_view, write_stdout
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import Exit, PlanRefusedError, RecordBrokenError, RecordError, UsageError
from rolesync.private_files import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.model.plans import Plan
    from rolesync.report.html.tables import LastChanges
    from rolesync.settings import Settings

MAX_PLAN_BYTES = 2**31  # about five million changes


def save_and_show_plan(
    plan: "Plan", output: Path | None, form: Form, *, mode: int = PRIVATE, show_all: bool, detailed: bool
) -> Exit:
    """Save a new plan if `output` names a file, with this mode; show it, and return the exit code for its status."""
    text = plan_text(plan)
    if output:
        save_file(text, output, "the plan", mode=mode)
    to_stdout = str(output) == "-"  # so that nothing else may be there
    if form is Form.JSON:
        if not to_stdout:
            write_stdout(text)
    elif not (output and is_quiet()) or plan.blocked:
        show_plan(plan, show_all, apply_command(output or "PLAN"), aside=to_stdout)
    if plan.blocked:
        return Exit.BLOCKED
    return Exit.PENDING if detailed and len(plan.changes) else Exit.DONE


def load_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        UsageError: the file can't be read.
        PlanRefusedError: the file is no plan, is far too large, or was changed after it was saved.
    """
    from rolesync.planner.decode import from_json
    from rolesync.tables.regular_file import read_regular

    try:
        content, _ = read_regular(path, MAX_PLAN_BYTES)
        if len(content) > MAX_PLAN_BYTES:
            raise PlanRefusedError(f"{path} has more than {MAX_PLAN_BYTES:,} bytes", hint="name a plan of rolesync")
        text = content.decode("ascii")
    except OSError as error:
        raise UsageError(
            f"plan {path} can't be read: {error.strerror}", hint="name a file saved by `rolesync plan FILE -o PLAN`"
        ) from error
    except UnicodeDecodeError as error:
        raise PlanRefusedError(
            f"{path} is not a plan of rolesync: byte {error.start} isn't ASCII",
            hint="make a new plan: rolesync plan FILE",
        ) from error
    try:
        return from_json(text)
    except PlanRefusedError as error:
        raise PlanRefusedError(f"{path}: {error.message}", hint=error.hint) from error


def load_last_changes(plan: "Plan", settings: "Settings | None") -> "LastChanges | None":
    """Read from the record which run last changed each user of a plan.

    The record is optional: a plan can be shown without it, and without settings that name its folder.

    Returns:
        The last run by user id; None if there are no settings or no record, or if the record can't be read.
    """
    from rolesync.audit.files import RECORD
    from rolesync.history.person import last_changes
    from rolesync.report.content.text import escape_for_display

    if settings is None:
        return None
    users, key = set(plan.changes["user_id"].tolist()), settings.audit_key.get_secret_value()
    folder = settings.dir_of(plan.account)
    try:
        return last_changes(folder, users, key=key) if (folder / RECORD).exists() else None
    except (OSError, RecordError, RecordBrokenError) as error:
        sys.stderr.write(f"the page can't show which run last changed each user: {escape_for_display(str(error))}\n")
        return None


def plan_text(plan: "Plan") -> str:
    """Encode a plan as it is saved."""
    from rolesync.planner.encode import to_json

    return to_json(plan)


def apply_command(plan_path: Path | str) -> str:
    """Format the command that applies a saved plan."""
    return f"rolesync apply {shlex.quote(str(plan_path))}"


def show_plan(plan: "Plan", show_all: bool, command: str, pager: "Sequence[str]" = (), *, aside: bool = False) -> None:
    """Show a plan in the terminal, or `aside` on standard error.

    `command` is the command that applies it, "" if it is applied right away.
    """
    from rolesync.report.terminal.plan import plan_view

    show_view(plan_view(plan, limit=row_limit(show_all), command=command), pager=pager, aside=aside)
