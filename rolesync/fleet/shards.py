"""A fleet in shards, each on its own machine: each shard plans its accounts, one merge judges, the shards apply.

The name of an account alone decides its shard. Each shard has its own lock and journal, in the state folder that all
machines share. Only the merge sees all plans, so a shard applies nothing before the merge. Then each shard judges all
plans again, because plans may have been approved meanwhile.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shlex import quote

from rolesync.errors import RolesyncError, UsageError
from rolesync.fleet.approvals import with_approval
from rolesync.fleet.commands import apply_planned
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.fleet_run import FleetContext, FleetRun, finish_run, fleet_run, start_run
from rolesync.fleet.guards import judge_fleet, mark_blocked
from rolesync.fleet.journal_index import read_index
from rolesync.fleet.night_folder import PlannedNight, check_same_file, load_night, save_night, summary_path
from rolesync.fleet.past_nights import PastNight
from rolesync.fleet.schedule import Limits
from rolesync.fleet.worker_protocol import JobKind
from rolesync.model.fleet import SUCCESSES, AccountResult, AccountStatus, FleetVerdict, Night

_SHARD = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
_APPLIED = "fleet.applied.*-of-*.json"
_SUMMARY = re.compile(r"fleet\.(?:applied\.)?(\d+)-of-(\d+)\.json")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of the `count` shards of a fleet, numbered from 1."""

    number: int
    count: int

    def __str__(self) -> str:
        """The name of its files and folders."""
        return f"{self.number}-of-{self.count}"

    def has(self, account: str) -> bool:
        """Whether an account belongs to this shard; other accounts don't affect that."""
        return int(sha256(account.encode()).hexdigest(), 16) % self.count == self.number - 1


def parse_shard(text: str) -> Shard:
    """Read a shard as in `3/20`.

    Raises:
        UsageError: it is not a shard.
    """
    match = _SHARD.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard {text} is not a shard", hint="number the shards from 1, as in --shard 3/20")
    return Shard(int(match[1]), int(match[2]))


def check_shard_folder(folder: Path) -> None:
    """Refuse a night that is merged already; a shard that failed before may plan again.

    Raises:
        UsageError: it is merged.
    """
    summary = summary_path(folder)
    if not summary.exists():
        return
    if any(folder.glob(_APPLIED)):
        hint = "plan a new night in a new folder; to merge what was applied, add --applied"
        raise UsageError(f"{folder} is merged, and shards have applied it", hint=hint)
    raise UsageError(
        f"{folder} is merged already",
        hint=f"apply it: rolesync fleet apply {quote(str(folder))} --shard N/COUNT. To plan a shard again before any "
        f"is applied: rm {quote(str(summary))}, plan that shard, and merge again",
    )


def merge_plans(context: FleetContext, folder: Path) -> Night:
    """Merge what the shards planned into one night, and judge it. Accounts of a missing shard count as died.

    Raises:
        UsageError: there is no shard, or they are of different counts.
        PlanRefusedError: the fleet file has changed since.
    """
    results = _merged(context.fleet, folder, applied=False)
    with fleet_run(context, "plan") as run:
        started = start_run(run, [context.fleet.accounts[each.account] for each in results], str(folder))
        for result in results:
            run.journal.end(result, JobKind.PLAN)
        save_night(folder, context.fleet, run.run, results)
        stopped, verdicts = judge_night(context.fleet, results)
        return finish_run(run, started, mark_blocked(results, verdicts), verdicts, stopped)


def apply_shard(context: FleetContext, shard: Shard, night: PlannedNight, folder: Path) -> Night:
    """Apply the plans of a shard, if no guard of the whole fleet blocks them.

    Args:
        context: its fleet is that of the shard.
        shard: the shard.
        night: the merged night.
        folder: its folder.
    """
    with fleet_run(context, "apply") as run:
        names = [result.account for result in night.results if shard.has(result.account)]
        started = start_run(run, [context.fleet.accounts[name] for name in names], str(folder))
        return _apply_shard(run, started, night, folder, dict.fromkeys(names))


def resume_shard(context: FleetContext, shard: Shard, earlier: PastNight) -> Night:
    """Apply the plans that an earlier run of a shard left; changes that are done aren't sent again.

    Raises:
        UsageError, PlanRefusedError: the run applied nothing, or its night can't be read or is of another fleet file.
    """
    if earlier.command != "apply":
        raise UsageError(
            f"run {earlier.run} of shard {shard.number}/{shard.count} was a {earlier.command}, which is not resumed",
            hint=f"run it again: rolesync fleet {_plan_command(context.fleet, Path(earlier.folder))} "
            f"--shard {shard.number}/{shard.count}",
        )
    folder = Path(earlier.folder)
    night = load_night(folder)
    check_same_file(night, context.fleet)
    earlier_results = {result.account: result for result in earlier.night(context.fleet.table.name).results}
    with fleet_run(context, "apply", earlier.run) as run:
        return _apply_shard(run, earlier.started_at, night, folder, earlier_results)


def _apply_shard(
    run: FleetRun, started: str, night: PlannedNight, folder: Path, earlier_results: Mapping[str, AccountResult | None]
) -> Night:
    """Judge the whole night, and apply a shard.

    `earlier_results` has the accounts of the shard, with the results of an earlier run.
    """
    planned = [with_approval(result, folder) for result in night.to_apply]
    stopped, verdicts = judge_night(run.context.fleet, planned)
    of_shard = []
    for result in mark_blocked(planned, verdicts):
        if result.account in earlier_results:
            earlier = earlier_results[result.account]
            of_shard.append(earlier if earlier and earlier.status in SUCCESSES else result)
    if any(not verdict.accounts for verdict in verdicts):
        applied = finish_run(run, started, of_shard, verdicts, stopped)
    else:
        applied = apply_planned(run, started, of_shard, verdicts, folder)
    try:
        save_night(folder, run.context.fleet, run.run, applied.results, applied=True)
    except RolesyncError as error:  # what was applied must be shown all the same
        return replace(applied, unrecorded=applied.unrecorded or f"{error.message}; the merge will lack this shard")
    return applied


def merge_applied(context: FleetContext, folder: Path) -> Night:
    """Merge what the shards applied into one night, with one exit code.

    Raises:
        UsageError, PlanRefusedError: as `merge_plans`, or the plans were never merged.
    """
    planned = [with_approval(result, folder) for result in load_night(folder).results]
    names = {result.account for result in planned}
    results = [each for each in _merged(context.fleet, folder, applied=True) if each.account in names]
    with fleet_run(context, "apply") as run:
        started = start_run(run, [context.fleet.accounts[each.account] for each in results], str(folder))
        for result in results:
            run.journal.end(result, JobKind.APPLY)
        stopped, verdicts = judge_night(context.fleet, planned)
        return finish_run(run, started, results, verdicts, stopped)


def judge_night(fleet: Fleet, results: Sequence[AccountResult]) -> tuple[str, tuple[FleetVerdict, ...]]:
    """Judge all plans of a night; returns why it failed as a whole, or "", and the guards that block."""
    whole_fleet = replace(fleet, shard="")
    failed = sum(result.failed for result in results)
    stopped = Limits(fleet.table.stop).exceeded(failed, len(results))
    return stopped, judge_fleet(whole_fleet, results, stopped, read_index(whole_fleet.folder).last_success)


def _merged(fleet: Fleet, folder: Path, *, applied: bool) -> list[AccountResult]:
    """Collect the results of all shards, in the order of the fleet file."""
    shards = _shards_of(folder, applied=applied)
    results: dict[str, AccountResult] = {}
    for shard in shards:
        if summary_path(folder, str(shard), applied=applied).exists():
            night = load_night(folder, str(shard), applied=applied)
            check_same_file(night, fleet)
            results |= {result.account: result for result in night.results}
        else:
            message = f"its shard {shard.number}/{shard.count} left no result"
            command = f"apply {quote(str(folder))}" if applied else _plan_command(fleet, folder)
            hint = f"run that shard again: rolesync fleet {command} --shard {shard.number}/{shard.count}"
            lost_accounts = (each.name for each in fleet.enabled if shard.has(each.name))
            results |= {name: AccountResult(name, AccountStatus.DIED, message, hint) for name in lost_accounts}
    return [results[name] for name in fleet.accounts if name in results]


def _plan_command(fleet: Fleet, folder: Path) -> str:
    return f"plan {quote(str(fleet.path))} -o {quote(str(folder))}"


def _shards_of(folder: Path, *, applied: bool) -> list[Shard]:
    """List all shards of a night, those without a result too."""
    pattern = _APPLIED if applied else "fleet.[0-9]*-of-*.json"
    matches = [match for path in sorted(folder.glob(pattern)) if (match := _SUMMARY.fullmatch(path.name))]
    counts = {int(match[2]) for match in matches}
    if len(counts) != 1:
        problem = f"has shards of {sorted(counts)} in all" if counts else "has no shard"
        raise UsageError(f"{folder} {problem}", hint="run every shard with the same folder and number of shards")
    (count,) = counts
    return [Shard(number, count) for number in range(1, count + 1)]
