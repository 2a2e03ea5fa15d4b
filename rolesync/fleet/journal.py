"""The journal of a fleet: which account began and ended when, on the disk before the fleet continues.

It is a record like those of the accounts, so it is append-only and hash-chained. After a crash, the fleet resumes from
it. It also has the end of each account's record: a whole older copy of a record looks intact by itself, but not here.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from rolesync.audit.chain import whole_lines
from rolesync.audit.record import Record, open_record
from rolesync.errors import UsageError
from rolesync.fleet.guards import mark_blocked
from rolesync.fleet.jobs import JobKind, decode_result, result_json
from rolesync.fleet.night_folder import load_night
from rolesync.model.fleet import SUCCESSES, AccountResult, AccountStatus, FleetVerdict, Night, RecordHead

_START, _BEGIN, _RESULT, _END = "fleet.start", "account.begin", "account.end", "fleet.end"


@dataclass(frozen=True, slots=True)
class PastNight:
    """A run over the fleet, as far as the journal has it.

    Attributes:
        run: its id.
        command: `check`, `plan`, `apply` or `sync`.
        folder: where its plans are; "" if it has none.
        accounts: the accounts that it was to handle.
        disabled: the accounts that were not enabled, each with its reason.
        started_at: when it began; ISO 8601, UTC.
        begun: the accounts that began to be applied, or planned where nothing is applied.
        results: the last result of each account.
        is_applying: whether applying had begun.
        verdicts: the guards of the fleet that blocked.
        stopped: why it stopped early; "" if it didn't.
        finished_at: when it ended; "" if it didn't.
    """

    run: str
    command: str
    folder: str
    accounts: tuple[str, ...]
    disabled: Mapping[str, str]
    started_at: str
    begun: frozenset[str] = frozenset()
    results: dict[str, AccountResult] = field(default_factory=dict)
    is_applying: bool = False
    verdicts: tuple[FleetVerdict, ...] = ()
    stopped: str = ""
    finished_at: str = ""

    def night(self, fleet: str) -> Night:
        """Describe this run, with a result for each account; those of planning are in the folder that was applied.

        Raises:
            UsageError, PlanRefusedError: as `load_night`.
        """
        planned = load_night(Path(self.folder)).results if self.command == "apply" else ()
        results = {**{result.account: result for result in planned}, **self.results}
        return Night(
            fleet=fleet,
            run=self.run,
            command=self.command,
            results=tuple(
                mark_blocked((self._result_of(name, results.get(name)) for name in self.accounts), self.verdicts)
            ),
            disabled=self.disabled,
            verdicts=self.verdicts,
            stopped=self.stopped,
            started_at=self.started_at,
            finished_at=self.finished_at,
        )

    def _result_of(self, name: str, result: AccountResult | None) -> AccountResult:
        plan = result.plan if result else None
        if name in self.begun:
            message = "began, and the fleet's process ended before its result"
            return AccountResult(name, AccountStatus.DIED, message, plan=plan)
        if result is None or (self.is_applying and result.status is AccountStatus.PLANNED):
            return AccountResult(name, AccountStatus.NOT_BEGUN, self.stopped, plan=plan)
        return result


class Journal:
    """The journal, open for appending. Any thread may append."""

    def __init__(self, record: Record, run: str) -> None:
        self._record = record
        self._run = run
        self._lock = Lock()

    def start(self, command: str, folder: str, accounts: list[str], disabled: Mapping[str, str]) -> None:
        """Note that the run begins."""
        self._append(_START, command=command, folder=folder, accounts=accounts, disabled=dict(disabled))

    def begin(self, account: str, kind: JobKind, attempt: int) -> None:
        """Note that an account begins."""
        self._append(_BEGIN, account=account, kind=kind.value, attempt=attempt)

    def end(self, result: AccountResult, kind: JobKind) -> None:
        """Note the result of an account."""
        self._append(_RESULT, kind=kind.value, result=result_json(result))

    def finish(self, verdicts: Sequence[FleetVerdict], stopped: str) -> None:
        """Note that the run has ended, with the guards of the fleet that blocked, and why it stopped early."""
        self._append(_END, verdicts=[asdict(verdict) for verdict in verdicts], stopped=stopped)

    def _append(self, event: str, **fields: Any) -> None:  # noqa: ANN401  # any JSON value
        with self._lock:
            self._record.append(event, run=self._run, **fields)


def open_journal(folder: Path, now: Callable[[], datetime]) -> Record:
    """Open the journal of a fleet for appending.

    Raises:
        RecordError, RecordBrokenError: as `open_record`.
    """
    return open_record(folder, now=now)


def past_nights(folder: Path, run: str | None = None) -> list[PastNight]:
    """Read runs over the fleet, oldest first.

    Args:
        folder: the folder of the fleet.
        run: the beginning of the ids of the runs to read, "" for only the last one; None for all, which takes memory
            for each account in each of them.

    Raises:
        RecordError, RecordBrokenError: as `whole_lines`.
    """
    nights: dict[str, PastNight] = {}
    for entry in _entries(folder):
        name = entry["run"]
        if run and not name.startswith(run):
            continue
        if entry["event"] == _START:
            if run == "":
                nights.clear()
            nights[name] = PastNight(
                run=name,
                command=entry["command"],
                folder=entry["folder"],
                accounts=tuple(entry["accounts"]),
                disabled=entry["disabled"],
                started_at=entry["time"],
                is_applying=entry["command"] == "apply",
            )
        elif name in nights:
            nights[name] = _continued(nights[name], entry)
    return list(nights.values())


def _continued(night: PastNight, entry: Mapping[str, Any]) -> PastNight:
    if entry["event"] == _BEGIN:
        is_applying = night.is_applying or entry["kind"] == JobKind.APPLY.value
        before = night.begun if is_applying == night.is_applying else frozenset[str]()
        return replace(night, begun=before | {entry["account"]}, is_applying=is_applying, finished_at="")
    if entry["event"] == _RESULT:
        result = decode_result(entry["result"])
        if (earlier := night.results.get(result.account)) and result.plan is None:
            result = replace(result, plan=earlier.plan)
        night.results[result.account] = result  # a copy for each would take the square of the accounts
        return replace(night, begun=night.begun - {result.account})
    verdicts = tuple(FleetVerdict(**{**each, "accounts": tuple(each["accounts"])}) for each in entry["verdicts"])
    return replace(night, verdicts=verdicts, stopped=entry["stopped"], finished_at=entry["time"])


def find_night(nights: list[PastNight], run: str) -> PastNight:
    """Find a run by its id or the beginning of it; the last one for "".

    Raises:
        UsageError: there is no such run, or there are several.
    """
    matches = [night for night in nights if night.run.startswith(run)] if run else nights[-1:]
    if len(matches) != 1:
        number = f"{len(matches)} runs of the fleet begin" if matches else "no run of the fleet begins"
        message = f"{number} with {run!r}" if run else "this fleet has no run yet"
        hint = (
            f"runs: {', '.join(night.run for night in matches[-3:])}" if matches else "name the id that a run printed"
        )
        raise UsageError(message, hint=hint)
    return matches[0]


@dataclass(frozen=True, slots=True)
class KnownAccounts:
    """What the journal knows of the accounts: when each last succeeded, and the end of its record."""

    last_success: Mapping[str, str]
    heads: Mapping[str, RecordHead]


def known_accounts(folder: Path) -> KnownAccounts:
    """Read from the journal what it knows of the accounts.

    Raises:
        RecordError, RecordBrokenError: as `whole_lines`.
    """
    last_success: dict[str, str] = {}
    heads: dict[str, RecordHead] = {}
    for entry in _entries(folder):
        if entry["event"] != _RESULT:
            continue
        result = decode_result(entry["result"])
        if result.status in SUCCESSES and entry["kind"] != JobKind.CHECK.value:
            last_success[result.account] = entry["time"]
        if result.head:
            heads[result.account] = result.head
    return KnownAccounts(last_success, heads)


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    for line in whole_lines(folder):
        entry = json.loads(line)
        if "run" in entry:
            yield entry
