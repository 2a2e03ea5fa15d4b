"""What the record tells a run before it begins: how lists and people stood, and what earlier runs have left undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolesync.audit.history import events, read_runs
from rolesync.recorded import History


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that went ahead, and the digest of its plan."""

    run_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Past:
    """What later plans are judged by, the runs that went ahead, in order, and the ids of those that are unsettled.

    A run is unsettled if it has no end, or if nobody has found out yet what some of its requests did. `folder` is the
    account's, `key` the one that its record is sealed with.
    """

    history: History
    runs: tuple[PastRun, ...]
    unsettled: tuple[str, ...]
    folder: Path
    key: str = field(repr=False)

    def records(self, run_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield all that the record holds of some runs; raises as `read` does."""
        return read_runs(self.folder, run_ids, key=self.key)

    def records_of_plan(self, digest: str) -> Iterator[dict[str, Any]]:
        """Yield all that the record holds of the runs of one plan."""
        return self.records([run.run_id for run in self.runs if run.digest == digest])


def recall(folder: Path, *, key: str = "") -> Past:
    """Tell what earlier runs mean for the next one, in one pass over the record.

    A list was applied once a run ended complete, or a sync found nothing to do; not where the guard on its shrinking
    only warned, lest a cut-off list become the measure of the next. For absence only what syncs and applies went ahead
    with counts: a dry run, a blocked sync, or another apply of the same plan makes nobody absent any longer.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    runs: dict[str, PastRun] = {}
    unsettled: dict[str, bool] = {}
    applied: Mapping[str, int] = {}
    lists: dict[str, Mapping[str, int]] = {}  # of the runs that have begun and not ended
    streaks: dict[str, Mapping[int, int]] = {}
    seen: set[str] = set()
    for record in events(folder, {b"plan", b"run.start", b"run.end"}, key):
        if record["event"] == "run.end":
            unsettled[record["run"]] = record.get("unsettled", False)
            listed = lists.pop(record["run"], {})
            applied = listed if listed and record["status"] == "complete" else applied
            continue
        if record["event"] == "plan" and not _settled_at_once(record):
            continue
        if record["event"] == "plan":
            applied = _listed(record) or applied
        else:
            lists[record["run"]], unsettled[record["run"]] = _listed(record), True
        digest = record.get("digest", "")
        runs[record["run"]] = PastRun(record["run"], digest)
        if record.get("command") == "sync" or digest not in seen:
            streaks.update(_longer(streaks, record.get("absent", {})))
        seen.add(digest)
    history = History(applied=applied, absent=streaks)
    return Past(history, tuple(runs.values()), tuple(run for run, so in unsettled.items() if so), folder, key)


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
