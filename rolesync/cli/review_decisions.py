"""A review without a page: the decisions of a table, the questions in the terminal, and the problems of a table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from rolesync.cli.options import Form
from rolesync.cli.plan_output import show_plan
from rolesync.cli.refusal import error_json, show_refusal_json, write_error
from rolesync.errors import DeclinedError, Exit, InputRefusedError, UsageError

if TYPE_CHECKING:
    from rolesync.model.plans import Plan
    from rolesync.planner.approval import Decisions
    from rolesync.review.sheet.problems import DecisionsRefusedError

_PROBLEMS_SHOWN = 100  # in the terminal; JSON has all problems


class ByHand(NamedTuple):
    """The values of the options for a review without a page; without these options there is a page."""

    decisions: Path | None
    reviewer: str
    sees: str


def ask(plan: "Plan", decided: "Decisions", reviewer: str, sees: str, show_all: bool) -> tuple[str, str]:
    """Show the decided plan, and ask in the terminal for the reviewer and the effect that the options don't name.

    Raises:
        UsageError: there is no terminal.
        DeclinedError: the question was interrupted.
    """
    from rolesync.planner.approval import decide

    if not sys.stdin.isatty():
        raise UsageError(
            "review asks for the reviewer and the effect of the plan, and standard input is not a terminal",
            hint='look at the plan, then add --reviewer NAME --sees "remove …, add …"',
        )
    show_plan(decide(plan, decided), show_all, "")
    try:
        reviewer = reviewer or str(typer.prompt("Who approves this plan", err=True))
        return reviewer, sees or str(typer.prompt("What does it do? Type it as in `remove 0, add 0`", err=True))
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("interrupted before anything was approved") from error


def read_decisions(path: Path | None, plan: "Plan") -> "Decisions":
    """Read the table of decisions; without a table there are no decisions."""
    from rolesync.planner.approval import Decisions
    from rolesync.review.sheet import read as sheet
    from rolesync.tables.file_type import MAX_BYTES
    from rolesync.tables.regular_file import missing_file_hint, read_regular

    if path is None:
        return Decisions()
    try:
        data, _ = read_regular(path, MAX_BYTES)
    except FileNotFoundError as error:
        raise InputRefusedError(f"the decisions {path} do not exist", hint=missing_file_hint(path)) from error
    except OSError as error:
        raise InputRefusedError(
            f"the decisions {path} can't be read: {error.strerror}",
            hint="name a file that `rolesync show PLAN --xlsx FILE` wrote",
        ) from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"the decisions {path} have more than {MAX_BYTES:,} bytes", hint="check the file's name")
    return sheet.read_decisions(data, plan)


def refuse_decisions(refusal: "DecisionsRefusedError", path: "Path | None", form: Form) -> Exit:
    """Report all problems of the decisions."""
    from rolesync.report.content.text import escape_for_display

    if form is Form.JSON:
        problems = [
            {name: getattr(problem, name) or None for name in ("sheet", "row", "column", "message")}
            for problem in refusal.problems
        ]
        show_refusal_json(error_json(refusal), problems=problems)
    for problem in refusal.problems[:_PROBLEMS_SHOWN]:
        sys.stderr.write(f"{escape_for_display(str(path))}: {escape_for_display(str(problem))}\n")
    if len(refusal.problems) > _PROBLEMS_SHOWN:
        sys.stderr.write(
            f"… and {len(refusal.problems) - _PROBLEMS_SHOWN:,} more; add --format json to see all problems\n"
        )
    return write_error(refusal)
