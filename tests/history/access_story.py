"""A record of some days, written run by run, with who holds the role in Studio beside it."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from rolesync.audit.record import open_record
from rolesync.history.event_writer import append_event
from rolesync.history.events import (
    DriftById,
    HoldersSaved,
    Intent,
    Outcome,
    PlanMade,
    RunEnd,
    RunEvent,
    RunStart,
    SentAction,
)
from rolesync.history.holders_snapshot import NAME
from rolesync.model.lists import Source
from rolesync.model.plans import Approval
from rolesync.model.runs import Proof

ROLE = "Admin"


def address(user_id: int) -> str:
    return f"u{user_id}@x.edu"


class Story:
    """An account: `studio` are the ids of the holders, whom others may change between two runs."""

    def __init__(self, folder: Path, *studio: int) -> None:
        self.folder = folder
        self.studio = set(studio)
        self.saved: set[int] | None = None
        self.saved_by = ""
        self._time = ""
        self._effects: list[tuple[int, bool]] = []

    def append(self, time: str, *events: RunEvent) -> None:
        with ExitStack() as stack:
            record = stack.enter_context(
                open_record(self.folder, now=lambda: datetime.fromisoformat(f"{time}+00:00"), key="")
            )
            for event in events:
                append_event(record, event)

    def plan(self, time: str, run: str, command: str = "plan", status: str = "planned") -> PlanMade:
        """Record a plan with the drift since the last saved holders."""
        drift = None
        if self.saved is not None:
            expected = set(self.saved)
            for user_id, adds in self._effects:
                (expected.add if adds else expected.discard)(user_id)
            added, removed = sorted(self.studio - expected), sorted(expected - self.studio)
            drift = DriftById(self.saved_by, {ROLE: added} if added else {}, {ROLE: removed} if removed else {})
        plan = PlanMade(run=run, command=command, source=self._source(), status=status, drift=drift)
        self.append(time, plan)
        return plan

    def sync(  # noqa: PLR0913  # a run has this many parts
        self,
        time: str,
        run: str,
        *changes: int,
        reviewer: str = "",
        vain: Iterable[int] = (),
        during: Iterable[int] = (),
        differences: tuple[str, ...] = (),
    ) -> None:
        """Record a run that adds these users, or removes those with a minus.

        Requests for users in `vain` have no effect, and others add the users in `during` while it runs.
        """
        plan = self.plan(time, run, "sync")
        actions = [
            SentAction(abs(change), "add" if change > 0 else "remove", ROLE, address(abs(change)), abs(change) + 1)
            for change in changes
        ]
        before = {str(action.user_id): [ROLE] if action.user_id in self.studio else [] for action in actions}
        for action in actions:
            if action.user_id not in vain:
                (self.studio.add if action.action == "add" else self.studio.discard)(action.user_id)
                self._effects.append((action.user_id, action.action == "add"))
        after = {str(action.user_id): [ROLE] if action.user_id in self.studio else [] for action in actions}
        self.studio |= set(during)
        approval = Approval(reviewer, "", datetime.fromisoformat(f"{time}+00:00"), "", "d", 0, ()) if reviewer else None
        self.append(
            time,
            RunStart(
                run=run, command="sync", source=plan.source, drift=plan.drift, operator="nightly", approval=approval
            ),
            Intent(run=run, chunk=1, request=1, actions=actions, before=before),
            Outcome(run=run, chunk=1, request=1, status=200, after=after),
            RunEnd(run=run, status="complete", proof=Proof({ROLE: len(self.studio)}, differences)),
        )
        self.save(time, run)

    def save(self, time: str, run: str) -> None:
        """Save who holds the role, in the file and in the record."""
        self.saved, self.saved_by, self._effects = set(self.studio), run, []
        ids = sorted(self.studio)
        content = json.dumps({"run": run, "holders": {ROLE: [ids, [address(each) for each in ids]]}}).encode()
        self.append(time, HoldersSaved(run=run, sha256=sha256(content).hexdigest()))
        (self.folder / NAME).write_bytes(content)

    def _source(self) -> Source:
        return Source("list.csv", "ab", 3, listed={ROLE: 3})
