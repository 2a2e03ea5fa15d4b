"""Load, save and show plans."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rolesync.cli.files import describe_other_file, is_plan, missing_plan_hint
from rolesync.cli.json_log import log_event
from rolesync.cli.options import Form, row_limit
from rolesync.cli.output import save_file, show_view, write_stdout
from rolesync.cli.refusal import write_error
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import (
    Exit,
    InputRefusedError,
    NoPlanError,
    PlanRefusedError,
    RecordBrokenError,
    RecordError,
    RolesyncError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.model.plans import Plan
    from rolesync.report.content.plan_summary import NextCommands
    from rolesync.report.html.tables import LastChanges
    from rolesync.settings import Settings

_PLAN_NAME = "plan.json"  # in advice, for a plan that was not saved
MAX_PLAN_BYTES = 2**31  # about five million changes


def save_and_show_plan(
    plan: "Plan", output: Path | None, form: Form, settings: "Settings", *, show_all: bool, detailed: bool
) -> Exit:
    """Save a new plan if `output` names a file, show it, and return the exit code for its status."""
    text = plan_text(plan)
    if output:
        save_file(text, output, "the plan", mode=settings.file_mode)
    to_stdout = str(output) == "-"  # then standard output must hold only the plan
    if form is Form.JSON:
        if not to_stdout:
            write_stdout(text)
    elif not (output and is_quiet()) or plan.blocked:
        show_plan(plan, show_all, next_commands(output, settings), aside=to_stdout)
    if plan.blocked:
        return write_blocked(plan, form)
    return Exit.PENDING if detailed and len(plan.changes) else Exit.DONE


def write_blocked(plan: "Plan", form: Form) -> Exit:
    """Write on standard error which guards block a plan that was just shown; returns the exit code."""
    from rolesync.executor.preconditions import BlockedError, check_guards

    try:
        check_guards(plan, "")
    except BlockedError as refusal:
        return write_error(refusal if form is Form.JSON else without_details(refusal))
    return Exit.DONE


def without_details(refusal: RolesyncError) -> RolesyncError:
    """Shorten the refusal of a plan that was just shown: the plan explains each guard and names the next step."""
    word, _, _ = refusal.message.partition(": ")
    if not word.startswith("BLOCKED"):
        return refusal
    return PlanRefusedError(f"{word}, as shown above; nothing was written")


def next_commands(output: Path | None, settings: "Settings") -> "NextCommands":
    """Choose what comes after a new plan: to save it, to have it reviewed, or to apply it."""
    from rolesync.cli.typed_command import plan_words
    from rolesync.report.content.plan_summary import NextCommands

    saved = output or Path(_PLAN_NAME)
    return NextCommands(
        apply=apply_command(saved),
        save="" if output else shlex.join(plan_words(settings, _PLAN_NAME)),
        review=review_command(saved) if needs_approval(settings) else "",
    )


def commands_for_saved(plan: "Plan", file: Path, settings: "Settings | None") -> "NextCommands":
    """Choose what comes after a saved plan. Its list may have changed, and the settings may ask for an approval."""
    from rolesync.executor.preconditions import has_list_changed
    from rolesync.report.content.plan_summary import NextCommands

    if has_list_changed(plan, file.parent):
        command = f"rolesync plan {shlex.quote(shown_path(plan.source.path))} -o {shlex.quote(str(file))}"
        return NextCommands(replan=command, outdated="The list has changed since this plan was made.")
    is_open = settings is not None and needs_approval(settings) and plan.approval is None
    return NextCommands(apply=apply_command(file), review=review_command(file) if is_open else "")


def needs_approval(settings: "Settings") -> bool:
    """Whether a plan needs an approval before it is applied."""
    return settings.require_approval or settings.four_eyes


def shown_path(path: str) -> str:
    """Shorten the path of a list, as it can be typed in the current folder."""
    from rolesync.report.content.text import list_text

    return list_text(path)


def load_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        InputRefusedError: the file doesn't exist, or can't be read.
        NoPlanError: the file is not a plan, is far too large, or was cut off.
        PlanRefusedError: the plan was changed after it was saved.
    """
    from rolesync.planner.decode import from_json
    from rolesync.tables.regular_file import read_regular

    try:
        content, _ = read_regular(path, MAX_PLAN_BYTES)
        if len(content) > MAX_PLAN_BYTES:
            raise NoPlanError(f"{path} has more than {MAX_PLAN_BYTES:,} bytes", hint="name a plan of rolesync")
        text = content.decode("ascii")
    except FileNotFoundError as error:
        raise InputRefusedError(f"the plan {path} does not exist", hint=missing_plan_hint(path)) from error
    except IsADirectoryError as error:
        raise InputRefusedError(f"{path} is a folder, not a plan", hint="name a file inside it") from error
    except OSError as error:
        hint = "check that the user who runs rolesync may read it"
        raise InputRefusedError(f"the plan {path} can't be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        _refuse_other_file(path, error)
        hint = "make a new plan: rolesync plan FILE -o PLAN"
        if is_plan(path):
            message = f"{path}: the plan was changed after it was written: byte {error.start} isn't ASCII"
            raise PlanRefusedError(message, hint=hint) from error
        raise NoPlanError(f"{path} is not a plan of rolesync: byte {error.start} isn't ASCII", hint=hint) from error
    try:
        return from_json(text)
    except PlanRefusedError as error:
        _refuse_other_file(path, error)
        raise type(error)(f"{path}: {error.message}", hint=error.hint) from error


def _refuse_other_file(path: Path, cause: Exception) -> None:
    """Refuse a file that is known to be something other than a plan; the hint names the command for it.

    Raises:
        NoPlanError: the file is something else.
    """
    description, advice = describe_other_file(path)
    if description:
        raise NoPlanError(f"{path} {description}", hint=advice) from cause


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
        message = f"the page can't show which run last changed each user: {escape_for_display(str(error))}"
        if not log_event("warning", message):
            sys.stderr.write(f"{message}\n")
        return None


def plan_text(plan: "Plan") -> str:
    """Encode a plan as it is saved."""
    from rolesync.planner.encode import to_json

    return to_json(plan)


def apply_command(plan_path: Path | str) -> str:
    """Format the command that applies a saved plan."""
    return f"rolesync apply {_plan_argument(plan_path)}"


def review_command(plan_path: Path | str) -> str:
    """Format the command that reviews a saved plan."""
    return f"rolesync review {_plan_argument(plan_path)}"


def whole_path(path: Path) -> Path:
    """Return a path for messages, which are read in any folder; `-` stays."""
    return path if str(path) == "-" else path.absolute()


def _plan_argument(plan_path: Path | str) -> str:
    """Quote the name of a plan; one that came from standard input, or went to standard output, has no name."""
    return "PLAN" if str(plan_path) == "-" else shlex.quote(str(plan_path))


def show_plan(
    plan: "Plan",
    show_all: bool,
    commands: "NextCommands | str",
    pager: "Sequence[str]" = (),
    *,
    applied: bool = False,
    aside: bool = False,
) -> None:
    """Show a plan in the terminal.

    Args:
        plan: the plan.
        show_all: whether to show all rows of each table.
        commands: what may come next, or the command that applies the plan; "" for nothing.
        pager: the command of the pager.
        applied: whether the plan was just applied, and its outcome shown.
        aside: whether to show it on standard error, because standard output holds a file.
    """
    from rolesync.report.terminal.plan import plan_view

    view = plan_view(plan, limit=row_limit(show_all), commands=commands, applied=applied)
    show_view(view, pager=pager, aside=aside)


def show_next(plan: "Plan", commands: "NextCommands") -> None:
    """Show only what to do next with a plan that was just shown."""
    from rolesync.report.terminal.plan import next_view

    show_view(next_view(plan, commands))
