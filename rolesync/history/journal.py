"""The requests of one run as the record keeps them: before it is sent, its answer, and what was seen afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from rolesync.audit.record import Record
from rolesync.history.effects import OpenRequest

RolesSeen = Mapping[int, Sequence[str] | frozenset[str] | None]
"""Role names by user id; None for somebody who is no longer in Studio."""


@dataclass(slots=True)
class Journal:
    """Writes down the requests of one run, several threads' if need be; `seconds` is a monotonic clock."""

    record: Record
    run: str
    seconds: Callable[[], float]
    requests: int = 0
    _turn: Lock = field(default_factory=Lock, repr=False)

    def log_intent(
        self, chunk: int, actions: Sequence[Mapping[str, Any]], before: Mapping[int, Sequence[str]]
    ) -> "JournalEntry":
        """Write down a request that is about to be sent; when this returns, it is on the disk.

        Args:
            chunk: which chunk of the plan it belongs to, from 1.
            actions: the API's actions, each with the `email` and the `row` that it is for.
            before: the roles of the people in it, as last seen.

        Raises:
            RecordError: it can't be written down, so it must not be sent.
        """
        with self._turn:  # the record has the intents in the order of their numbers
            self.requests += 1
            marks = {"run": self.run, "chunk": chunk, "request": self.requests}
            self.record.append("intent", **marks, actions=list(actions), before=_spelled(before))
        return JournalEntry(self, marks, tuple(before), self.seconds())


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A request that was written down, for what there is to add about it. `user_ids` are the people in it."""

    _journal: Journal = field(repr=False)
    _marks: Mapping[str, Any]
    user_ids: tuple[int, ...]
    _start: float

    @property
    def number(self) -> int:
        """Which request of the run it is, from 1."""
        return int(self._marks["request"])

    def answered(self, status: int | str, after: RolesSeen, error: str = "") -> None:
        """Write down how the request ended.

        Args:
            status: the HTTP status, `unknown`, or `not_sent`.
            after: the roles of the people that the answer shows.
            error: what went wrong, if anything did.
        """
        seconds = round(self._journal.seconds() - self._start, 6)
        self._append("outcome", status=status, seconds=seconds, after=_spelled(after), error=error)

    def reread(self, after: RolesSeen) -> None:
        """Write down what reading its people again has shown."""
        self._append("reread", after=_spelled(after))

    def _append(self, event: str, **fields: Any) -> None:  # noqa: ANN401  # whatever the record takes
        self._journal.record.append(event, **self._marks, **fields)


def note_recovered(record: Record, request: OpenRequest, after: RolesSeen, by: str) -> None:
    """Write down what the run `by` has found out about a request that an earlier run has left open."""
    marks = {"run": request.run, "chunk": request.chunk, "request": request.request}
    record.append("recovered", **marks, by=by, after=_spelled(after))


def _spelled(seen: RolesSeen) -> dict[str, list[str] | None]:
    # Few have more than one role, and sorting a single one would be half of the work.
    return {
        str(user_id): None if roles is None else sorted(roles) if len(roles) > 1 else list(roles)
        for user_id, roles in seen.items()
    }
