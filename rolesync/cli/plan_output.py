"""How commands read, save and show plans."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.options import Form, load_settings, row_limit
from rolesync.cli.output import save_file, show_view, write_stdout
from rolesync.errors import Exit, PlanRefusedError, RecordBrokenError, RecordError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.model.plans import Plan
    from rolesync.report.html.tables import Touched


def save_and_show_plan(made: "Plan", output: Path | None, form: Form, *, show_all: bool, detailed: bool) -> Exit:
    """Save a new plan if a place is named, show it, and say by the exit code what it comes to."""
    text = plan_text(made)
    if output:
        save_file(text, output, "the plan")
    if form is Form.JSON:
        write_stdout(text)
    else:
        show_plan(made, show_all, apply_command(output or "PLAN"))
    if made.blocked:
        return Exit.BLOCKED
    return Exit.PENDING if detailed and len(made.changes) else Exit.DONE


def load_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        UsageError: there is no such file.
        PlanRefusedError: it is no plan, or not the one that was saved.
    """
    from rolesync.planner.decode import from_json

    try:
        text = path.read_bytes().decode("ascii")
    except OSError as error:
        raise UsageError(f"plan {path} can't be read: {error.strerror}", hint="name a file saved by plan -o") from error
    except UnicodeDecodeError as error:
        raise PlanRefusedError(
            f"{path} is no plan of rolesync: byte {error.start} isn't ASCII", hint="make a new plan: rolesync plan FILE"
        ) from error
    try:
        return from_json(text)
    except PlanRefusedError as error:
        raise PlanRefusedError(f"{path}: {error.message}", hint=error.hint) from error


def load_last_changes(made: "Plan", config: Path | None, assignments: list[str] | None) -> "Touched | None":
    """Ask the record for the last run that touched each person; None where it can't tell, since a plan needs none.

    Only the settings say where the records are, and a plan can be shown without any. The plan says whose is meant.

    Raises:
        UsageError: settings were named for it, and they are wrong.
    """
    from rolesync.audit.files import RECORD
    from rolesync.history.person import last_changes
    from rolesync.report.content.text import escape_for_display

    try:
        own = load_settings(config, assignments)
    except UsageError:
        if config or assignments:
            raise
        return None
    users, key = set(made.changes["user_id"].tolist()), own.audit_key.get_secret_value()
    folder = own.dir_of(made.account)
    try:
        return last_changes(folder, users, key=key) if (folder / RECORD).exists() else None
    except (OSError, RecordError, RecordBrokenError) as error:
        sys.stderr.write(f"the page can't say which run last touched whom: {escape_for_display(str(error))}\n")
        return None


def plan_text(made: "Plan") -> str:
    """Spell a plan as it is saved."""
    from rolesync.planner.encode import to_json

    return to_json(made)


def apply_command(plan_path: Path | str) -> str:
    """Name the command that applies a saved plan."""
    return f"rolesync apply {shlex.quote(str(plan_path))}"


def show_plan(made: "Plan", show_all: bool, command: str, pager: "Sequence[str]" = ()) -> None:
    """Show a plan on the terminal; `command` applies it, "" where that happens at once."""
    from rolesync.report.terminal.plan import plan_view

    show_view(plan_view(made, limit=row_limit(show_all), command=command), pager=pager)
