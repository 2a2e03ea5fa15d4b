"""What every command works with: settings and clocks, the conversation with Studio, the record, the account's turn."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rolesync.audit.record import Record, open_record
from rolesync.executor.lock import account_lock
from rolesync.executor.recovery import recover
from rolesync.executor.run import RunContext
from rolesync.history.earlier_runs import EarlierRuns, load_earlier_runs
from rolesync.model.live import Progress
from rolesync.settings import Settings
from rolesync.studio.client import Client
from rolesync.studio.users import StudioWriter
from rolesync.workflows.connect import connection_of, token_of


@dataclass(frozen=True)
class Context:
    """What a command works with: its settings, the clocks, and whoever wants to know how far it is.

    `sleep` is None for really waiting, which an interruption cuts short. `answered` is told, by any thread, how many
    seconds each request took that Studio has answered.
    """

    settings: Settings
    progress: Progress = lambda _stage, _done, _total: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None
    answered: Callable[[float], None] = lambda _seconds: None

    def new_run(self) -> str:
        """Make an id that sorts by time and that no other run has."""
        return f"{self.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def connect(context: Context) -> Iterator[Client]:
    """Open the conversation with the Studio that the settings name, and close it.

    Raises:
        UsageError: no Studio or no token is set.
        RolesyncError: the token store can't be read.
    """
    counts = Counter[str]()
    connection, tokens = connection_of(context.settings), token_of(context.settings, context.now, counts)
    with Client(
        connection, tokens, sleep=context.sleep, clock=context.seconds, counts=counts, answered=context.answered
    ) as client:
        yield client


def open_account_record(context: Context) -> Record:
    """Open the account's record, to be appended to."""
    own = context.settings
    key, most = own.audit_key.get_secret_value(), own.audit_max_mb * 1_000_000
    return open_record(own.account_dir, now=context.now, key=key, max_bytes=most)


@dataclass(frozen=True)
class LockedAccount:
    """An account that this run has for itself: how it stands, and what is needed to change it."""

    session: RunContext
    past: EarlierRuns


@contextmanager
def lock_account(context: Context, command: str) -> Iterator[LockedAccount]:
    """Take the account's lock, and settle what earlier runs have left open, before anything is concluded from it."""
    folder, run = context.settings.account_dir, context.new_run()
    with (
        connect(context) as client,
        account_lock(folder, run=run, command=command, now=context.now),
        open_account_record(context) as record,
    ):
        studio = StudioWriter(client)
        past = earlier_runs_of(context)
        recover(past, studio, record, by=run)
        at_once = context.settings.write_concurrency
        clocks = (context.now, context.seconds, context.progress)
        yield LockedAccount(
            RunContext(run, command, studio, record, folder, *clocks, at_once, context.settings.user), past
        )


def earlier_runs_of(context: Context) -> EarlierRuns:
    """Recall what the account's record tells of earlier runs."""
    return load_earlier_runs(context.settings.account_dir, key=context.settings.audit_key.get_secret_value())
