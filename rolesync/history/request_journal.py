"""Writes down what a run does as it does it: its plan, each request before and after it is sent, and recovery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from rolesync.audit.record import Record
from rolesync.history.event_writer import append_event
from rolesync.history.events import Intent, Outcome, Recovered, Reread, RolesById, SentAction
from rolesync.history.plan_events import plan_made
from rolesync.history.run_effects import OpenRequest
from rolesync.model.plans import Plan

RolesSeen = Mapping[int, Sequence[str] | frozenset[str] | None]
"""Role names by user id; None for a user who is no longer in Studio."""


@dataclass(slots=True)
class Journal:
    """Writes down the requests of one run, also from several threads; `seconds` is a monotonic clock."""

    record: Record
    run: str
    seconds: Callable[[], float]
    requests: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def log_intent(
        self, chunk: int, actions: Sequence[SentAction], before: Mapping[int, Sequence[str]]
    ) -> "JournalEntry":
        """Write down a request that is about to be sent; when this returns, it is on the disk.

        Args:
            chunk: the chunk of the plan that it belongs to, from 1.
            actions: the actions of the request.
            before: the roles of its users, as last seen.

        Raises:
            RecordError: it can't be written down, so it must not be sent.
        """
        with self._lock:  # the record has the intents in the order of their numbers
            self.requests += 1
            intent = Intent(
                run=self.run, chunk=chunk, request=self.requests, actions=actions, before=_roles_by_id(before)
            )
            append_event(self.record, intent)
        return JournalEntry(self, chunk, intent.request, tuple(before), self.seconds())


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A request that was written down: its chunk, its number in the run from 1, its users, and when it was."""

    _journal: Journal = field(repr=False)
    chunk: int
    number: int
    user_ids: tuple[int, ...]
    _start: float

    def answered(self, status: int | str, after: RolesSeen, error: str = "") -> None:
        """Write down how the request ended.

        Args:
            status: the HTTP status, `unknown` or `not_sent`.
            after: the roles of the users in the response.
            error: what went wrong, if anything did.

        Raises:
            RecordError: it can't be written down.
        """
        journal = self._journal
        outcome = Outcome(
            run=journal.run,
            chunk=self.chunk,
            request=self.number,
            status=status,
            seconds=round(journal.seconds() - self._start, 6),
            after=_roles_by_id(after),
            error=error,
        )
        append_event(journal.record, outcome)

    def reread(self, after: RolesSeen) -> None:
        """Write down the roles that its users have when they are read again: all roles of each holder.

        Raises:
            RecordError: it can't be written down.
        """
        journal = self._journal
        event = Reread(
            run=journal.run, chunk=self.chunk, request=self.number, after=_roles_by_id(after), all_roles=True
        )
        append_event(journal.record, event)


def log_plan(record: Record, run: str, command: str, plan: Plan) -> None:
    """Record a plan and its status.

    Raises:
        RecordError: the record can't be written.
    """
    append_event(record, plan_made(plan, run, command))


def log_recovered(record: Record, request: OpenRequest, after: RolesSeen, by: str) -> None:
    """Record the result, determined by the run `by`, of a request that an earlier run left open.

    Raises:
        RecordError: the record can't be written.
    """
    intent = request.intent
    event = Recovered(
        run=intent.run,
        chunk=intent.chunk,
        request=intent.request,
        by=by,
        after=_roles_by_id(after),
        all_roles=True,
    )
    append_event(record, event)


def _roles_by_id(roles_seen: RolesSeen) -> RolesById:
    # Most users have one role; calling sorted() for those too would double the time.
    return {
        str(user_id): None if roles is None else sorted(roles) if len(roles) > 1 else list(roles)
        for user_id, roles in roles_seen.items()
    }
