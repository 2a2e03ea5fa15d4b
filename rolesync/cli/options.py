"""What the commands have in common: options, settings, progress on standard error, results on standard output."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from rolesync.cli.pager import page
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import RenderableType

    from rolesync.model.live import Progress
    from rolesync.settings import Settings
    from rolesync.workflows.context import Job

Value = TypeVar("Value")

PIPED_WIDTH = 120  # columns: a log or a pager shows more than the 80 that rich assumes


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


def limit(show_all: bool) -> int | None:
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


def set_up_log(settings: "Settings") -> None:
    """Send the log to standard error, in the form and from the level that the settings say."""
    import structlog

    readable = settings.log_format == "console"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if readable
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextmanager
def working(settings: "Settings") -> Iterator["Job"]:
    """Make the job of a command, whose progress shows on standard error while the `with` block lasts."""
    from rolesync.workflows.context import Job

    set_up_log(settings)
    with _progress() as progress:
        yield Job(settings, progress=progress)


@contextmanager
def _progress() -> Iterator["Progress"]:
    """Show bars on a terminal, and elsewhere one line for each stage that is through."""
    if not sys.stderr.isatty():
        yield (
            lambda stage, done, total: print(f"{stage}: {done} of {total}", file=sys.stderr) if done == total else None
        )
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks or bars.tasks[tasks[stage]].finished:
                tasks[stage] = bars.add_task(stage.replace("[", r"\["), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell


def show(view: "RenderableType", *, aside: bool = False, pager: "Sequence[str]" = ()) -> None:
    """Print a result for people.

    Args:
        view: the result.
        aside: on standard error, where standard output is taken by a file.
        pager: the command that shows it if it is longer than the terminal, see `pager_of`.
    """
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            """Go on; rich would end the program, with an exit code that says nothing about its work."""
            _write_to_nobody()

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Patient(highlight=False, width=width, stderr=aside)
    if not pager:
        console.print(view, crop=False)
        return
    with console.capture() as drawn:
        console.print(view, crop=False)
    text = drawn.get()
    if text.count("\n") < console.height or not page(text, pager):
        sys.stdout.write(text)


def show_json(value: object) -> None:
    """Print a result for programs."""
    write(json_text(value))


def json_text(value: object) -> str:
    """Spell a result for programs, in ASCII, so that no terminal can be steered by it."""
    return json.dumps(value, indent=2) + "\n"


def write(text: str | bytes) -> None:
    """Write to standard output as it is. If its reader has gone, the command still ends with its own exit code."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _write_to_nobody()


def _write_to_nobody() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def save(text: str | bytes, path: Path, what: str) -> None:
    """Write a result to a file, whole or not at all; `-` is standard output.

    Raises:
        UsageError: the file can't be written.
    """
    if isinstance(text, str) and path.suffix.casefold() == ".csv" and not text.isascii():
        text = f"\ufeff{text}"  # without a byte order mark Excel reads it as the country's old encoding
    content = text.encode("utf-8") if isinstance(text, str) else text
    if str(path) == "-":
        write(content)
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{what} can't be written to {path}: {error.strerror}", hint="name another file") from error
    print(f"{what} saved as {path}", file=sys.stderr)


def save_forms(
    shown: Value,
    makers: "Mapping[str, Callable[[Value], str | bytes]]",
    targets: "Mapping[str, Path | None]",
    what: str,
) -> int:
    """Write something in every form that a file is named for; returns how many."""
    wanted = {name: path for name, path in targets.items() if path}
    for name, path in wanted.items():
        save(makers[name](shown), path, f"{what} ({name})")
    return len(wanted)
