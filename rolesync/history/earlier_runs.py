"""The facts of earlier runs for the next run: the list last applied, the users absent from it, the unsettled runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from rolesync.history.events import HoldersSaved, PlanEvent, PlanMade, RunEnd, RunEvent, RunStart
from rolesync.history.read import read_events, read_events_of_runs
from rolesync.history.run_effects import ActionResult, sent_actions
from rolesync.model.history import GuardBaseline
from rolesync.model.plans import Plan


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that went ahead, the digest of its plan, whether all of it was done, and its command.

    `began` and `ended` are its times, "" where the record has none. `sent` shows whether it sent changes.
    `reviewed_digest` is that of the plan before its approval; "" for a plan without one. `reviewer` is who approved it,
    `excluded` counts the changes that this reviewer excluded.
    """

    run_id: str
    digest: str
    complete: bool = False
    reviewed_digest: str = ""
    command: str = ""
    began: str = ""
    ended: str = ""
    sent: bool = False
    reviewer: str = ""
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class EarlierRuns:
    """What the record holds for later plans.

    `baseline` is what guards compare with. `runs` are those that went ahead, in order. `unsettled` are the ids of runs
    without an end, or with a request whose effect is unknown. `holders` maps the SHA-256 of each saved snapshot of the
    holders to the number of runs before it. `planned` maps the digest of each plan to the number of runs before it was
    last made. `folder` is the account's, `key` the audit key.
    """

    baseline: GuardBaseline
    runs: tuple[EarlierRun, ...]
    unsettled: tuple[str, ...]
    holders: Mapping[str, int]
    planned: Mapping[str, int]
    folder: Path
    key: str = field(repr=False)

    def events(self, run_ids: Sequence[str]) -> Iterator[RunEvent]:
        """Yield the events of some runs; raises as `read_events`."""
        return read_events_of_runs(self.folder, run_ids, key=self.key)

    def of_plan(self, plan: Plan) -> tuple[EarlierRun, ...]:
        """Find the runs of one plan, before or after its approval.

        A list and users that are again as they were give the same digest again. The runs before such a plan was made
        are those of an earlier one.
        """
        digest = plan.unreviewed_digest
        same = ((at, run) for at, run in enumerate(self.runs) if (run.reviewed_digest or run.digest) == digest)
        replanned = self.planned.get(digest, 0)
        return tuple(run for at, run in same if at >= replanned or not _is_before(run.began, plan.created_at))

    def events_of_plan(self, plan: Plan) -> Iterator[RunEvent]:
        """Yield the events of these runs; raises as `read_events`."""
        return self.events([run.run_id for run in self.of_plan(plan)])

    def repeated(self, number: int) -> dict[tuple[int, str, str], bool]:
        """Find the changes that each of the last `number` runs sent, and whether each time they were done.

        An apply that continues the incomplete plan of the run before it counts as one run with it. Each sync counts,
        since equal plans on several nights mean that the changes of each night were in vain.

        Returns:
            By user id, action and role. Empty for fewer runs than `number`, or if `number` is 0.
        """
        groups: list[list[str]] = []
        for before, run in zip((None, *self.runs), self.runs, strict=False):
            continues = before and run.digest == before.digest and not before.complete
            if groups and continues and run.command != "sync":
                groups[-1].append(run.run_id)
            else:
                groups.append([run.run_id])
        last = groups[-number:]
        if not number or len(last) < number:
            return {}
        group_of = {run_id: at for at, run_ids in enumerate(last) for run_id in run_ids}
        done_by_group: list[dict[tuple[int, str, str], bool]] = [{} for _ in last]
        for effect, result in sent_actions(self.events(list(group_of))):
            change = (effect.user_id, effect.action.value, effect.role)
            was_done = done_by_group[group_of[effect.run]]
            was_done[change] = result is ActionResult.DONE or was_done.get(change, False)
        common = [change for change in done_by_group[0] if all(change in group for group in done_by_group)]
        return {change: all(group[change] for group in done_by_group) for change in common}

    def makers(self, digest: str) -> frozenset[str]:
        """Find the users who made a plan of this digest, dry runs included; empty where the record has none."""
        plans = read_events(self.folder, [PlanMade], key=self.key)
        return frozenset(plan.planned_by for plan in plans if plan.digest == digest) - {""}


def load_earlier_runs(folder: Path, *, key: str = "") -> EarlierRuns:
    """Read what earlier runs mean for the next one, in one pass over the record.

    A list counts as applied once its run ended complete, or its sync found nothing to do. It does not count where the
    guard on shrinking lists warned, so that a cut-off list does not become the baseline of the next. Absence counts
    only in syncs and applies that went ahead, and once per plan: not in a dry run or a blocked sync.

    Raises:
        RecordError, RecordBrokenError: as `read_events`.
    """
    scan = _Scan()
    for event in read_events(folder, (PlanMade, RunStart, RunEnd, HoldersSaved), key=key):
        scan.add(event)
    return EarlierRuns(
        baseline=GuardBaseline(applied=scan.applied, absent=scan.streaks),
        runs=tuple(scan.runs.values()),
        unsettled=tuple(run for run, unsettled in scan.unsettled.items() if unsettled),
        holders=scan.holders,
        planned=scan.planned,
        folder=folder,
        key=key,
    )


@dataclass(slots=True)
class _Scan:
    """The state of one pass over the record; `lists` are those of the runs that have not ended yet."""

    runs: dict[str, EarlierRun] = field(default_factory=dict)
    unsettled: dict[str, bool] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    applied: Mapping[str, int] = field(default_factory=dict)
    lists: dict[str, Mapping[str, int]] = field(default_factory=dict)
    streaks: dict[str, Mapping[int, int]] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    planned: dict[str, int] = field(default_factory=dict)

    def add(self, event: RunEvent) -> None:
        if isinstance(event, PlanMade):
            self.planned[event.digest] = len(self.runs)
        if isinstance(event, HoldersSaved):
            self.holders[event.sha256] = len(self.runs)
        elif isinstance(event, RunEnd):
            self._end(event)
        elif isinstance(event, RunStart):
            self.lists[event.run], self.unsettled[event.run] = _baseline_of(event), True
            self._go_ahead(event, complete=False)
        elif isinstance(event, PlanMade) and event.command == "sync" and event.status == "empty":
            # A sync with nothing to send has neither start nor end.
            self.applied = _baseline_of(event) or self.applied
            self._go_ahead(event, complete=True)

    def _end(self, end: RunEnd) -> None:
        complete = end.status == "complete"
        self.unsettled[end.run] = end.unsettled
        listed = self.lists.pop(end.run, {})
        if end.run in self.runs:
            self.runs[end.run] = replace(self.runs[end.run], complete=complete, ended=end.time, sent=end.sent)
        if listed and complete:
            self.applied = listed

    def _go_ahead(self, event: PlanEvent, *, complete: bool) -> None:
        approval = event.approval if isinstance(event, RunStart) else None
        run = EarlierRun(event.run, event.digest, complete, command=event.command, began=event.time)
        if approval:
            digest, reviewer, excluded = approval.reviewed_digest, approval.reviewer, approval.excluded
            run = replace(run, reviewed_digest=digest, reviewer=reviewer, excluded=excluded)
        self.runs[event.run] = run
        if event.command == "sync" or event.digest not in self.digests:
            for role, user_ids in (event.absent or {}).items():
                streak = self.streaks.get(role, {})
                self.streaks[role] = {user_id: streak.get(user_id, 0) + 1 for user_id in user_ids}
        self.digests.add(event.digest)


def _is_before(began: str, created_at: datetime) -> bool:
    """Whether a run began before a plan was made; False where the record has no time."""
    try:
        return datetime.fromisoformat(began) < created_at
    except (ValueError, TypeError):
        return False


def _baseline_of(event: PlanEvent) -> Mapping[str, int]:
    """The assignments of each managed role in the list; empty if a guard warned that they may be too few."""
    return {} if {"max_shrink_share", "clock_skew"}.intersection(event.warned) else event.source.listed
