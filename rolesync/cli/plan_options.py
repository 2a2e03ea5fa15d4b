"""Options that commands about plans share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import load_settings
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolesync.settings import Settings


NoRemovals = Annotated[bool, typer.Option("--no-removals", help="Never remove anybody: the additive mode.")]


HoldRemovals = Annotated[
    bool,
    typer.Option("--hold-removals", help="Additions only; each removal is shown as held, and guards don't count it."),
]


Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="PLAN", help="Save the plan, to review and apply it.")
]


Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 where changes are pending, 0 where there are none.")
]


Impact = Annotated[
    bool, typer.Option("--impact", help="Tell what media people have who would lose a role; a request or more each.")
]


Target = Annotated[Path | None, typer.Option(metavar="FILE", help="Write that form; - is standard output.")]


def load_plan_settings(
    config: Path | None,
    assignments: list[str] | None,
    no_removals: bool,
    hold_removals: bool,
    reading: "Mapping[str, object]",
) -> "Settings":
    """Read the settings, with what the options say of removals and of reading the list.

    Raises:
        UsageError: both options are given, or the settings are wrong.
    """
    if no_removals and hold_removals:
        raise UsageError(
            "--no-removals and --hold-removals together make no sense",
            hint="--no-removals leaves removals out of the plan, --hold-removals shows them as held: choose one",
        )
    mode = "additive" if no_removals else None
    return load_settings(config, assignments, mode=mode, hold_removals=hold_removals or None, **reading)
