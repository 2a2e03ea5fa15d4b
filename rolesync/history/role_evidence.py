"""What the record proves of who holds each role: one pass over its events, with the evidence around one day.

Three kinds of events show holders. A request shows what a run changed. A plan shows what others changed since the last
saved holders: its read was complete, so it also proves that nothing else changed. `holders` shows that a run saved all
holders; the record has the file's hash only, and the file of the last run is still there.

Readings of a role have no gap between them if each was compared with the holders saved before it, and each run ended as
planned. Then a user who is in the last file, and in no evidence since, held the role all the time.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from rolesync.history.events import (
    DriftById,
    HoldersSaved,
    Intent,
    Outcome,
    PlanEvent,
    PlanMade,
    Recovered,
    RequestEvent,
    Reread,
    RolesById,
    RunEnd,
    RunEvent,
    RunStart,
)
from rolesync.history.run_effects import all_role_changes, open_requests, requests_of
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action
from rolesync.model.who import Evidence, Origin, Reading, RoleReadings, RunFacts

Key = tuple[str, int]
"""Role and user id."""

KINDS: tuple[type[RunEvent], ...] = (PlanMade, RunStart, RunEnd, HoldersSaved, Intent, Outcome, Reread, Recovered)
"""The events to add, in the record's order."""


@dataclass(slots=True)
class _RunReading:
    """The read at the beginning of a run; `since` names the saved holders that it was compared with, "" for none."""

    time: str
    run: str
    since: str
    roles: frozenset[str]  # as far as the plan names them
    sends: bool = False  # whether the run went on to apply its plan


@dataclass(slots=True)
class RoleEvidence:
    """The evidence around the end of a day, "" for now: by role and user the last until then, and the first after.

    `continuous_from` is by role since when the readings leave no gap, `ends` the time of the last event.
    """

    day: str = ""
    known: dict[Key, Evidence] = field(default_factory=dict)
    later: dict[Key, Evidence] = field(default_factory=dict)
    runs: dict[str, RunFacts] = field(default_factory=dict)
    continuous_from: dict[str, Reading] = field(default_factory=dict)
    saved: HoldersSaved | None = None
    ends: str = ""
    _readings: dict[str, list[Reading]] = field(default_factory=dict)
    _gaps: dict[str, list[str]] = field(default_factory=dict)
    _counted: dict[str, int] = field(default_factory=dict)
    _reading: _RunReading | None = None
    _proofs: dict[str, Proof] = field(default_factory=dict)
    _saved_roles: frozenset[str] = frozenset()
    _drifts: dict[str, set[tuple[Key, bool]]] = field(default_factory=dict)
    _requests: list[RequestEvent] = field(default_factory=list)

    def is_later(self, time: str) -> bool:
        """Whether a time is after the end of the day."""
        return bool(self.day) and time[:10] > self.day

    def add(self, event: RunEvent) -> None:
        """Take the next event of the record."""
        self.ends = event.time or self.ends
        if isinstance(event, RequestEvent):
            self._requests.append(event)
            return
        self._settle()
        if isinstance(event, PlanEvent):
            self._add_plan(event)
        elif isinstance(event, RunEnd) and event.proof:
            self._proofs[event.run] = event.proof
            if not self.is_later(event.time):
                self._counted.update(event.proof.holders)
        elif isinstance(event, HoldersSaved):
            self._add_saved(event)

    def doubtful(self) -> dict[Key, Evidence]:
        """Find, at the end of the record, the roles in requests until the day whose effect is unknown, and why."""
        self._settle()
        return {
            (role, user_id): Evidence(
                request.intent.time, action == Action.ADD, Origin.RUN, request.intent.run, row, email
            )
            for request in open_requests(self._requests)
            if not self.is_later(request.intent.time)
            for user_id, action, role, email, row in request.intent.actions
            if user_id in request.user_ids
        }

    def note(self, key: Key, evidence: Evidence) -> None:
        """Keep evidence if it is the last until the day, or the first after it."""
        if self.is_later(evidence.time):
            if key not in self.later or evidence.time < self.later[key].time:
                self.later[key] = evidence
        elif key not in self.known or evidence.time >= self.known[key].time:
            self.known[key] = evidence

    def last_proven(self, role: str, time: str) -> str:
        """Find when, until the day, a reading last shows a user of whom the evidence at this time is the last."""
        gaps = self._gaps.get(role, [])
        at = bisect_right(gaps, time)
        before = gaps[at] if at < len(gaps) else "~"  # after all times
        readings = (reading.time for reading in reversed(self._readings.get(role, [])) if reading.time < before)
        return max(time, next((reading_time for reading_time in readings if not self.is_later(reading_time)), ""))

    def readings(self, role: str) -> RoleReadings:
        """Describe the readings of a role."""
        readings = self._readings.get(role, [])
        until = [reading for reading in readings if not self.is_later(reading.time)]
        after = readings[len(until) :]
        return RoleReadings(
            first=readings[0] if readings else None,
            last=until[-1] if until else None,
            next=after[0] if after else None,
            counted=self._counted.get(role),
        )

    def _add_plan(self, event: PlanEvent) -> None:
        review = event if isinstance(event, RunStart) else None
        self.runs[event.run] = RunFacts(
            event.command,
            event.source.path,
            event.source.undoes,
            review.approval.reviewer if review and review.approval else "",
            review.operator if review else event.planned_by,
        )
        reading = self._reading
        if reading and reading.run == event.run:  # the same read, which a sync records twice
            reading.sends = reading.sends or review is not None
            return
        since = event.drift.since if event.drift else ""
        self._reading = _RunReading(event.time, event.run, since, frozenset(event.source.listed), review is not None)
        if event.drift:
            self._add_drift(event, event.drift)
            for role in self._saved_roles & self._reading.roles:
                self._readings.setdefault(role, []).append(Reading(event.time, event.run))

    def _add_drift(self, event: PlanEvent, drift: DriftById) -> None:
        """Note what others changed, unless an earlier reading has shown it already."""
        drifted_pairs = self._drifts.get(drift.since, set())
        changes = {
            ((role, user_id), holds)
            for holds, by_role in ((True, drift.added), (False, drift.removed))
            for role, user_ids in by_role.items()
            for user_id in user_ids
        }
        for key, holds in changes - drifted_pairs:
            self._note_others(key, event, holds=holds)
        in_doubt = {user_id for request in open_requests(self._requests) for user_id in request.user_ids}
        for key, holds in drifted_pairs - changes:  # undone by others, unless by a run
            last = self.later.get(key) or self.known.get(key)
            if last and last.origin is Origin.OTHER_HANDS and last.holds is holds and key[1] not in in_doubt:
                self._note_others(key, event, holds=not holds)
        self._drifts = {**dict(list(self._drifts.items())[-1:]), drift.since: changes}

    def _note_others(self, key: Key, event: PlanEvent, *, holds: bool) -> None:
        role, _ = key
        readings = self._readings.get(role)
        self.note(
            key,
            Evidence(
                event.time,
                holds,
                Origin.OTHER_HANDS,
                event.run,
                changed_after=readings[-1].time if readings else "",
                continuous_from=self.continuous_from.get(role),
            ),
        )

    def _add_saved(self, event: HoldersSaved) -> None:
        """Note that all holders of the run's roles were read, and whether this follows the readings before it."""
        reading = self._reading if self._reading and self._reading.run == event.run else None
        proof = self._proofs.pop(event.run, None)
        roles: frozenset[str] = frozenset()
        if proof:
            roles = frozenset(proof.holders)
        elif reading:
            roles = reading.roles
        as_planned = reading is not None and (not proof.differences if proof else not reading.sends)
        follows = reading is not None and as_planned and self.saved is not None and reading.since == self.saved.run
        for role in roles:
            if not follows or role not in self.continuous_from:
                start = Reading(reading.time if reading and as_planned else event.time, event.run)
                self.continuous_from[role] = start
                self._gaps.setdefault(role, []).append(start.time)
                if start.time != event.time:
                    self._readings.setdefault(role, []).append(start)
            self._readings.setdefault(role, []).append(Reading(event.time, event.run))
        for role in self.continuous_from.keys() - roles:
            del self.continuous_from[role]
        self.saved, self._saved_roles = event, roles

    def _settle(self) -> None:
        """Note what the requests so far changed; those whose effect is unknown wait for a later answer."""
        if not self._requests:
            return
        for change in all_role_changes(self._requests):
            self.note(
                (change.role, change.user_id),
                Evidence(
                    change.time,
                    change.action is Action.ADD,
                    Origin.RUN,
                    change.run,
                    change.row,
                    change.email,
                    change.time,
                    self._continuous_before(change.role, change.run),
                ),
            )
        for intent, after in requests_of(self._requests):
            self._note_without_effect(intent, after)
        waiting = {request.intent.key for request in open_requests(self._requests)}
        self._requests = [event for event in self._requests if event.key in waiting]

    def _note_without_effect(self, intent: Intent, after: RolesById) -> None:
        for user_id, action, role, email, row in intent.actions:
            roles = after.get(str(user_id), ())
            if roles is None:  # the user is gone
                evidence = Evidence(intent.time, False, Origin.OTHER_HANDS, intent.run, email=email)
                self.note((role, user_id), evidence)
            elif str(user_id) in after and action == Action.ADD and role not in roles:
                evidence = Evidence(intent.time, False, Origin.RUN, intent.run, row, email, in_vain=True)
                self.note((role, user_id), evidence)

    def _continuous_before(self, role: str, run: str) -> Reading | None:
        """Return since when only the evidence changed who holds a role, for a change of this run."""
        reading = self._reading if self._reading and self._reading.run == run else None
        if role in self.continuous_from and (reading is None or reading.since):
            return self.continuous_from[role]
        return Reading(reading.time, run) if reading else None
