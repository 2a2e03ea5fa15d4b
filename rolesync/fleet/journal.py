"""The journal of a fleet: which account began and ended when, on the disk before the fleet continues.

It is a record like those of the accounts, so it is append-only and hash-chained. After a crash, the fleet resumes from
it. It also has the end of each account's record: a whole older copy of a record looks intact by itself, but not here.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from rolesync.audit.chain import lines_from
from rolesync.audit.files import Position
from rolesync.audit.record import Record, open_record
from rolesync.errors import RecordError
from rolesync.fleet.worker_protocol import JobKind, result_json
from rolesync.model.fleet import AccountResult, FleetVerdict

START_EVENT, BEGIN_EVENT, RESULT_EVENT, END_EVENT = "fleet.start", "account.begin", "account.end", "fleet.end"


class Journal:
    """The journal, open for appending. Any thread may append."""

    def __init__(self, record: Record, run: str) -> None:
        self._record = record
        self._run = run
        self._lock = Lock()

    def start(self, command: str, folder: str, accounts: list[str], disabled: Mapping[str, str]) -> None:
        """Note that the run begins."""
        self._append(START_EVENT, command=command, folder=folder, accounts=accounts, disabled=dict(disabled))

    def begin(self, account: str, kind: JobKind, attempt: int) -> None:
        """Note that an account begins."""
        self._append(BEGIN_EVENT, account=account, kind=kind.value, attempt=attempt)

    def end(self, result: AccountResult, kind: JobKind) -> None:
        """Note the result of an account."""
        self._append(RESULT_EVENT, kind=kind.value, result=result_json(result))

    def finish(self, verdicts: Sequence[FleetVerdict], stopped: str) -> None:
        """Note that the run has ended, with the guards of the fleet that blocked, and why it stopped early."""
        self._append(END_EVENT, verdicts=[asdict(verdict) for verdict in verdicts], stopped=stopped)

    def _append(self, event: str, **fields: Any) -> None:  # noqa: ANN401  # any JSON value
        with self._lock:
            self._record.append(event, run=self._run, **fields)


def open_journal(folder: Path, now: Callable[[], datetime]) -> Record:
    """Open the journal of a fleet for appending.

    Raises:
        RecordError, RecordBrokenError: as `open_record`.
    """
    return open_record(folder, now=now)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Turn an entry that this version can't read into an error of rolesync, while the `with` block lasts.

    Raises:
        RecordError: an entry is of another version of rolesync.
    """
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{folder}: this version of rolesync can't read an entry of the fleet's journal",
            hint="use the version that the fleet used last",
        ) from error


def entries(folder: Path, start: Position) -> Iterator[tuple[Position, dict[str, Any]]]:
    """Yield the entries of the journal after a place, each with the place after it.

    Raises:
        RecordError: the journal can't be read.
        RecordBrokenError: an entry was changed after it was written.
    """
    for position, line in lines_from(folder, start):
        entry = json.loads(line)
        if "run" in entry:
            yield position, entry
