"""Set up the log and show progress, both on standard error."""

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rolesync.cli.json_log import set_json_log
from rolesync.cli.notify_at_end import watch
from rolesync.cli.verbosity import is_quiet, is_verbose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rolesync.model.live import Progress
    from rolesync.settings import Settings
    from rolesync.studio.retry import Retry
    from rolesync.workflows.context import Context

NOTICEABLE_SECONDS = 3.0  # a user expects a notice after this time
NOTICE_SECONDS = 5.0  # at most between two notices, if the waits are longer


def configure_log(log_level: str = "warning", log_format: str = "console", secrets: "Iterable[str]" = ()) -> None:
    """Send the log to standard error, with this level and format; quiet and verbose override the level."""
    from rolesync.workflows import log

    set_json_log(is_json=log_format == "json")
    level = "error" if is_quiet() else "debug" if is_verbose() else log_level
    log.configure_log(level, log_format, secrets)


def configure_log_of(settings: "Settings") -> None:
    """Send the log to standard error as the settings ask, each line with the account."""
    import structlog

    from rolesync.workflows.log import secrets_of

    configure_log(settings.log_level, settings.log_format, secrets_of(settings))
    structlog.contextvars.clear_contextvars()
    if settings.account or settings.base_url:
        structlog.contextvars.bind_contextvars(account=urlsplit(settings.studio).netloc)


@contextmanager
def command_context(settings: "Settings", *, watched: str = "") -> Iterator["Context"]:
    """Make the context of a command; its progress and its retries are shown while the `with` block lasts.

    Args:
        settings: the settings of the command.
        watched: the command, if its end is reported; "" if it isn't.
    """
    configure_log_of(settings)
    facts = watch(watched, settings) if watched else None
    with _shown_context(settings) as context:
        yield facts.counting(context) if facts else context


@contextmanager
def _shown_context(settings: "Settings") -> Iterator["Context"]:
    from rolesync.workflows.context import Context

    if is_quiet():
        yield Context(settings)
        return
    if settings.log_format == "json":  # lines for people would be in the way of the program that reads the log
        from rolesync.workflows.log import StageLog

        yield Context(settings, progress=StageLog().report)
        return
    # Bars and the lines of the log would write over each other.
    with (
        _bars() if sys.stderr.isatty() and not is_verbose() else nullcontext((_write_stage, _write_line)) as (
            progress,
            write,
        )
    ):
        yield Context(settings, progress=progress, retrying=RetryNotices(write).report)


class RetryNotices:
    """Reports retries once they take some seconds; not each of many requests that wait in parallel.

    Args:
        write: prints one line.
        clock: in seconds.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._silent_until = 0.0
        self._lock = threading.Lock()

    def report(self, retry: "Retry") -> None:
        """Print a retry if it is noticeable; called from any thread."""
        if retry.elapsed + retry.wait < NOTICEABLE_SECONDS and not is_verbose():
            return
        with self._lock:
            now = self._clock()
            if now < self._silent_until:
                return
            self._silent_until = now + min(retry.wait, NOTICE_SECONDS)
        self._write(retry_text(retry))


def retry_text(retry: "Retry") -> str:
    """Describe a retry: why, which attempt is next, and when."""
    status = getattr(retry.error, "status", 0)
    if not status:
        reason = "Studio doesn't answer"
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        reason = "Studio limits the rate of requests (429)"
    else:
        reason = f"Studio answers with an error ({status})"
    return f"{reason}, attempt {retry.attempt} of {retry.attempts}, next in {math.ceil(retry.wait)} s"


def _write_line(text: str) -> None:
    print(text, file=sys.stderr)


def _write_stage(stage: str, done: int, total: int) -> None:
    """Write one line for each completed stage, and for each wait for Studio; if verbose, for each step."""
    from rolesync.model.live import WAITING

    if done == total or stage == WAITING or is_verbose():
        _write_line(f"{stage}: {done:,} of {total:,}{' s' if stage == WAITING else ''}")


@contextmanager
def _bars() -> Iterator[tuple["Progress", Callable[[str], None]]]:
    """Show a bar for each stage on a terminal; gives the functions that show progress, and a line above the bars."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    numbers = TextColumn("{task.completed:,.0f}/{task.total:,.0f}", style="progress.download")
    columns = (TextColumn("{task.description}"), BarColumn(), numbers, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks or bars.tasks[tasks[stage]].finished:
                tasks[stage] = bars.add_task(stage.replace("[", r"\["), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show, lambda text: bars.console.print(text, markup=False, highlight=False)
