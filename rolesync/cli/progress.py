"""Set up the log and show progress, both on standard error."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rolesync.model.live import Progress
    from rolesync.settings import Settings
    from rolesync.workflows.context import Context


def configure_log(settings: "Settings") -> None:
    """Send the log to standard error, with the format and the level of the settings."""
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
def command_context(settings: "Settings") -> Iterator["Context"]:
    """Make the context of a command; its progress is shown while the `with` block lasts."""
    from rolesync.workflows.context import Context

    configure_log(settings)
    with _progress() as progress:
        yield Context(settings, progress=progress)


@contextmanager
def _progress() -> Iterator["Progress"]:
    """Show bars on a terminal. Elsewhere, write one line for each completed stage, and for each wait for Studio."""
    from rolesync.model.live import WAITING

    if not sys.stderr.isatty():

        def write(stage: str, done: int, total: int) -> None:
            if done == total or stage == WAITING:
                unit = " s" if stage == WAITING else ""
                print(f"{stage}: {done} of {total}{unit}", file=sys.stderr)

        yield write
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks or bars.tasks[tasks[stage]].finished:
                tasks[stage] = bars.add_task(stage.replace("[", r"\["), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show
