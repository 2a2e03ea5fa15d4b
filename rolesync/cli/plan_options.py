"""The options that commands about plans share, and the settings with these options applied."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import load_settings
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolesync.settings import Settings


NoRemovals = Annotated[bool, typer.Option("--no-removals", help="Never remove a role (additive mode).")]
HoldRemovals = Annotated[
    bool,
    typer.Option(
        "--hold-removals",
        help="Hold all removals: the plan shows them, but doesn't send them, and guards don't count them.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PLAN",
        help="Save the plan to this file, to review and apply it; - is standard output.",
    ),
]
Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 if changes are pending, 0 if there are none.")
]
Impact = Annotated[
    bool,
    typer.Option("--impact", help="Count the media of users who would lose a role; takes at least one request each."),
]
Target = Annotated[Path | None, typer.Option(metavar="FILE", help="Write this format to FILE; - is standard output.")]


def load_plan_settings(
    config: Path | None,
    assignments: list[str] | None,
    no_removals: bool,
    hold_removals: bool,
    reading: "Mapping[str, object]",
) -> "Settings":
    """Read the settings; the options on removals and on reading the list override them.

    Raises:
        UsageError: both options on removals are set, or a setting is wrong.
    """
    if no_removals and hold_removals:
        raise UsageError(
            "--no-removals and --hold-removals contradict each other",
            hint="leave one out: --no-removals plans no removals, --hold-removals shows them as held",
        )
    mode = "additive" if no_removals else None
    return load_settings(config, assignments, mode=mode, hold_removals=hold_removals or None, **reading)
