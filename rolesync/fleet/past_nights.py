"""The runs over a fleet that its journal has, each as far as it went."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rolesync.errors import UsageError
from rolesync.fleet.guards import mark_blocked
from rolesync.fleet.journal import BEGIN_EVENT, RESULT_EVENT, entries, reading
from rolesync.fleet.journal_index import RunStart, all_runs, read_index
from rolesync.fleet.night_folder import load_night
from rolesync.fleet.results import applied_result, not_begun
from rolesync.fleet.worker_protocol import JobKind, decode_result
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict, Night


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
        planned = load_night(Path(self.folder)).to_apply if self.command == "apply" else []
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
        if name in self.begun:
            message = "began, and the journal has no result of it; its own record shows how far it came"
            ended = AccountResult(
                name, AccountStatus.DIED, message, "the next run finds out what was done, and continues"
            )
        elif result is None or (self.is_applying and result.status is AccountStatus.PLANNED):
            ended = not_begun(name, self.stopped, self.command)
        else:
            return result
        return applied_result(ended, result, is_sync=self.command == "sync") if result else ended


def find_night(folder: Path, run: str = "", commands: Collection[str] = ()) -> PastNight:
    """Find a run over the fleet.

    Args:
        folder: the folder of the fleet.
        run: its id, or the beginning of it; "" for the last one.
        commands: the commands that the last one may be a run of; empty for any.

    Raises:
        UsageError: there is no such run, or there are several.
        RecordError: the journal can't be read.
        RecordBrokenError: an entry was changed after it was written.
    """
    index = read_index(folder)
    matches = _matches(index.runs, run, commands)
    if not index.has_all_runs and (not matches or matches[0] == index.runs[0]):  # earlier runs may match, too
        matches = _matches(all_runs(folder), run, commands)
    if len(matches) != 1:
        raise _not_one(matches, run, commands if index.runs else ())
    return _read(folder, matches[0])


def _matches(runs: Iterable[RunStart], run: str, commands: Collection[str]) -> list[RunStart]:
    if run:
        return [start for start in runs if start.run.startswith(run)]
    return [start for start in runs if not commands or start.command in commands][-1:]


def _not_one(matches: list[RunStart], run: str, commands: Collection[str]) -> UsageError:
    if matches:
        hint = f"runs: {', '.join(start.run for start in matches[-3:])}"
        return UsageError(f"{len(matches)} runs of the fleet begin with {run!r}", hint=hint)
    hint = "name the id that a run printed"
    if run:
        return UsageError(f"no run of the fleet begins with {run!r}", hint=hint)
    which = f" of {' or '.join(commands)}" if commands else ""
    return UsageError(f"this fleet has no run{which} yet", hint=hint)


def _read(folder: Path, start: RunStart) -> PastNight:
    night: PastNight | None = None
    with reading(folder):
        for _, entry in entries(folder, start.position):
            if entry["run"] == start.run:
                night = _continued(night, entry) if night else _begun(entry)
    assert night  # noqa: S101  # its first entry is at its place
    return night


def _begun(entry: Mapping[str, Any]) -> PastNight:
    return PastNight(
        run=entry["run"],
        command=entry["command"],
        folder=entry["folder"],
        accounts=tuple(entry["accounts"]),
        disabled=entry["disabled"],
        started_at=entry["time"],
        is_applying=entry["command"] == "apply",
    )


def _continued(night: PastNight, entry: Mapping[str, Any]) -> PastNight:
    if entry["event"] == BEGIN_EVENT:
        is_applying = night.is_applying or entry["kind"] == JobKind.APPLY.value
        begun_before = night.begun if is_applying == night.is_applying else frozenset[str]()
        return replace(night, begun=begun_before | {entry["account"]}, is_applying=is_applying, finished_at="")
    if entry["event"] == RESULT_EVENT:
        result = decode_result(entry["result"])
        if (earlier := night.results.get(result.account)) and result.plan is None:
            result = replace(result, plan=earlier.plan)
        night.results[result.account] = result  # in place: a copy for each account would take quadratic time
        return replace(night, begun=night.begun - {result.account})
    verdicts = tuple(FleetVerdict(**{**each, "accounts": tuple(each["accounts"])}) for each in entry["verdicts"])
    return replace(night, verdicts=verdicts, stopped=entry["stopped"], finished_at=entry["time"])
