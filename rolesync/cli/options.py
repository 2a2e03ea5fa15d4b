"""The options that commands share, and the settings that they make."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.settings import Settings


class Form(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


class BadRowsChoice(StrEnum):
    """What becomes of rows that can't be read."""

    REFUSE = "refuse"
    HOLD = "hold"


Format = Annotated[Form, typer.Option("--format", help="Answer for people, or as JSON for programs.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Settings file, instead of ./rolesync.toml.", show_default=False
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="NAME=VALUE", help="Any setting, for this time only.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="Show all rows of each list.")]
NoPager = Annotated[bool, typer.Option("--no-pager", help="Print at once what is longer than the terminal.")]
Override = Annotated[
    str,
    typer.Option("--override", metavar="DIGEST", help="Let the plan with this digest pass its guards once."),
]
ListFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The desired-roles list (CSV, XLSX, ODS, XLS).", show_default=False)
]
Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook: name, or number from 1.", show_default=False),
]
HeaderRow = Annotated[
    int | None,
    typer.Option("--header-row", metavar="ROW", min=1, help="Row of the header; else looked for.", show_default=False),
]
BadRows = Annotated[
    BadRowsChoice | None,
    typer.Option("--bad-rows", help="Hold rows that can't be read, and all removals, or refuse.", show_default=False),
]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan saved by `plan -o`.", show_default=False)]
PlanOrRun = Annotated[
    str,
    typer.Argument(
        metavar="PLAN|RUN", help="A plan saved by `plan -o`, or a run's id or the beginning of it.", show_default=False
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the beginning of it.", show_default=False)]

SHOWN = 50  # changes that a terminal shows before it asks for --all


def row_limit(show_all: bool) -> int | None:
    """Tell how many changes to show; None is all."""
    return None if show_all else SHOWN


def load_settings(config: Path | None, assignments: list[str] | None, **overrides: Any) -> "Settings":  # noqa: ANN401
    """Read the settings, with those of the command line on top.

    Raises:
        UsageError: an assignment isn't NAME=VALUE or says something twice, or the settings are wrong.
    """
    from rolesync.settings import load

    given: dict[str, Any] = {}
    for text in assignments or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: no '='", hint="write --set NAME=VALUE, such as --set chunk_size=20")
        if name.strip() in given or overrides.get(name.strip()) is not None:
            raise UsageError(f"--set {text}: {name.strip()} is given twice", hint="leave one of them out")
        given[name.strip()] = _value(value, text)
    return load(config, **{**overrides, **given})


def _value(text: str, whole: str) -> object:
    """Read a list or a mapping as JSON, as in the environment; leave anything else to the setting."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"--set {whole}: not JSON ({error})", hint='write it like ["Admin"] or {"Boss": "Admin"}'
        ) from None
