"""The options that many commands share, and the settings with these options applied."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolesync.cli.complete_values import complete_run, complete_setting
from rolesync.cli.json_log import set_json_log
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolesync.configuration.partial_settings import WrongSettings
    from rolesync.settings import Settings


class Form(StrEnum):
    """The format of a command's output."""

    TEXT = "text"
    JSON = "json"


class BadRowsChoice(StrEnum):
    """What happens to rows that can't be read."""

    REFUSE = "refuse"
    HOLD = "hold"


Format = Annotated[Form, typer.Option("--format", help="Print text for people, or JSON for programs.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Settings file to read instead of ./rolesync.toml.", show_default=False
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="NAME=VALUE",
        help="Override any setting for this command.",
        show_default=False,
        autocompletion=complete_setting,
    ),
]
All = Annotated[bool, typer.Option("--all", help="Show all rows of each table, not only the first 50.")]
NoPager = Annotated[bool, typer.Option("--no-pager", help="Print long output directly, without a pager.")]
Override = Annotated[
    str,
    typer.Option("--override", metavar="DIGEST", help="Let the plan with this digest pass the guards once."),
]
ListFile = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE",
        help="The list of desired roles (CSV, XLSX, ODS or XLS): a file, - for standard input, or an address such as "
        "https://…; by default the setting `list`.",
        show_default=False,
    ),
]
ListAsOf = Annotated[
    str | None,
    typer.Option(
        "--list-as-of",
        metavar="TIME",
        help="When the list was made, with a zone; `now` for a list that is made when it is read.",
        show_default=False,
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet", metavar="NAME", help="Sheet of the workbook: its name, or its number from 1.", show_default=False
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of a text that isn't UTF-8, such as windows-1252.",
        show_default=False,
    ),
]
HeaderRow = Annotated[
    int | None,
    typer.Option(
        "--header-row",
        metavar="ROW",
        min=1,
        help="Row of the header; found automatically by default.",
        show_default=False,
    ),
]
BadRows = Annotated[
    BadRowsChoice | None,
    typer.Option(
        "--bad-rows", help="Unreadable rows: refuse the list, or hold them and all removals.", show_default=False
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="COLUMN=WORD",
        help="Only rows with this word in the column give their role; repeatable.",
        show_default=False,
    ),
]
IgnoreColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-column",
        metavar="COLUMN",
        help="Don't read this column, whatever its cells say; repeatable.",
        show_default=False,
    ),
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="The first row is a row: columns are named by number or letter.")
]
NoUserId = Annotated[
    bool, typer.Option("--no-user-id", help="Don't read user ids, because they are another program's.")
]
PlanFile = Annotated[
    Path, typer.Argument(metavar="PLAN", help="A plan saved by `plan -o`; - is standard input.", show_default=False)
]
PlanOrRun = Annotated[
    str,
    typer.Argument(
        metavar="PLAN|RUN",
        help="A plan saved by `plan -o`, or the id of a run or its beginning.",
        show_default=False,
        autocompletion=complete_run,
    ),
]
RunId = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="The id of a run, or its beginning.", show_default=False, autocompletion=complete_run
    ),
]

_ROWS_SHOWN = 50  # rows of each table without --all


def row_limit(show_all: bool) -> int | None:
    """Choose how many rows of each table to show; None for all."""
    return None if show_all else _ROWS_SHOWN


def column_settings(
    keep: list[str] | None, ignore_column: list[str] | None, *, no_header: bool, no_user_id: bool
) -> "dict[str, object]":
    """Make settings of the options on the columns of a list; None where an option is absent.

    Raises:
        UsageError: a `--keep` isn't COLUMN=WORD, or its column is ignored.
    """
    words: dict[str, list[str]] = {}
    for text in keep or []:
        column, word = split_pair("--keep", text, "COLUMN=WORD", "Status=Active", may_be_blank=True)
        words.setdefault(column, []).append(word)
    if overlap := sorted(words.keys() & {name.strip() for name in ignore_column or []}):
        raise UsageError(f"--keep and --ignore-column both name {overlap[0]}", hint="leave one of the two out")
    return {
        "keep": words or None,
        "ignore_columns": ignore_column or None,
        "no_header": no_header or None,
        "no_user_id": no_user_id or None,
    }


def split_pair(option: str, text: str, form: str, example: str, *, may_be_blank: bool = False) -> tuple[str, str]:
    """Split the NAME=VALUE of an option; a name may contain `=`, a value may not.

    Args:
        option: the option.
        text: what was typed.
        form: how messages call the two parts, such as NAME=ROLE.
        example: such a pair.
        may_be_blank: whether the value may be blank.

    Raises:
        UsageError: the text isn't NAME=VALUE.
    """
    name, equals, value = (part.strip() for part in text.rpartition("="))
    if not equals or not name or not (value or may_be_blank):
        raise UsageError(f"{option} {text}: not {form}", hint=f"write it like {option} {example}")
    return name, value


def load_settings(config: Path | None, assignments: list[str] | None, **overrides: Any) -> "Settings":  # noqa: ANN401
    """Read the settings; those of the command line override all others.

    Args:
        config: the settings file, None for the default file.
        assignments: NAME=VALUE of each `--set`.
        overrides: settings that have an option of their own; None if the option is absent.

    Raises:
        UsageError: an assignment isn't NAME=VALUE, a setting is set twice, or a setting is wrong.
    """
    from rolesync.settings import load

    settings = load(config, **_with_assigned(overrides, assignments))
    set_json_log(is_json=settings.log_format == "json")
    return settings


def load_settings_to_show(config: Path | None, assignments: list[str] | None) -> "tuple[Settings, WrongSettings]":
    """Read the settings, and what is wrong with some of them.

    Raises:
        UsageError: an assignment isn't NAME=VALUE, a setting is set twice, or no setting can be read.
    """
    from rolesync.configuration.partial_settings import WrongSettings
    from rolesync.settings import load

    wrong = WrongSettings()
    return load(config, wrong=wrong, **_with_assigned({}, assignments)), wrong


def _with_assigned(overrides: "Mapping[str, Any]", assignments: list[str] | None) -> dict[str, Any]:
    """Add the settings of `--set` to those that have an option of their own."""
    assigned: dict[str, Any] = {}
    for text in assignments or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: no '='", hint="write --set NAME=VALUE, such as --set chunk_size=20")
        if name.strip() in assigned or overrides.get(name.strip()) is not None:
            raise UsageError(f"--set {text}: {name.strip()} is set twice", hint="leave one of the two out")
        assigned[name.strip()] = _value(value, text)
    return {**overrides, **assigned}


def load_settings_if_any(config: Path | None, assignments: list[str] | None) -> "Settings | None":
    """Read the settings for a command that can do without: None if they are wrong.

    Raises:
        UsageError: settings were named on the command line, and they are wrong.
    """
    try:
        return load_settings(config, assignments)
    except UsageError:
        if config or assignments:
            raise
        return None


def _value(text: str, assignment: str) -> object:
    """Parse a list or a mapping as JSON, as in the environment; any other text stays text."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"--set {assignment}: not JSON ({error})", hint='write it like ["Admin"] or {"Boss": "Admin"}'
        ) from None
