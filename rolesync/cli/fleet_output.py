"""Show a run over a fleet, its progress, and the question before it."""

import sys
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from shlex import quote
from threading import Lock
from typing import TYPE_CHECKING

import typer

from rolesync.cli.json_log import log_event
from rolesync.cli.notify_at_end import note_night
from rolesync.cli.options import Form
from rolesync.cli.output import save_formats, show_json, show_view
from rolesync.cli.refusal import write_failure
from rolesync.cli.verbosity import is_quiet
from rolesync.errors import DeclinedError, Exit, UsageError
from rolesync.private_files import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rolesync.fleet.worker_pool import AccountProgress
    from rolesync.model.fleet import AccountResult, Night


def show_night(
    night: "Night",
    form: Form,
    file: Path,
    limit: int | None = None,
    *,
    is_resumable: bool = False,
    folder: Path | None = None,
    detailed: bool = False,
    shard: str = "",
) -> Exit:
    """Show a run over a fleet, and return its exit code.

    Args:
        night: the run.
        form: text or JSON.
        file: the fleet file, for the commands that come next.
        limit: the number of accounts to show in each table; None for all.
        is_resumable: whether the run can be resumed.
        folder: where its plans were saved for the next command; None if there is none.
        detailed: whether changes that are pending exit with 2.
        shard: the shard of the fleet, as in `3/20`; "" for the whole fleet.
    """
    from rolesync.model.fleet import exit_code_of_night

    code = exit_code_of_night(night, detailed=detailed)
    note_night(night, str(folder.absolute()) if folder else "")
    show_past_night(night, form, limit, next_command(night, file if is_resumable else None, folder, shard))
    return code if code in {Exit.DONE, Exit.PENDING} else _write_end(night, code, file, shard)


def show_past_night(night: "Night", form: Form, limit: int | None, command: str) -> None:
    """Show a run over a fleet; `command` comes next, "" for nothing."""
    if form is Form.JSON:
        from rolesync.report.content.fleet import night_json

        show_json(night_json(night))
        return
    from rolesync.report.terminal.fleet import night_view

    show_view(night_view(night, limit, command))


def _write_end(night: "Night", code: Exit, file: Path, shard: str) -> Exit:
    """Write one line on standard error about a run over a fleet that is not as it should be."""
    from rolesync.model.fleet import SUCCESSES
    from rolesync.report.content.fleet import night_sentence, night_title

    failed = [of for of in night.results if of.status not in SUCCESSES and of.message]
    first = f"first {failed[0].account}: {failed[0].message}" if failed else ""
    parts = [night_sentence(night).rstrip("."), night.stopped or night.unrecorded or first]
    message = f"{night_title(night)}: {'; '.join(filter(None, parts))}"
    words = ["rolesync", "fleet", "show", night.run, *fleet_option(file)]
    hint = f"to see each account: {' '.join(map(quote, words))}"
    if shard:  # its journal is not that of the fleet
        applied = "" if night.command == "plan" else " --applied"
        hint = f"once all shards have ended: rolesync fleet merge NIGHT{applied}"
    return write_failure(message, hint, code)


def next_command(night: "Night", file: Path | None, folder: Path | None, shard: str = "") -> str:
    """Choose the command that comes after a run over a fleet; "" for none.

    Args:
        night: the run.
        file: the fleet file; None if the run can't be resumed.
        folder: as for `show_night`.
        shard: as for `show_night`.
    """
    from rolesync.model.fleet import AccountStatus

    statuses = set(night.counts)
    if folder and AccountStatus.WAITING in statuses:
        return f"rolesync fleet review {quote(str(folder))}"
    if folder and AccountStatus.PLANNED in statuses and not night.blocked:
        return f"rolesync fleet apply {quote(str(folder))}"
    resumable = {
        AccountStatus.NOT_BEGUN,
        AccountStatus.DIED,
        AccountStatus.RUNNING,
        AccountStatus.TIMED_OUT,
        AccountStatus.UNREACHABLE,
        AccountStatus.LOCKED,
        AccountStatus.INCOMPLETE,
    }
    is_left = any(
        result.status in resumable and (night.command == "sync" or result.plan is not None) for result in night.results
    )
    if file and night.command in {"apply", "sync"} and not night.blocked and is_left:
        return resume_command(file, night.run, shard)
    return ""


def resume_command(file: Path, run: str = "", shard: str = "") -> str:
    """Return the command that resumes a run over a fleet, the last one by default; `shard` is as in `3/20`."""
    words = ["rolesync", "fleet", "resume", *([run] if run else []), *fleet_option(file)]
    words += ["--shard", shard] if shard else []
    return " ".join(map(quote, words))


def fleet_option(file: Path) -> list[str]:
    """Return the option that names the fleet file; none is needed for the default."""
    return [] if file.absolute() == Path("fleet.toml").absolute() else ["-f", str(file)]


def save_night(night: "Night", file: Path, html: Path | None, csv: Path | None) -> bool:
    """Save a run over a fleet as a page, as CSV with an account a row, or both; returns whether any was asked for."""
    from rolesync.report.content.fleet import CSV_COLUMNS, csv_rows
    from rolesync.report.html.fleet import night_html
    from rolesync.tables.write_csv import format_csv

    formats = {
        "html": lambda night: night_html(night, next_command(night, file, None)),
        "csv": lambda night: format_csv(CSV_COLUMNS, csv_rows(night)),
    }
    return bool(save_formats(night, formats, {"html": html, "csv": csv}, "the run of the fleet", PRIVATE))


def ask(results: "Sequence[AccountResult]", fleet: str) -> None:
    """Ask whether to apply the plans; without any to apply, there is nothing to ask.

    Args:
        results: the accounts as applying begins with them.
        fleet: the name of the fleet.

    Raises:
        UsageError: there is no terminal.
        DeclinedError: the answer is no, or the question was interrupted.
    """
    from rolesync.model.fleet import AccountStatus, planned_changes
    from rolesync.report.content.text import plural

    if not sys.stdin.isatty():
        raise UsageError(
            "fleet apply asks before it writes, and standard input is not a terminal",
            hint="look at the plans, then add --yes",
        )
    number = sum(result.status is AccountStatus.PLANNED for result in results)
    if not number:
        return
    additions, removals = planned_changes(results)
    not_ready = sum(result.status not in {AccountStatus.PLANNED, AccountStatus.EMPTY} for result in results)
    left_out = f"; {plural(not_ready, 'account')} can't be applied" if not_ready else ""
    question = f"Remove {removals:,} and add {additions:,} roles in {plural(number, 'account')} of {fleet}{left_out}?"
    try:
        agreed = typer.confirm(question, err=True)
    except (typer.Abort, KeyboardInterrupt) as error:
        raise DeclinedError("interrupted before anything was written") from error
    if not agreed:
        raise DeclinedError("not applied, as you answered; nothing was written")


@contextmanager
def fleet_progress() -> "Iterator[tuple[AccountProgress, Callable[[AccountResult, int], None]]]":
    """Show an account a line while it is under way; elsewhere than on a terminal, a line for each result."""
    from rolesync.report.content.fleet import result_words

    lock, context = Lock(), copy_context()  # accounts end in other threads, which don't know the log of this one

    def write(result: "AccountResult", remaining: int) -> None:
        text, seconds = result_words(result), round(result.seconds, 1)
        fields = {"account": result.account, "result": text, "seconds": seconds}
        with lock:
            if not context.run(log_event, "info", "account ended", **fields):
                print(f"{result.account}: {text} ({seconds:.1f} s; {remaining} to go)", file=sys.stderr)

    if is_quiet():
        yield (lambda _account, _stage, _done, _total: None), (lambda _result, _remaining: None)
        return
    if not sys.stderr.isatty():
        yield (lambda _account, _stage, _done, _total: None), write
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(account: str, stage: str, done: int, total: int) -> None:
            with lock:
                task = tasks.setdefault(account, bars.add_task(account, total=total)) if account not in tasks else None
                bars.update(task or tasks[account], description=f"{account}: {stage}", completed=done, total=total)

        def end(result: "AccountResult", remaining: int) -> None:
            with lock:
                if (task := tasks.pop(result.account, None)) is not None:
                    bars.remove_task(task)
            bars.console.print(f"{result.account}: {result_words(result)} ({remaining} to go)", highlight=False)

        yield advance, end
