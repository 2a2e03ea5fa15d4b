"""Lock the account for a run that writes, and resolve what earlier runs left unknown."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rolesync.errors import RecordError, RolesyncError
from rolesync.executor.lock import account_lock
from rolesync.executor.recovery import recover
from rolesync.executor.run_context import RunContext
from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.events import RunStart
from rolesync.history.read import read_events_of_runs
from rolesync.history.recent_changes import RecentChanges, recent_changes
from rolesync.history.run_effects import ActionResult, sent_actions
from rolesync.studio.users import StudioWriter
from rolesync.workflows.connect import connect, earlier_runs_of, open_account_record
from rolesync.workflows.context import Context
from rolesync.workflows.state_folder import make_account_folder


@dataclass(frozen=True)
class LockedAccount:
    """An account that only this run may change: what the run works with, and what earlier runs left."""

    run_context: RunContext
    earlier_runs: EarlierRuns


@contextmanager
def lock_account(context: Context, command: str) -> Iterator[LockedAccount]:
    """Lock the account, and resolve the requests that earlier runs left unknown before anything is planned.

    Raises:
        UsageError: the folder of the record can't be written.
        LockHeldError: another run holds the lock; nothing was read or written.
        StudioError: Studio can't be read.
        RecordError: the record can't be read or written; also from the `with` block, with how far the run came.
        RecordBrokenError: the record was changed after it was written.
    """
    folder, run = context.settings.account_dir, context.new_run()
    make_account_folder(context.settings)
    with (
        connect(context) as client,
        account_lock(folder, run=run, command=command, now=context.now),
        open_account_record(context) as record,
    ):
        studio = StudioWriter(client)
        earlier_runs = earlier_runs_of(context)
        run_context = RunContext(
            run=run,
            command=command,
            studio=studio,
            record=record,
            folder=folder,
            now=context.now,
            seconds=context.seconds,
            progress=context.progress,
            parallel=context.settings.write_concurrency,
            recent=_recent(earlier_runs, context, client.now()),
            operator=context.settings.user,
        )
        recover(earlier_runs, run_context)
        if earlier_runs.unsettled:
            earlier_runs = earlier_runs_of(context)
            run_context = replace(run_context, recent=_recent(earlier_runs, context, client.now()))
        try:
            yield LockedAccount(run_context, earlier_runs)
        except RecordError as error:
            key = context.settings.audit_key.get_secret_value()
            raise _with_progress(error, folder, run, key, client.counts["put_roles"]) from error


def _recent(earlier_runs: EarlierRuns, context: Context, clock: float) -> RecentChanges:
    return recent_changes(earlier_runs, context.now(), clock, context.settings.settle_seconds)


def _with_progress(error: RecordError, folder: Path, run: str, key: str, requests: int) -> RecordError:
    """Add to the error of a record that can't be written how far the run came, as far as the record shows it.

    `requests` counts those that change roles.
    """
    try:
        events = list(read_events_of_runs(folder, [run], key=key))
    except RolesyncError:  # the folder may be gone
        events = []
    start = next((event for event in events if isinstance(event, RunStart)), None)
    if start is None:
        if not requests:
            return error
        message = f"{error.message} Run {run} had sent {requests:,} requests before, and the record doesn't show them."
        return RecordError(message, hint="put the record back if you can; then run the same command: it reads Studio")
    results = Counter(result for _, result in sent_actions(events))
    unknown = results[ActionResult.UNKNOWN]
    message = f"{error.message} {results[ActionResult.DONE]:,} of {start.additions + start.removals:,} done, run {run}"
    message += f"; whether {unknown:,} more were done is not known yet." if unknown else "."
    hint = "free disk space, or give this user access to the folder: make room and run the same command"
    return RecordError(message, hint=hint)
