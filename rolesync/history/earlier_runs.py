"""What the record tells a run before it begins: how lists and people stood, and what earlier runs have left undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rolesync.history.effects import ActionResult, sent_actions
from rolesync.history.runs import read_events, read_runs
from rolesync.model.history import GuardBaseline


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that went ahead, the digest of its plan, and whether all of it was done."""

    run_id: str
    digest: str
    complete: bool = False


@dataclass(frozen=True, slots=True)
class EarlierRuns:
    """What later plans are judged by, the runs that went ahead, in order, and the ids of those that are unsettled.

    A run is unsettled if it has no end, or if nobody has found out yet what some of its requests did. `folder` is the
    account's, `key` the one that its record is sealed with. `holders` says by the SHA-256 of each snapshot of the
    holders how many of the runs had gone ahead when it was taken.
    """

    baseline: GuardBaseline
    runs: tuple[EarlierRun, ...]
    unsettled: tuple[str, ...]
    holders: Mapping[str, int]
    folder: Path
    key: str = field(repr=False)

    def records(self, run_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield all that the record holds of some runs; raises as `read` does."""
        return read_runs(self.folder, run_ids, key=self.key)

    def repeated(self, number: int) -> dict[tuple[int, str, str], bool]:
        """Find the changes that each of the last `number` runs has sent, with whether it was done every time.

        A run that only goes on with the plan of the one before, which was not complete, counts as one with it.

        Returns:
            By user id, action and role; nothing where there were fewer runs, or `number` is 0.
        """
        turns: list[list[str]] = []
        for before, run in zip((None, *self.runs), self.runs, strict=False):
            if turns and before and run.digest == before.digest and not before.complete:
                turns[-1].append(run.run_id)
            else:
                turns.append([run.run_id])
        last = turns[-number:]
        if not number or len(last) < number:
            return {}
        turn = {run_id: at for at, run_ids in enumerate(last) for run_id in run_ids}
        done: list[dict[tuple[int, str, str], bool]] = [{} for _ in last]
        for one, came in sent_actions(self.records(list(turn))):
            change = (one.user_id, one.action.value, one.role)
            done[turn[one.run]][change] = came is ActionResult.DONE or done[turn[one.run]].get(change, False)
        return {
            change: all(each[change] for each in done) for change in done[0] if all(change in each for each in done)
        }

    def records_of_plan(self, digest: str) -> Iterator[dict[str, Any]]:
        """Yield all that the record holds of the runs of one plan."""
        return self.records([run.run_id for run in self.runs if run.digest == digest])

    def makers(self, digest: str) -> frozenset[str]:
        """Tell who has made a plan of this digest, also only to look at; nobody where the record doesn't know."""
        made = (record for record in read_events(self.folder, {b"plan"}, self.key) if record.get("digest") == digest)
        return frozenset(record.get("made_by") or "" for record in made) - {""}


def load_earlier_runs(folder: Path, *, key: str = "") -> EarlierRuns:
    """Tell what earlier runs mean for the next one, in one pass over the record.

    A list was applied once a run ended complete, or a sync found nothing to do; not where the guard on its shrinking
    only warned, lest a cut-off list become the measure of the next. For absence only what syncs and applies went ahead
    with counts: a dry run, a blocked sync, or another apply of the same plan makes nobody absent any longer.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    runs: dict[str, EarlierRun] = {}
    unsettled: dict[str, bool] = {}
    holders: dict[str, int] = {}
    applied: Mapping[str, int] = {}
    lists: dict[str, Mapping[str, int]] = {}  # of the runs that have begun and not ended
    streaks: dict[str, Mapping[int, int]] = {}
    seen: set[str] = set()
    for record in read_events(folder, {b"plan", b"run.start", b"run.end", b"holders"}, key):
        if record["event"] == "holders":
            holders[record["sha256"]] = len(runs)
            continue
        if record["event"] == "run.end":
            unsettled[record["run"]] = record.get("unsettled", False)
            listed = lists.pop(record["run"], {})
            if record["run"] in runs:
                runs[record["run"]] = replace(runs[record["run"]], complete=record["status"] == "complete")
            applied = listed if listed and record["status"] == "complete" else applied
            continue
        if record["event"] == "plan" and not _settled_at_once(record):
            continue
        if record["event"] == "plan":
            applied = _listed(record) or applied
        else:
            lists[record["run"]], unsettled[record["run"]] = _listed(record), True
        digest = record.get("digest", "")
        runs[record["run"]] = EarlierRun(record["run"], digest, complete=record["event"] == "plan")
        if record.get("command") == "sync" or digest not in seen:
            streaks.update(_longer(streaks, record.get("absent", {})))
        seen.add(digest)
    history = GuardBaseline(applied=applied, absent=streaks)
    return EarlierRuns(
        history, tuple(runs.values()), tuple(run for run, so in unsettled.items() if so), holders, folder, key
    )


def _settled_at_once(record: Mapping[str, Any]) -> bool:
    """Whether this plan is a sync's that found nothing to send, and so has no start and no end."""
    return record.get("command") == "sync" and record["status"] == "empty"


def _listed(record: Mapping[str, Any]) -> Mapping[str, int]:
    """The assignments of each managed role in the list; none where that can't tell how long lists are."""
    source = record.get("source")
    if not isinstance(source, dict) or "max_shrink_share" in record.get("warned", ()):
        return {}
    listed: Mapping[str, int] = source.get("listed", {})
    return listed


def _longer(streaks: Mapping[str, Mapping[int, int]], absent: Mapping[str, list[int]]) -> dict[str, dict[int, int]]:
    """Count one run more for everybody still absent, of the roles that this run looked at."""
    return {role: {user: streaks.get(role, {}).get(user, 0) + 1 for user in users} for role, users in absent.items()}
